/**
 * A TCP proxy for tests: what connects to it is passed on to the target, as bytes, until it is told to cut, delay or hold
 * everything back. Put one on each way from a replica to another. It cannot repeat or reorder messages, which the protocol
 * would refuse: see `faulty-network.ts`.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Clock, Timer } from "../../../ports.ts";
import type { Address } from "./network.ts";

interface Piece {
  readonly bytes: Uint8Array;
  readonly dueMs: number;
}

/** One direction of one connection. */
class Way {
  private readonly waiting: Piece[] = [];
  private timer: Timer | undefined;
  private isEnded = false;
  private isWritable = true;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly proxy: FaultProxy,
    private readonly clock: Clock,
  ) {
    from.on("data", (bytes) => {
      this.waiting.push({ bytes, dueMs: clock.now() + proxy.delayMs });
      this.pump();
    });
    from.on("end", () => {
      this.isEnded = true;
      this.pump();
    });
    to.on("drain", () => {
      this.isWritable = true;
      this.pump();
    });
  }

  pump(): void {
    this.timer?.cancel();
    for (let piece = this.waiting[0]; piece !== undefined && this.isWritable && !this.proxy.isPartitioned; piece = this.waiting[0]) {
      const waitMs = piece.dueMs - this.clock.now();
      if (waitMs > 0) {
        this.timer = this.clock.setTimer("delayed bytes", waitMs, () => this.pump());
        break;
      }
      this.waiting.shift();
      this.isWritable = this.to.write(piece.bytes);
    }
    if (this.waiting.length === 0 && this.isEnded && !this.proxy.isPartitioned) this.to.end();
    // What cannot be passed on stays with the sender, as on a real network.
    if (this.waiting.length > 64) this.from.pause();
    else this.from.resume();
  }

  stop(): void {
    this.timer?.cancel();
  }
}

interface Pair {
  readonly sockets: readonly [Socket, Socket];
  readonly ways: readonly [Way, Way];
}

export class FaultProxy {
  /** Every piece is passed on so much later. Applies to what comes from now on. */
  delayMs = 0;
  private partitioned = false;
  private readonly pairs = new Set<Pair>();

  private constructor(
    private readonly server: Server,
    private readonly clock: Clock,
  ) {}

  /** Listens on 127.0.0.1, on any free port by default. */
  static async listen(target: () => Address, clock: Clock, port = 0): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new FaultProxy(server, clock);
    server.on("connection", (socket) => proxy.accept(socket, target()));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
    return proxy;
  }

  get address(): Address {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy is closed");
    return { host: address.address, port: address.port };
  }

  get connections(): number {
    return this.pairs.size;
  }

  get isPartitioned(): boolean {
    return this.partitioned;
  }

  /** Nothing passes, in either direction, and nobody is told: connections stay, and new ones are accepted but lead nowhere. */
  partition(): void {
    this.partitioned = true;
  }

  /** What was held back is passed on. */
  heal(): void {
    this.partitioned = false;
    for (const { ways } of this.pairs) for (const way of ways) way.pump();
  }

  /** Resets all connections, within frames too. New ones are accepted. */
  cut(): void {
    for (const { sockets } of this.pairs) for (const socket of sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const { sockets } of this.pairs) for (const socket of sockets) socket.destroy();
    await closed;
  }

  private accept(socket: Socket, target: Address): void {
    const onward = connect({ host: target.host, port: target.port, allowHalfOpen: true });
    const pair: Pair = {
      sockets: [socket, onward],
      ways: [new Way(socket, onward, this, this.clock), new Way(onward, socket, this, this.clock)],
    };
    this.pairs.add(pair);
    for (const end of pair.sockets) {
      end.setNoDelay(true);
      // Its other end is destroyed in any case.
      end.on("error", () => undefined);
      end.on("close", () => {
        this.pairs.delete(pair);
        for (const way of pair.ways) way.stop();
        for (const other of pair.sockets) other.destroy();
      });
    }
  }
}

/** The way to one other replica: a connection that is made again whenever it is lost, and the messages that wait for it. */
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Timer } from "../../../ports.ts";
import type { Frame } from "./frames.ts";
import { FramedSocket } from "./framed-socket.ts";
import { Initiator, maxHandshakeBytes } from "./handshake.ts";
import { refusedText } from "./incoming.ts";
import type { Address, NetworkContext } from "./network.ts";
import { RefusedError } from "./refusals.ts";
import { SendQueue, pieceBytes } from "./send-queue.ts";
import { Opener, Sealer } from "./session.ts";

/** As much is given to the kernel ahead; the rest waits where the oldest can be dropped. */
const highWaterBytes = 4 * pieceBytes;

interface Session {
  readonly sealer: Sealer;
  readonly opener: Opener;
}

export class Outgoing {
  private framed: FramedSocket | undefined;
  private initiator: Initiator | undefined;
  private session: Session | undefined;
  private isAccepted = false;
  private readonly queue = new SendQueue();
  private attempts = 0;
  private lastReason = "";
  private deadline: Timer | undefined;
  private nextPing: Timer | undefined;
  private retry: Timer | undefined;
  private isClosed = false;

  constructor(
    private readonly peer: number,
    private readonly address: Address,
    private readonly context: NetworkContext,
  ) {
    this.connect();
  }

  get isConnected(): boolean {
    return this.isAccepted;
  }

  get waitingBytes(): number {
    return this.queue.bytes;
  }

  /** Queues the message; the oldest go when there is no room. */
  send(content: Uint8Array): void {
    if (this.isClosed) return;
    this.queue.push(content);
    this.pump();
    const { maxQueuedBytes, maxQueuedMessages } = this.context.limits;
    this.context.counters.dropped += this.queue.shorten(maxQueuedMessages, maxQueuedBytes);
  }

  close(): void {
    this.isClosed = true;
    this.retry?.cancel();
    this.framed?.cut();
  }

  private connect(): void {
    const { clock, counters, identity, lives, limits, random } = this.context;
    if (this.attempts++ > 0) counters.reconnects++;
    const initiator = new Initiator(identity, lives, this.peer, random);
    this.initiator = initiator;
    const { tls } = this.context;
    // Whoever has a certificate of the authority still has to prove, with its own key, that it is this replica.
    const socket = tls
      ? connectTls({ ...this.address, ...tls, checkServerIdentity: () => undefined })
      : connect(this.address.port, this.address.host);
    const framed = new FramedSocket(socket, maxHandshakeBytes, counters, {
      frame: (frame) => this.receive(frame),
      drained: () => this.pump(),
      ended: (reason) => this.end(reason),
    });
    this.framed = framed;
    socket.once(tls ? "secureConnect" : "connect", () => framed.send("hello", initiator.hello()));
    this.deadline = clock.setTimer(`handshake with replica ${this.peer}`, limits.handshakeMs, () =>
      framed.cut(new Error(`no handshake within ${limits.handshakeMs} ms`)),
    );
  }

  private receive({ type, body }: Frame): void {
    if (type === "refused") {
      this.framed?.cut(new Error(`replica ${this.peer} refused this one: ${refusedText(body)}`));
    } else if (type === "reply" && this.session === undefined && this.initiator !== undefined) {
      this.meet(this.initiator.receiveReply(body));
    } else if (type === "pong" && this.session !== undefined) {
      this.session.opener.open(type, body);
      if (!this.isAccepted) this.accepted();
      this.expectMore();
    } else throw new RefusedError("malformed", `a frame of type ${type} where none such is expected`);
  }

  private meet({ peer, life, keys, proof }: ReturnType<Initiator["receiveReply"]>): void {
    const { framed } = this;
    this.initiator = undefined;
    this.context.lives.meet(peer, life).then(
      () => {
        if (framed === undefined || framed.isOver) return;
        this.session = { sealer: new Sealer(keys.send), opener: new Opener(keys.receive) };
        framed.send("proof", proof);
      },
      (error: unknown) => framed?.fail(error),
    );
  }

  private accepted(): void {
    this.isAccepted = true;
    this.attempts = 1;
    this.lastReason = "";
    this.context.counters.authenticated++;
    this.context.logger.log("info", "connected to replica", { peer: this.peer });
    this.ping();
    this.pump();
  }

  private ping(): void {
    const { clock, limits } = this.context;
    if (this.session !== undefined) this.framed?.send("ping", this.session.sealer.seal("ping", new Uint8Array(0)));
    this.nextPing = clock.setTimer(`ping replica ${this.peer}`, limits.pingMs, () => this.ping());
  }

  /** A connection that has gone dead is not noticed by TCP for minutes. */
  private expectMore(): void {
    const { clock, limits } = this.context;
    this.deadline?.cancel();
    this.deadline = clock.setTimer(`silence of replica ${this.peer}`, limits.silenceMs, () =>
      this.framed?.cut(new Error(`silent for ${limits.silenceMs} ms`)),
    );
  }

  private pump(): void {
    if (!this.isAccepted || this.session === undefined || this.framed === undefined) return;
    while (this.framed.bufferedBytes < highWaterBytes) {
      const piece = this.queue.next();
      if (piece === undefined) return;
      this.framed.send(piece.type, this.session.sealer.seal(piece.type, piece.content));
    }
  }

  private end(reason: Error | undefined): void {
    this.deadline?.cancel();
    this.nextPing?.cancel();
    const wasAccepted = this.isAccepted;
    this.framed = undefined;
    this.session = undefined;
    this.isAccepted = false;
    this.queue.lost();
    if (this.isClosed) return;
    this.report(reason?.message ?? "closed", wasAccepted, reason instanceof RefusedError);
    const { clock, limits, random } = this.context;
    const longestMs = Math.min(limits.longestBackoffMs, limits.shortestBackoffMs * 2 ** Math.min(this.attempts - 1, 16));
    // Between a half and the whole, so that replicas that lost each other together do not come back together.
    const delayMs = longestMs / 2 + random.integer(Math.ceil(longestMs / 2) + 1);
    this.retry = clock.setTimer(`reconnect to replica ${this.peer}`, delayMs, () => this.connect());
  }

  /** A replica that is down is reported once, not at each attempt. */
  private report(reason: string, wasAccepted: boolean, isRefusal: boolean): void {
    if (!wasAccepted && reason === this.lastReason) return;
    this.lastReason = reason;
    const event = wasAccepted ? "lost replica" : "cannot reach replica";
    this.context.logger.log(wasAccepted || isRefusal ? "warn" : "info", event, { peer: this.peer, address: this.address, reason });
  }
}

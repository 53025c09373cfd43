/** Frames over a TCP connection, either side, until one of them breaks the protocol or goes away. */
import type { Socket } from "node:net";
import { type Frame, frameBytes, FrameReader, type FrameType } from "./frames.ts";
import type { NetworkCounters } from "./counters.ts";
import { RefusedError } from "./refusals.ts";

export interface FrameHandlers {
  /** May throw RefusedError: the other side is told the reason, and cut off. */
  frame(frame: Frame): void;
  /** What was written has gone to the kernel. */
  drained(): void;
  /** Called once, last. Without a reason, the other side went away between two frames or the connection was cut here. */
  ended(reason: Error | undefined): void;
}

export class FramedSocket {
  private readonly reader: FrameReader;
  private reason: Error | undefined;
  isOver = false;
  private isCorked = false;

  constructor(
    private readonly socket: Socket,
    maxBodyBytes: number,
    private readonly counters: NetworkCounters,
    private readonly handlers: FrameHandlers,
  ) {
    this.reader = new FrameReader(maxBodyBytes);
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.receive(chunk));
    socket.on("drain", () => handlers.drained());
    socket.on("error", (error) => (this.reason ??= error));
    socket.on("close", () => this.end());
  }

  get bufferedBytes(): number {
    return this.socket.writableLength;
  }

  get remote(): string {
    return `${this.socket.remoteAddress ?? "unknown"}:${this.socket.remotePort ?? 0}`;
  }

  set maxBodyBytes(bytes: number) {
    this.reader.maxBodyBytes = bytes;
  }

  send(type: FrameType, body: Uint8Array): void {
    if (this.isOver) return;
    const bytes = frameBytes({ type, body });
    this.counters.framesOut++;
    this.counters.bytesOut += bytes.length;
    this.cork();
    this.socket.write(bytes);
  }

  /** Tells the other side why, and cuts it off. */
  refuse(error: RefusedError): void {
    if (this.isOver) return;
    this.send("refused", Buffer.from(error.reason));
    this.counters.refused[error.reason]++;
    this.isOver = true;
    this.reason = error;
    // The kernel has the frame by then; waiting until it is delivered could take for ever.
    setImmediate(() => this.socket.destroy());
  }

  cut(reason?: Error): void {
    this.reason ??= reason;
    this.isOver = true;
    this.socket.destroy();
  }

  /** Frames that are sent in one turn go to the kernel together. */
  private cork(): void {
    if (this.isCorked) return;
    this.isCorked = true;
    this.socket.cork();
    process.nextTick(() => {
      this.isCorked = false;
      this.socket.uncork();
    });
  }

  private receive(chunk: Uint8Array): void {
    if (this.isOver) return;
    this.counters.bytesIn += chunk.length;
    try {
      for (const frame of this.reader.push(chunk)) {
        this.counters.framesIn++;
        this.handlers.frame(frame);
        if (this.isCut()) return;
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** The other side has broken the protocol, or something here has failed. */
  fail(error: unknown): void {
    if (error instanceof RefusedError) this.refuse(error);
    else this.cut(error instanceof Error ? error : new Error(String(error)));
  }

  /** A handler may have cut the connection. */
  private isCut(): boolean {
    return this.isOver;
  }

  private end(): void {
    this.isOver = true;
    if (this.reason === undefined && !this.reader.isBetweenFrames) {
      this.counters.refused.truncated++;
      this.reason = new RefusedError("truncated", "the other side went away within a frame");
    }
    this.handlers.ended(this.reason);
  }
}

/**
 * What waits to be sent to one replica. Short messages go ahead of long ones, and long ones go in pieces, so that a heartbeat is
 * behind one piece at most, and never behind the data. Among the short ones, and among the long ones, the order is kept.
 */
import type { FrameType } from "./frames.ts";

/** A longer message goes in pieces of this length. */
export const pieceBytes = 64 * 2 ** 10;
const longestShortBytes = 16 * 2 ** 10;

export interface Piece {
  readonly type: Extract<FrameType, "message" | "piece" | "last">;
  readonly content: Uint8Array;
}

export class SendQueue {
  private readonly short: Uint8Array[] = [];
  private readonly long: Uint8Array[] = [];
  /** How much of the first long message has been sent. */
  private sent = 0;
  private waiting = 0;

  /** Of whole messages. */
  get bytes(): number {
    return this.waiting;
  }

  push(content: Uint8Array): void {
    (content.length > longestShortBytes ? this.long : this.short).push(content);
    this.waiting += content.length;
  }

  next(): Piece | undefined {
    const short = this.short.shift();
    if (short !== undefined) {
      this.waiting -= short.length;
      return { type: "message", content: short };
    }
    const [long] = this.long;
    if (long === undefined) return undefined;
    const content = long.subarray(this.sent, this.sent + pieceBytes);
    this.sent += content.length;
    if (this.sent < long.length) return { type: "piece", content };
    this.forgetLong();
    return { type: "last", content };
  }

  /** The connection is lost, and with it the message that was partly sent. */
  lost(): void {
    if (this.sent > 0) this.forgetLong();
  }

  /** Drops the oldest until no more is there than may be, but for one; says how many messages went. Newer ones are worth more to a protocol that repeats itself. */
  shorten(mostMessages: number, mostBytes: number): number {
    let dropped = 0;
    while (this.count > mostMessages || (this.waiting > mostBytes && this.count > 1)) {
      this.dropOldest();
      dropped += 1;
    }
    return dropped;
  }

  private get count(): number {
    return this.short.length + this.long.length;
  }

  /** A long one, if there is one that has not begun. */
  private dropOldest(): void {
    const begun = this.sent > 0 ? 1 : 0;
    if (this.long.length > begun) this.waiting -= this.long.splice(begun, 1)[0]?.length ?? 0;
    else if (this.short.length > 0) this.waiting -= this.short.shift()?.length ?? 0;
    else throw new Error("nothing is left to be dropped"); // What has begun is one message, and one may stay.
  }

  private forgetLong(): void {
    this.waiting -= this.long.shift()?.length ?? 0;
    this.sent = 0;
  }
}

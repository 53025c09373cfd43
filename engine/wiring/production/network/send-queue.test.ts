import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SendQueue, pieceBytes } from "./send-queue.ts";

const message = (length: number, mark: number): Uint8Array => new Uint8Array(length).fill(mark);

describe("what waits to be sent", () => {
  it("is sent with short messages ahead of long ones, and between two of their pieces", () => {
    const queue = new SendQueue();
    queue.push(message(2.5 * pieceBytes, 1));
    queue.push(message(10, 2));
    expect(queue.next()).toEqual({ type: "message", content: message(10, 2) });
    expect(queue.next()).toEqual({ type: "piece", content: message(pieceBytes, 1) });
    queue.push(message(20, 3));
    expect(queue.next()?.content).toEqual(message(20, 3));
    expect(queue.next()?.type).toBe("piece");
    expect(queue.next()).toEqual({ type: "last", content: message(pieceBytes / 2, 1) });
    expect([queue.next(), queue.bytes]).toEqual([undefined, 0]);
  });

  it("comes whole and in order, the short ones and the long ones, whatever is pushed when", () => {
    const step = fc.oneof(fc.integer({ min: 0, max: 5 * pieceBytes }), fc.constant("next" as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const queue = new SendQueue();
        const [pushed, received]: [number[], number[]] = [[], []];
        let pieces = 0;
        const take = (): boolean => {
          const piece = queue.next();
          if (piece === undefined) return false;
          if (piece.type !== "message") pieces += piece.content.length;
          if (piece.type === "message") received.push(piece.content.length);
          if (piece.type === "last") received.push(pieces);
          if (piece.type === "last") pieces = 0;
          expect(piece.content.length).toBeLessThanOrEqual(pieceBytes);
          return true;
        };
        for (const it of steps)
          if (it === "next") take();
          else {
            queue.push(message(it, 0));
            pushed.push(it);
          }
        while (take());
        const short = (lengths: number[]): number[] => lengths.filter((n) => n <= 16 * 2 ** 10);
        const long = (lengths: number[]): number[] => lengths.filter((n) => n > 16 * 2 ** 10);
        expect([short(received), long(received), queue.bytes]).toEqual([short(pushed), long(pushed), 0]);
      }),
    );
  });

  it("is bounded: the oldest that has not begun goes, long ones first, and one may stay", () => {
    const queue = new SendQueue();
    for (const mark of [1, 2, 3]) queue.push(message(3 * pieceBytes, mark));
    queue.push(message(10, 4));
    queue.next();
    queue.next(); // The first piece of message 1.
    expect(queue.shorten(10, 6 * pieceBytes)).toBe(1);
    expect([queue.next(), queue.next(), queue.next()].map((p) => [p?.type, p?.content[0]])).toEqual([
      ["piece", 1],
      ["last", 1],
      ["piece", 3],
    ]);
    expect([queue.shorten(1, 10), queue.bytes]).toEqual([0, 3 * pieceBytes]);
    queue.lost();
    expect([queue.next(), queue.bytes]).toEqual([undefined, 0]);
  });
});

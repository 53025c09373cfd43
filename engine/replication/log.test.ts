import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Log } from "./log.ts";

/** Operations of one or two bytes, few enough to be often equal. */
const operation = fc.uint8Array({ minLength: 1, maxLength: 2, max: 1 });
const operations = fc.array(operation, { maxLength: 5 });
const same = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;

/** The first op at which the two differ; Infinity when they are equal. */
const firstDifference = (logStart: number, before: readonly Uint8Array[], after: readonly Uint8Array[]): number => {
  const length = Math.max(before.length, after.length);
  const at = Array.from({ length }, (_, i) => i).find((i) => !same(before[i], after[i]));
  return at === undefined ? Infinity : logStart + at;
};

describe("a log that starts anywhere", () => {
  const start = fc.integer({ min: 1, max: 4 });

  it("gives the ops from any that is there, as many as are asked for", () => {
    fc.assert(
      fc.property(start, operations, fc.nat(6), fc.option(fc.nat(6), { nil: undefined }), (logStart, own, skipped, count) => {
        const log = new Log(logStart, own);
        const wanted = own.slice(skipped).filter((_, i) => count === undefined || i < count);
        expect(log.from(logStart + skipped, count)).toEqual(wanted);
        expect(() => log.from(logStart - 1)).toThrow(RangeError);
      }),
    );
  });

  it("has what is put in the place of its end, keeps what is below its start, and tells the first op that is another", () => {
    fc.assert(
      fc.property(start, operations, fc.integer({ min: 1, max: 9 }), operations, (logStart, own, firstOp, fresh) => {
        const log = new Log(logStart, own);
        const end = firstOp - 1 + fresh.length;
        if (firstOp > log.opNumber + 1 || end < log.checkpoint) {
          expect(() => log.replaceFrom(firstOp, fresh)).toThrow(RangeError);
          return;
        }
        // Op by op: below `firstOp` the own one, from there on the new one.
        const numbers = Array.from({ length: end - log.checkpoint }, (_, i) => logStart + i);
        const wanted = numbers.flatMap((n) => (n < firstOp ? own[n - logStart] : fresh[n - firstOp]) ?? []);
        log.replaceFrom(firstOp, fresh);
        expect(log.from(logStart)).toEqual(wanted);
        expect(log.opNumber).toBe(end);
        expect(log.takeChangedFrom()).toBe(firstDifference(logStart, own, wanted));
        expect(log.changedFrom).toBe(Infinity);
      }),
      { numRuns: 500 },
    );
  });

  it("has the digest of what is still there, whatever came and went before, asked for on the way or not", () => {
    const change = fc.oneof(
      fc.record({ append: operation }),
      fc.record({ replaceFrom: fc.integer({ min: 1, max: 9 }), fresh: operations }),
      fc.record({ dropThrough: fc.nat(9) }),
      fc.constant("ask" as const),
    );
    fc.assert(
      fc.property(start, operations, fc.array(change, { maxLength: 8 }), (logStart, own, changes) => {
        const log = new Log(logStart, own);
        for (const what of changes) {
          if (what === "ask") expect(log.digest).toMatch(/^[0-9a-f]{16}$/);
          else if ("append" in what) log.append(what.append);
          else if ("dropThrough" in what) log.dropThrough(what.dropThrough);
          else if (what.replaceFrom <= log.opNumber + 1 && what.replaceFrom - 1 + what.fresh.length >= log.checkpoint)
            log.replaceFrom(what.replaceFrom, what.fresh);
        }
        expect(log.digest).toBe(new Log(log.logStart, log.from(log.logStart)).digest);
      }),
      { numRuns: 500 },
    );
  });

  it("has another digest when an op is another, is missing, or has another number", () => {
    const [a, b] = [Uint8Array.of(1), Uint8Array.of(2)];
    const logs = [
      new Log(1),
      new Log(1, [a]),
      new Log(1, [b]),
      new Log(2, [a]),
      new Log(1, [a, b]),
      new Log(1, [b, a]),
      new Log(1, [a, a]),
    ];
    expect(new Set(logs.map(({ digest }) => digest)).size).toBe(logs.length);
  });

  it("remembers the lowest change until it is taken", () => {
    const [a, b] = [Uint8Array.of(1), Uint8Array.of(2)];
    const log = new Log(3, [a, a]);
    log.append(b);
    expect(log.changedFrom).toBe(5);
    log.replaceFrom(4, [b]);
    log.append(a);
    expect(log.takeChangedFrom()).toBe(4);
  });

  it("drops what is below, also beyond its end", () => {
    const log = new Log(3, [Uint8Array.of(1), Uint8Array.of(2)]);
    log.dropThrough(2);
    expect([log.logStart, log.length]).toEqual([3, 2]);
    log.dropThrough(3);
    expect([log.logStart, log.opNumber, log.from(4)]).toEqual([4, 4, [Uint8Array.of(2)]]);
    log.dropThrough(9);
    expect([log.logStart, log.checkpoint, log.opNumber, log.length]).toEqual([10, 9, 9, 0]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linearizabilityViolation } from "./linearizability.ts";
import type { Operation } from "./linearizability.ts";

const write = (value: string | undefined, invoked: number, returned: number | undefined): Operation => ({
  kind: "write",
  key: "k",
  value,
  invoked,
  returned,
});
const read = (value: string | undefined, invoked: number, returned: number | undefined): Operation => ({
  kind: "read",
  key: "k",
  value,
  invoked,
  returned,
});

const bad: readonly (readonly [string, readonly Operation[]])[] = [
  ["a read of what nobody wrote", [read("x", 1, 2)]],
  ["a lost write", [write("a", 1, 2), read(undefined, 3, 4)]],
  ["a stale read", [write("a", 1, 2), write("b", 3, 4), read("a", 5, 6)]],
  ["a read from the future", [read("a", 1, 2), write("a", 3, 4)]],
  ["two reads that disagree on the order", [write("a", 1, 9), write("b", 1, 9), read("a", 10, 11), read("b", 12, 13)]],
  ["a read that goes back while the write is under way", [write("a", 1, 9), read("a", 2, 3), read(undefined, 4, 5)]],
  ["a write without an answer that is read, then gone", [write("a", 1, undefined), read("a", 2, 3), read(undefined, 4, 5)]],
  ["a deletion that is undone", [write("a", 1, 2), write(undefined, 3, 4), read("a", 5, 6)]],
];
const good: readonly (readonly [string, readonly Operation[]])[] = [
  ["nothing", []],
  ["one after the other", [write("a", 1, 2), read("a", 3, 4), write("b", 5, 6), read("b", 7, 8)]],
  ["either value during a write", [write("a", 1, 9), read(undefined, 2, 3), read("a", 4, 5)]],
  ["a write without an answer that comes late", [write("a", 1, undefined), read(undefined, 2, 3), read("a", 4, 5)]],
  ["a write without an answer that never comes", [write("a", 1, undefined), read(undefined, 2, 3), write("b", 4, 5), read("b", 6, 7)]],
  ["two writes at once, in the order in which they were read", [write("a", 1, 9), write("b", 1, 9), read("b", 10, 11), read("b", 12, 13)]],
];

/** Every order of every choice of writes without an answer: correct by its shortness, and slow. */
const naive = (operations: readonly Operation[], value?: string): boolean =>
  operations.every((o) => o.returned === undefined) ||
  operations.some((o) => {
    if (operations.some((p) => p !== o && p.returned !== undefined && p.returned < o.invoked)) return false;
    if (o.kind === "read" && o.returned !== undefined && o.value !== value) return false;
    return naive(
      operations.filter((p) => p !== o),
      o.kind === "write" ? o.value : value,
    );
  });

const arbitraryHistory = fc
  .array(
    fc.record({
      kind: fc.constantFrom("write" as const, "read" as const),
      seen: fc.nat(7),
      invoked: fc.nat(20),
      lasts: fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined, freq: 6 }),
    }),
    { maxLength: 7 },
  )
  .map((drafts) =>
    drafts.map(({ kind, seen, invoked, lasts }, i): Operation => ({
      kind,
      key: "k",
      value: kind === "write" ? `v${i}` : seen === 7 ? undefined : `v${seen}`,
      invoked,
      returned: lasts === undefined ? undefined : invoked + lasts,
    })),
  );

describe("linearizability", () => {
  it.each(bad)("refuses %s", (_, history) => expect(linearizabilityViolation(history)).toBeDefined());
  it.each(good)("accepts %s", (_, history) => expect(linearizabilityViolation(history)).toBeUndefined());

  it("agrees with the search through all orders", () => {
    let violations = 0;
    fc.assert(
      fc.property(arbitraryHistory, (history) => {
        const violation = linearizabilityViolation(history);
        if (violation !== undefined) violations++;
        expect(violation === undefined).toBe(naive(history));
      }),
      { numRuns: 2_000 },
    );
    expect(violations).toBeGreaterThan(100);
  });

  it("looks at each key for itself, and names the operation", () => {
    const other = { ...write("z", 2, 3), key: "other" };
    const violation = linearizabilityViolation([write("a", 1, 2), other, read("a", 3, 4), read(undefined, 5, 6), read("a", 7, 8)]);
    expect(violation).toEqual({ key: "k", linearizable: 2, operation: read(undefined, 5, 6) });
  });

  it("accepts a long history of one key", () => {
    const history = Array.from({ length: 5_000 }, (_, i) => [
      write(`v${i}`, 10 * i, 10 * i + 14),
      read(`v${i}`, 10 * i + 6, 10 * i + 9),
    ]).flat();
    expect(linearizabilityViolation(history)).toBeUndefined();
    expect(linearizabilityViolation([...history, read("v17", 60_000, 60_001)])).toMatchObject({ operation: { value: "v17" } });
  });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { compareKeys } from "./keys.ts";
import { OrderedMap } from "./ordered-map.ts";

const key = fc.oneof(
  fc.string({ maxLength: 3, unit: fc.constantFrom("a", "b", "\uffff", "é", "😀") }),
  fc.nat(2000).map((n) => `n${n}`),
);
const utf8 = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

test("keys are ordered as their UTF-8 bytes", () => {
  const unit = fc.constantFrom("a", "b", "\uffff", "\ue000", "é", "😀", "𐀀");
  fc.assert(
    fc.property(fc.string({ unit }), fc.string({ unit }), (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(utf8(a, b));
    }),
  );
});

test("is a map whose entries are in order, from any key on", () => {
  const change = fc.oneof(fc.record({ key, value: fc.nat() }), fc.record({ key }));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 2000, size: "max" }), key, (changes, from) => {
      const [map, oracle] = [new OrderedMap<number>(), new Map<string, number>()];
      for (const c of changes) {
        if ("value" in c) {
          map.set(c.key, c.value);
          oracle.set(c.key, c.value);
        } else {
          map.delete(c.key);
          oracle.delete(c.key);
        }
      }
      expect(map.size).toBe(oracle.size);
      expect([...map.entries(from)]).toEqual([...oracle].filter(([k]) => utf8(k, from) >= 0).sort(([a], [b]) => utf8(a, b)));
    }),
    { numRuns: 8 },
  );
});

test("a walk sees what is added and removed ahead of it, and no key twice", () => {
  const map = new OrderedMap<number>();
  for (let i = 0; i < 3000; i += 2) map.set(`n${String(i).padStart(4, "0")}`, i);
  const seen: number[] = [];
  for (const [, n] of map.entries()) {
    seen.push(n);
    if (n % 2 === 0) map.set(`n${String(n + 1).padStart(4, "0")}`, n + 1);
    if (n % 4 === 1) map.delete(`n${String(n + 1).padStart(4, "0")}`);
  }
  expect(seen).toEqual(Array.from({ length: 3000 }, (_, n) => n).filter((n) => n % 4 < 2));
});

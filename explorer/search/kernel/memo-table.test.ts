import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GrowingArray, MemoTable } from "./memo-table.ts";

const id = fc.oneof(fc.nat(10), fc.integer({ min: 0, max: 0xffffffff }));
const value = fc.integer({ min: 1, max: 0xffffffff });

describe("a memo table", () => {
  it("is a map from pairs of numbers", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(id, id, value, id), { maxLength: 300 }), (entries) => {
        const table = new MemoTable(4);
        const model = new Map<string, readonly [number, number]>();
        for (const [a, b, v, second] of entries) {
          table.set(a, b, v, second);
          model.set(`${String(a)} ${String(b)}`, [v, second]);
        }
        expect(table.size).toBe(model.size);
        for (const [key, [v, second]] of model) {
          const [a, b] = key.split(" ").map(Number);
          expect(table.get(a ?? 0, b ?? 0)).toBe(v);
          expect(table.second).toBe(second);
        }
        for (const [a, b] of entries) expect(table.get(b, a)).toBe(model.get(`${String(b)} ${String(a)}`)?.[0] ?? 0);
        table.clear();
        expect(table.size).toBe(0);
        for (const [a, b] of entries) expect(table.get(a, b)).toBe(0);
      }),
    );
  });
  it("numbers keys in the order of their first use", () => {
    const table = new MemoTable(2);
    const numbers = Array.from({ length: 100 }, (_, i) => table.number(i % 40, 5));
    expect(numbers).toEqual(Array.from({ length: 100 }, (_, i) => (i % 40) + 1));
  });
});

it("a growing array reads 0 where nothing was written", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5_000), fc.nat(0xffffffff))), (writes) => {
      const array = new GrowingArray();
      const model = new Map<number, number>();
      for (const [i, v] of writes) {
        expect(array.get(i)).toBe(model.get(i) ?? 0);
        array.set(i, v);
        model.set(i, v);
      }
      for (const [i, v] of model) expect(array.get(i)).toBe(v);
      expect(array.get(1_000_000)).toBe(0);
    }),
  );
});

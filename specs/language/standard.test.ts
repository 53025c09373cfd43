import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  choose,
  differenceOf,
  equal,
  fold,
  functions,
  intersectionOf,
  isSubset,
  permutations,
  sequences,
  setOf,
  subsets,
  tuples,
  unionOf,
} from "./index.ts";

const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { maxLength: 6 });

describe("the standard operators", () => {
  it("enumerate each thing once, and all of them", () => {
    fc.assert(
      fc.property(numbers, (set) => {
        const all = subsets(set);
        expect(all).toHaveLength(2 ** set.length);
        expect(setOf(...all).size).toBe(all.length);
        expect(all.every((s) => isSubset(s, set))).toBe(true);
        const factorial = set.reduce((n, _, i) => n * (i + 1), 1);
        expect(setOf(...permutations(set)).size).toBe(factorial);
      }),
      { numRuns: 50 },
    );
    expect(functions(["a", "b"], [1, 2])).toEqual([{ a: 1, b: 1 }, { a: 1, b: 2 }, { a: 2, b: 1 }, { a: 2, b: 2 }]); // prettier-ignore
    expect(tuples([1, 2], ["x"])).toEqual([[1, "x"], [2, "x"]]); // prettier-ignore
    expect(sequences([0, 1], 2)).toEqual([[], [0], [1], [0, 0], [0, 1], [1, 0], [1, 1]]);
  });
  it("are the algebra of sets", () => {
    fc.assert(
      fc.property(numbers, numbers, numbers, (a, b, c) => {
        expect(equal(unionOf(a, b), unionOf(b, a))).toBe(true);
        expect(equal(intersectionOf(a, unionOf(b, c)), unionOf(intersectionOf(a, b), intersectionOf(a, c)))).toBe(true);
        expect(equal(differenceOf(a, unionOf(b, c)), intersectionOf(differenceOf(a, b), differenceOf(a, c)))).toBe(true);
        expect(fold(a, 0, (sum, n) => sum + n)).toBe(a.reduce((x, y) => x + y, 0));
      }),
    );
  });
  it("choose the same whatever the order, or say that there is nothing", () => {
    fc.assert(
      fc.property(numbers, (set) => {
        fc.pre(set.length > 0);
        expect(choose(set)).toBe(choose([...set].reverse()));
      }),
    );
    expect(() => choose([1, 2], (n) => n > 2)).toThrow("choose: no element of {1,2} passes");
  });
});

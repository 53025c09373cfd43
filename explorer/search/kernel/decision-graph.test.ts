import fc from "fast-check";
import { expect, it } from "vitest";
import { DecisionGraph } from "./decision-graph.ts";
import type { Test } from "./decision-graph.ts";

/** A function that looks at a few bits, one after the other, and which ones depends on those before. */
const looked = (words: Uint32Array, seed: number): Test[] => {
  const tests: Test[] = [];
  let at = seed;
  for (let i = 0; i < 3; i++) {
    const wide = at % 5 === 0;
    const test = {
      word: at % words.length,
      shift: wide ? 0 : at % 20,
      mask: wide ? -1 : ([1, 7, 1023][at % 3] ?? 1),
      question: at % 7 === 0 ? at % 4 : -1,
    };
    tests.push(test);
    const word = words[test.word] ?? 0;
    at = (at * 31 + (test.question >= 0 ? word % (test.question + 2) : (word >>> test.shift) & test.mask & 0xff) + 1) % 9973;
  }
  return tests;
};
const resultOf = (words: Uint32Array, tests: readonly Test[]): number =>
  1 +
  tests.reduce(
    (sum, t) =>
      (sum * 7 + (t.question >= 0 ? (words[t.word] ?? 0) % (t.question + 2) : ((words[t.word] ?? 0) >>> t.shift) & t.mask & 0xff)) % 1009,
    0,
  );

const rows = fc.array(fc.uint32Array({ minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 60 });

it("a tree says what it was told, and nothing where it was told nothing", () => {
  fc.assert(
    fc.property(rows, fc.nat(1000), (states, seed) => {
      const graph = new DecisionGraph((question, word) => word % (question + 2));
      const trees = [graph.addTree(), graph.addTree()];
      const known = new Map<string, number>();
      for (const words of states)
        for (const tree of trees) {
          const tests = looked(words, seed + tree);
          const key = `${String(tree)} ${tests.map((t) => `${JSON.stringify(t)}=${String(t.question >= 0 ? (words[t.word] ?? 0) % (t.question + 2) : ((words[t.word] ?? 0) >>> t.shift) & t.mask)}`).join()}`;
          expect(graph.find(tree, words, 0)).toBe(known.get(key) ?? 0);
          expect(graph.insert(tree, tests, words, 0, resultOf(words, tests))).toBe(true);
          known.set(key, resultOf(words, tests));
          expect(graph.find(tree, words, 0)).toBe(known.get(key));
        }
      graph.cut(trees[0] ?? 0);
      for (const words of states) expect(graph.find(trees[0] ?? 0, words, 0)).toBe(0);
      graph.clear();
      for (const words of states) expect(graph.find(trees[1] ?? 0, words, 0)).toBe(0);
    }),
  );
});

it("other tests after the same answers are refused", () => {
  const graph = new DecisionGraph(() => 0);
  const tree = graph.addTree();
  const words = Uint32Array.of(5, 0xffffffff);
  const test = (word: number, mask: number): Test => ({ word, shift: 0, mask, question: -1 });
  expect(graph.insert(tree, [test(0, 7), test(1, -1)], words, 0, 3)).toBe(true);
  expect(graph.insert(tree, [test(0, 7)], words, 0, 3)).toBe(false);
  expect(graph.insert(tree, [test(0, 7), test(0, 15)], words, 0, 3)).toBe(false);
  expect(graph.insert(tree, [test(0, 7), test(1, -1), test(0, 8)], words, 0, 3)).toBe(false);
  expect(graph.find(tree, words, 0)).toBe(3);
});

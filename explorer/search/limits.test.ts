/** What a real spec may have many of. */
import { expect, it } from "vitest";
import manyOfAll from "../../cli/fixtures/many-of-all.ts";
import { instantiate, int, system } from "../../specs/language/index.ts";
import { runSearch } from "./fixtures/against-reference.ts";

it("a hundred actions and properties are told apart", async () => {
  const result = await runSearch(instantiate(manyOfAll), { continueAfterViolation: true, allowDeadlock: true });
  expect(result).toMatchObject({ generated: 101, distinct: 101, depth: 101, neverFired: [] });
  const expected = [
    ...Array.from({ length: 40 }, (_, i) => ({ property: `I${i}`, length: 61 + i })),
    ...Array.from({ length: 30 }, (_, i) => ({ property: `P${i}`, length: 72 + i })),
  ];
  const found = result.violations.map(({ property, length }) => ({ property, length }));
  const byName = (a: { property: string }, b: { property: string }): number => (a.property < b.property ? -1 : 1);
  expect(found.sort(byName)).toEqual(expected.sort(byName));
  expect(Object.values(result.witnesses)).toEqual(Array.from({ length: 50 }, () => true));
});

it.each([1, 60_000])("a state may have 70,000 successors, and a spec %d initial states", async (initial) => {
  const sys = system({ name: "wide", variables: { n: int(0, 200_000), done: int(0, 1) } });
  const wide = sys.spec({
    init: () => Array.from({ length: initial }, (_, n) => ({ n, done: 0 })),
    actions: {
      Choose: sys.action(
        { k: Array.from({ length: initial === 1 ? 70_000 : 1 }, (_, k) => k) },
        {
          when: ({ now }) => now.done === 0,
          then: ({ next, k }) => {
            next.n = k;
            next.done = 1;
          },
        },
      ),
    },
  });
  const result = await runSearch(instantiate(wide), { allowDeadlock: true, maxDepth: 2, memoryBytes: 500e6 });
  const width = initial === 1 ? 70_000 : 1;
  expect(result).toMatchObject({ distinct: initial + width, generated: initial + initial * width });
});

/**
 * The claims that need large searches: no shorter counterexample exists, smaller models have none, every file is found
 * again byte for byte, and the findings of index.md.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { article } from "./article.ts";
import { counterexamples } from "./collections.ts";
import { instanceOf } from "./counterexample.ts";
import { decided } from "./findings.ts";
import { itfFile, itfTextOf, searchFor, shortestTrace } from "./produce.ts";
import { runSearch } from "../cli/run-search.ts";

/** Lazy 2 takes five minutes of processor time, more if the processor is shared. */
const TIMEOUT_MS = 1_800_000;

const committed = (file: string): string => readFileSync(new URL(file, import.meta.url), "utf8");

describe.each(counterexamples)("$name", (c) => {
  it(
    "no behaviour is shorter",
    async () => {
      const { verdict, depth, violations, bound } = await searchFor(c, instanceOf(c), { maxDepth: c.length - 1, workers: 2 });
      expect({ verdict, depth, violations, bound }).toEqual({
        verdict: "inconclusive",
        depth: c.length - 1,
        violations: [],
        bound: { kind: "depth", limit: c.length - 1 },
      });
    },
    TIMEOUT_MS,
  );

  it(
    "is found again, byte for byte, by the generator",
    async () => {
      expect(itfTextOf(c, await shortestTrace(c))).toBe(committed(itfFile(c)));
    },
    TIMEOUT_MS,
  );
});

it.each(article.filter((c) => c.constants["startViewOnTimerLimit"] === 2))("$name: with one timer nothing is lost", async (c) => {
  const { verdict } = await searchFor(c, instanceOf(c, { startViewOnTimerLimit: 1 }));
  expect(verdict).toBe("holds");
});

describe("lazy 2 needs three values and four timers, as far as smaller models were exhausted", () => {
  const lazy2 = article.find((c) => c.name === "lazy-2");
  it.each([
    [2, 2],
    [3, 2],
    [2, 3],
  ])("%i values, %i timers", async (values, startViewOnTimerLimit) => {
    if (lazy2 === undefined) throw new Error("lazy-2 is missing");
    const { verdict } = await searchFor(lazy2, instanceOf(lazy2, { values, startViewOnTimerLimit }), { workers: 2 });
    expect(verdict).toBe("holds");
  });
});

it("without the status, newStateGuard=any fails as atLeast does", async () => {
  const lazy3 = article.find((c) => c.name === "lazy-3");
  if (lazy3 === undefined) throw new Error("lazy-3 is missing");
  const any = { ...lazy3, design: { ...lazy3.design, newStateGuard: "any" } };
  expect((await searchFor(any, instanceOf(any))).violation?.length).toBe(lazy3.length);
});

it("eager 1 is no shorter with three values", async () => {
  const eager1 = article.find((c) => c.name === "eager-1");
  if (eager1 === undefined) throw new Error("eager-1 is missing");
  const { violation } = await searchFor(eager1, instanceOf(eager1, { values: 3 }));
  expect(violation?.length).toBe(eager1.length);
});

it.each(decided)("$of holds with $constants", async (c) => {
  const { verdict, distinct } = await runSearch({
    origin: { kind: "model", name: c.model },
    instance: instanceOf(c),
    options: { model: c.model, allowDeadlock: true, workers: 2 },
  });
  expect({ verdict, distinct }).toEqual({ verdict: "holds", distinct: c.distinct });
});

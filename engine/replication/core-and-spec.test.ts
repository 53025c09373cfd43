import { expect, it } from "vitest";
import { walk } from "./fixtures/core-beside-spec.ts";

it("the core does what the spec does, on short walks", () => {
  const counts = new Map<string, number>();
  for (let seed = 1; seed <= 4; seed += 1) walk({ replicas: 3, values: 3, startViewOnTimerLimit: 2 }, seed, 40, counts);
  expect([...counts.values()].reduce((a, b) => a + b)).toBeGreaterThan(100);
});

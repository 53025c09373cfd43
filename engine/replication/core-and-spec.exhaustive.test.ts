import { expect, it } from "vitest";
import { specActs, walk } from "./fixtures/core-beside-spec.ts";

it.each([
  { replicas: 3, values: 4, startViewOnTimerLimit: 3 },
  { replicas: 5, values: 2, startViewOnTimerLimit: 2 },
])("the core does what the spec does, in %o", (constants) => {
  const counts = new Map<string, number>();
  for (let seed = 1; seed <= 100; seed += 1) walk(constants, seed, 80, counts);
  if (constants.replicas === 3) expect([...counts.keys()].sort()).toEqual([...specActs].sort());
});

/** The search compares, wherever it applies a reduction, what a state and its normal form can do; a wrong one would end it. */
import { describe, expect, it } from "vitest";
import { search } from "../../explorer/search/index.ts";
import { instantiate } from "../language/index.ts";
import type { Design } from "../language/index.ts";
import { viewstampedReplication } from "./spec.ts";

const searched = (values: number, startViewOnTimerLimit: number, design: Design = {}, reductions = true) => {
  const instance = instantiate(viewstampedReplication, { constants: { values, startViewOnTimerLimit }, design });
  return search(instance, { allowDeadlock: true, reductions });
};

describe("reductions", () => {
  it("turn 42,753 states into 675 with one value and one timer", async () => {
    expect(await searched(1, 1)).toMatchObject({ verdict: "holds", distinct: 675 });
  });
  const majority = "AcknowledgedWritesExistOnMajority";
  it.each([
    ["eager", "monotonic", true, false, "higher", 15],
    ["eager", "strict", false, false, "higher", 20],
    ["lazy", "monotonic", true, false, "higher", 19],
    ["lazy", "strict", false, false, "atLeast", 19],
  ] as const)("keep the length of the shortest counterexample of %s/%s/truncate %s/status %s/%s", async (u, g, truncate, transferStatus, n, length) => {
    const design = { viewUpdate: u, startViewGuard: g, truncate, transferStatus, newStateGuard: n };
    expect((await searched(2, 1, design)).violation).toMatchObject({ property: majority, length });
  });
  it("keep the verdict of the final design", async () => {
    expect(await searched(2, 1)).toMatchObject({ verdict: "holds", distinct: 4_258 });
  });
});

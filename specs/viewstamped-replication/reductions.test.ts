/** The search compares, wherever it applies a reduction, what a state and its normal form can do; a wrong one would end it. */
import { describe, expect, it } from "vitest";
import { search } from "../../explorer/search/index.ts";
import { instantiate } from "../language/index.ts";
import type { Constants, Design } from "../language/index.ts";
import { viewstampedReplication } from "./spec.ts";

const searched = (constants: Constants, design: Design = {}) =>
  search(instantiate(viewstampedReplication, { constants, design }), { allowDeadlock: true });

describe("reductions", () => {
  it("turn 42,753 states into 675 with one value and one timer", async () => {
    expect(await searched({ values: 1, startViewOnTimerLimit: 1 })).toMatchObject({ verdict: "holds", distinct: 675 });
  });
  it("keep the verdict of the final design", async () => {
    expect(await searched({ values: 2, startViewOnTimerLimit: 1 })).toMatchObject({ verdict: "holds", distinct: 4_258 });
  });
  it("hold in other sizes of cluster, and where views may fall", async () => {
    expect(await searched({ replicas: 2, values: 2, startViewOnTimerLimit: 2 })).toMatchObject({ verdict: "holds" });
    expect(await searched({ replicas: 4, values: 0, startViewOnTimerLimit: 1 })).toMatchObject({ verdict: "holds" });
    const any = { transferStatus: false, newStateGuard: "any" } as const;
    expect((await searched({ values: 2, startViewOnTimerLimit: 1 }, any)).violation).toMatchObject({ length: 19 });
  });
});

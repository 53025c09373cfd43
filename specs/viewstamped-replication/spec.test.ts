/** Counts that TLC gives for the original module (one worker, no VIEW), and lengths of shortest counterexamples. */
import { describe, expect, it } from "vitest";
import { referenceSearch } from "../../explorer/search/reference-search.ts";
import { search } from "../../explorer/search/index.ts";
import type { SearchOptions } from "../../explorer/search/index.ts";
import { instantiate } from "../language/index.ts";
import type { Design } from "../language/index.ts";
import { viewstampedReplication } from "./spec.ts";

const instance = (values: number, startViewOnTimerLimit: number, design: Design = {}) =>
  instantiate(viewstampedReplication, { constants: { values, startViewOnTimerLimit }, design });
const plain: SearchOptions = { allowDeadlock: true, symmetry: false, reductions: false };

/** Generated successors per action with one value and one timer. */
const onOneValue = {
  TimerSendSVC: 30,
  ReceiveHigherSVC: 1_068,
  ReceiveMatchingSVC: 34_843,
  SendDVC: 13_203,
  ReceiveHigherDVC: 75,
  ReceiveMatchingDVC: 5_940,
  SendSV: 2_715,
  ReceiveSV: 20_146,
  ReceiveClientRequest: 740,
  ReceivePrepareMsg: 1_900,
  ReceivePrepareOkMsg: 16_356,
  ExecuteOp: 9_777,
  SendGetState: 0,
  ReceiveGetState: 0,
  ReceiveNewState: 0,
  NoProgressChange: 0,
};

describe("viewstamped replication agrees with TLC", () => {
  it("without values", () => {
    const result = referenceSearch(instance(0, 1), { allowDeadlock: true });
    expect(result).toMatchObject({ generated: 4_055, distinct: 1_366, depth: 16, violations: [], exhausted: true });
  });
  it("with one value, action by action", async () => {
    const result = await search(instance(1, 1), plain);
    expect(result).toMatchObject({ verdict: "holds", generated: 106_794, distinct: 42_753, depth: 24 });
    const generated = Object.fromEntries(Object.entries(result.actions).map(([name, a]) => [name, a.generated]));
    expect(generated).toEqual(onOneValue);
  });
  it("with one value in the first eager design: without a second op there is no gap, so state is never transferred", async () => {
    const eager = { viewUpdate: "eager", startViewGuard: "monotonic", truncate: true, transferStatus: false } as const;
    expect(await search(instance(1, 1, eager), plain)).toMatchObject({ verdict: "holds", generated: 106_794, distinct: 42_753, depth: 24 });
  });
});

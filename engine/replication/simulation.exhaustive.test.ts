import { describe, expect, it } from "vitest";
import { keepsNoVotes } from "./fixtures/defects.ts";
import { anInvariant, expectProgress, firstFailure, runRandomSchedule } from "./fixtures/random-schedule.ts";
import { SimulatedCluster } from "./fixtures/simulated-cluster.ts";

describe("many random schedules", () => {
  it.each([3, 5])("keep the invariants, and %i replicas make progress afterwards", async (replicas) => {
    const acts = new Set<string>();
    for (let seed = 1000; seed < 1120; seed += 1) {
      const cluster = new SimulatedCluster({ replicas, seed, journal: true });
      try {
        await runRandomSchedule(cluster, 1500);
        await expectProgress(cluster, 5000);
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
      for (const { journal } of cluster.members) for (const { act } of journal.events) acts.add(act);
    }
    // Each action of the spec has been taken.
    for (const act of [
      "TimerSendSVC",
      "ReceiveHigherSVC",
      "ReceiveMatchingSVC",
      "SendDVC",
      "ReceiveHigherDVC",
      "ReceiveMatchingDVC",
      "SendSV",
    ])
      expect(acts).toContain(act);
    for (const act of [
      "ReceiveSV",
      "SendGetState",
      "ReceiveGetState",
      "ReceiveNewState",
      "ReceivePrepareMsg",
      "ExecuteOp",
      "InstallSnapshot",
    ])
      expect(acts).toContain(act);
  });

  it("find votes that are forgotten", async () => {
    expect(await firstFailure({ replicas: 3, make: keepsNoVotes }, 300)).toMatch(anInvariant);
  });
});

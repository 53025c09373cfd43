import { describe, expect, it } from "vitest";
import { commitsEarly, monotonicStartView, unsyncedTable } from "./fixtures/defects.ts";
import { anInvariant, expectProgress, firstFailure, runRandomSchedule } from "./fixtures/random-schedule.ts";
import { SimulatedCluster } from "./fixtures/simulated-cluster.ts";

describe("random schedules", () => {
  it.each([3, 5])("keep the invariants, and %i replicas make progress afterwards", async (replicas) => {
    let committed = 0;
    for (let seed = 1; seed <= 6; seed += 1) {
      const cluster = new SimulatedCluster({ replicas, seed });
      await runRandomSchedule(cluster, 500);
      await expectProgress(cluster, 5000);
      committed += cluster.committed.size;
    }
    expect(committed).toBeGreaterThan(30);
  });
});

describe("random schedules find", () => {
  it("a StartView that is taken again in its own view", async () => {
    expect(await firstFailure({ replicas: 3, make: monotonicStartView }, 100)).toMatch(anInvariant);
  });
  it("messages that leave before the sync", async () => {
    expect(await firstFailure({ replicas: 3, tableFor: unsyncedTable }, 100)).toMatch(anInvariant);
  });
  it("a commit without a majority", async () => {
    expect(await firstFailure({ replicas: 3, make: commitsEarly }, 100)).toMatch(anInvariant);
  });
});

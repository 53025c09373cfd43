import { describe, expect, it } from "vitest";
import { expectProgress, runRandomSchedule } from "./fixtures/random-schedule.ts";
import { SimulatedCluster } from "./fixtures/simulated-cluster.ts";

describe("random schedules", () => {
  it.each([3, 5])("keep the invariants, and %i replicas make progress afterwards", async (replicas) => {
    let committed = 0;
    for (let seed = 1; seed <= 10; seed += 1) {
      const cluster = new SimulatedCluster({ replicas, seed });
      await runRandomSchedule(cluster, 800);
      await expectProgress(cluster, 5000);
      committed += cluster.committed.size;
    }
    expect(committed).toBeGreaterThan(100);
  });
});

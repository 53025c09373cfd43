/** Clusters of real processes, killed and started again under load: what clients saw must be linearizable. */
import { afterEach, describe, expect, it } from "vitest";
import { ClusterProcesses } from "../testing/cluster-processes.ts";
import { linearizabilityViolation } from "../testing/linearizability.ts";
import { Workload } from "../testing/workload.ts";

/** LOCKSTEP_ROUNDS=200 for the long run. */
const rounds = Number(process.env["LOCKSTEP_ROUNDS"] ?? 10);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let cluster: ClusterProcesses | undefined;
afterEach(async () => {
  await cluster?.remove();
  cluster = undefined;
});

/** Until so many more operations were answered; throws when that takes too long. */
const progress = async (workload: Workload, operations: number, withinMs: number): Promise<void> => {
  const [before, end] = [workload.answered, performance.now() + withinMs];
  while (workload.answered < before + operations) {
    if (performance.now() > end)
      throw new Error(`no progress within ${withinMs} ms: ${workload.answered - before} operations were answered`);
    await pause(10);
  }
};

const checked = (workload: Workload): void => {
  expect(workload.faults).toEqual([]);
  expect(linearizabilityViolation(workload.history)).toBeUndefined();
};

describe("a cluster of processes", () => {
  it(
    `keeps its word through ${rounds} rounds of SIGKILL`,
    async () => {
      const running = await ClusterProcesses.create(3);
      cluster = running;
      running.startAll();
      const workload = new Workload({ client: () => running.client(20_000), clients: 8, keys: 12, seed: "kill" });
      workload.start();
      await progress(workload, 50, 30_000);
      for (let round = 0; round < rounds; round++) {
        // Every tenth round all three at once; else one or two, which is more than a group of three survives without a pause.
        const victims = round % 10 === 9 ? [1, 2, 3] : round % 3 === 2 ? [1 + (round % 3), 1 + ((round + 1) % 3)] : [1 + ((round * 7) % 3)];
        await Promise.all(victims.map((r) => running.kill(r)));
        await pause(round % 4 === 0 ? 800 : 50);
        running.startAll();
        await progress(workload, 30, 30_000);
      }
      await workload.stop();
      checked(workload);
    },
    60_000 + rounds * 10_000,
  );
});

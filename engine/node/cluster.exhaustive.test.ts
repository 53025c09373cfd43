/**
 * Clusters of real processes under load: killed and started again, cut off from each other, on a network that loses, repeats
 * and reorders, and so far behind that a snapshot is needed. What clients saw must be linearizable, and work goes on afterwards.
 */
import { afterEach, describe, expect, it } from "vitest";
import { ClusterProcesses } from "../testing/cluster-processes.ts";
import { linearizabilityViolation } from "../testing/linearizability.ts";
import { Links } from "../testing/links.ts";
import { Workload } from "../testing/workload.ts";

/** LOCKSTEP_ROUNDS=200 for the long run. */
const rounds = Number(process.env["LOCKSTEP_ROUNDS"] ?? 10);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const cleaners: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleaners.splice(0).reverse()) await clean();
});
const created = async (...of: Parameters<typeof ClusterProcesses.create>): Promise<ClusterProcesses> => {
  const cluster = await ClusterProcesses.create(...of);
  cleaners.push(() => cluster.remove());
  return cluster;
};
const linked = async (cluster: ClusterProcesses): Promise<Links> => {
  const links = await Links.between(cluster);
  cleaners.push(() => links.close());
  return links;
};

/** Until so many more operations were answered; throws when that takes too long. */
const progress = async (workload: Workload, operations: number, withinMs: number): Promise<void> => {
  const [before, end] = [workload.answered, performance.now() + withinMs];
  while (workload.answered < before + operations) {
    if (performance.now() > end)
      throw new Error(`no progress within ${withinMs} ms: ${workload.answered - before} operations were answered`);
    await pause(10);
  }
};

const loaded = async (cluster: ClusterProcesses, seed: string): Promise<Workload> => {
  cluster.startAll();
  const workload = new Workload({ client: () => cluster.client(20_000), clients: 8, keys: 12, seed });
  workload.start();
  await progress(workload, 50, 30_000);
  return workload;
};

const checked = async (cluster: ClusterProcesses, workload: Workload): Promise<void> => {
  await workload.stop();
  expect(workload.faults).toEqual([]);
  expect(linearizabilityViolation(workload.history)).toBeUndefined();
  for (const replica of cluster.replicas) {
    // Levels of the log: an error is a fault of the engine, whatever was done to the network and the processes.
    const errors = (await cluster.log(replica)).filter((line) => line.includes('"level":"error"'));
    expect(errors).toEqual([]);
  }
};

/** Of the latest view that anybody is in. */
const leader = async (cluster: ClusterProcesses): Promise<number> => {
  const client = await cluster.client();
  try {
    await client.get("anything");
    // One of them may still be starting.
    const seen = await Promise.all(cluster.replicas.map((r) => client.status(r).catch(() => undefined)));
    return seen.reduce((a, b) => ((b?.view ?? 0) > (a?.view ?? 0) ? b : a))?.primary ?? 1;
  } finally {
    client.close();
  }
};

const timeLimit = 60_000 + rounds * 15_000;

describe("a cluster of processes", () => {
  it(
    `keeps its word through ${rounds} rounds of SIGKILL`,
    async () => {
      const cluster = await created(3);
      const workload = await loaded(cluster, "kill");
      for (let round = 0; round < rounds; round++) {
        // Every tenth round all three at once; else one or two, which is more than a group of three survives without a pause.
        const victims = round % 10 === 9 ? [1, 2, 3] : round % 3 === 2 ? [1 + (round % 3), 1 + ((round + 1) % 3)] : [1 + ((round * 7) % 3)];
        await Promise.all(victims.map((r) => cluster.kill(r)));
        await pause(round % 4 === 0 ? 800 : 50);
        cluster.startAll();
        await progress(workload, 30, 30_000);
      }
      await checked(cluster, workload);
    },
    timeLimit,
  );

  it(
    `keeps its word through ${rounds} power cuts, in which what was not synced is lost`,
    async () => {
      const cluster = await created(3, (config) => ({ ...config, unsyncedLost: true, checkpointEveryOps: 50, retainedOps: 100 }));
      const workload = await loaded(cluster, "power");
      for (let round = 0; round < rounds; round++) {
        // All at once, or a majority: then no other has what was lost.
        const victims = round % 2 === 0 ? [1, 2, 3] : [1 + (round % 3), 1 + ((round + 1) % 3)];
        await Promise.all(victims.map((r) => cluster.kill(r)));
        cluster.startAll();
        await progress(workload, 30, 30_000);
      }
      await checked(cluster, workload);
    },
    timeLimit,
  );

  it("takes writes again within 3 s after its primary was killed", { timeout: 120_000 }, async () => {
    const cluster = await created(3);
    cluster.startAll();
    const client = await cluster.client(30_000);
    await client.put("a", Buffer.from("1"));
    const pauses: number[] = [];
    for (let round = 0; round < 5; round++) {
      const primary = await leader(cluster);
      await cluster.kill(primary);
      const begun = performance.now();
      await client.put("a", Buffer.from(`${round}`));
      pauses.push(Math.round(performance.now() - begun));
      cluster.startAll();
      await pause(2_000);
    }
    process.stderr.write(`writes paused for ${pauses.join(", ")} ms\n`);
    expect(Math.max(...pauses)).toBeLessThan(3_000);
    client.close();
  });

  it(
    `keeps its word through ${rounds} rounds of partitions, delays and cut connections`,
    async () => {
      const cluster = await created(3);
      const links = await linked(cluster);
      const workload = await loaded(cluster, "partition");
      for (let round = 0; round < rounds; round++) {
        const primary = await leader(cluster);
        if (round % 5 === 0) {
          // The other two go on without the primary.
          links.isolate(primary);
          await progress(workload, 30, 30_000);
        } else if (round % 5 === 1) {
          // It is heard, and hears nothing.
          links.partition((_, to) => to === primary);
          await pause(1_500);
        } else if (round % 5 === 2) {
          links.delay(120);
          await pause(1_500);
        } else if (round % 5 === 3) {
          for (let i = 0; i < 10; i++) {
            links.cut();
            await pause(60);
          }
        } else {
          // Nobody has a majority, for long enough that connections are given up; and one is killed meanwhile.
          links.partition(() => true);
          await cluster.kill(primary);
          await pause(4_000);
          cluster.startAll();
        }
        links.heal();
        await progress(workload, 30, 30_000);
      }
      await checked(cluster, workload);
    },
    timeLimit,
  );

  it(
    `keeps its word on a network that loses, repeats and reorders messages, through ${rounds} rounds of SIGKILL`,
    async () => {
      const faults = { loss: 0.03, duplication: 0.1, delay: 0.2, longestDelayMs: 40 };
      const cluster = await created(3, (config) => ({ ...config, faults }));
      const workload = await loaded(cluster, "faults");
      for (let round = 0; round < rounds; round++) {
        await cluster.kill(1 + (round % 3));
        await pause(100);
        cluster.startAll();
        await progress(workload, 30, 30_000);
      }
      await checked(cluster, workload);
    },
    timeLimit,
  );
});

describe("a replica that lags beyond the log", () => {
  const lagging = async (): Promise<{ readonly cluster: ClusterProcesses; readonly values: ReadonlyMap<string, string> }> => {
    const cluster = await created(3, (config) => ({ ...config, checkpointEveryOps: 10, retainedOps: 10 }));
    cluster.startAll();
    const client = await cluster.client(30_000);
    await client.put("before", Buffer.from("it stopped"));
    await cluster.end(3, "SIGTERM");
    const values = new Map([["before", "it stopped"]]);
    for (let i = 0; i < 120; i++) {
      values.set(`key-${i}`, `${i} `.repeat(4_000));
      await client.put(`key-${i}`, Buffer.from(values.get(`key-${i}`) ?? ""));
    }
    client.close();
    await forget(cluster);
    return { cluster, values };
  };

  /** The others start again, so that nothing waits in them for replica 3. */
  const forget = async (cluster: ClusterProcesses): Promise<void> => {
    await Promise.all([1, 2].map((r) => cluster.end(r, "SIGTERM")));
    for (const r of [1, 2]) cluster.start(r);
    const client = await cluster.client(30_000);
    await client.get("before");
    client.close();
  };

  const caughtUp = async (cluster: ClusterProcesses): Promise<void> => {
    const client = await cluster.client();
    const end = performance.now() + 60_000;
    try {
      for (;;) {
        const [primary, behind] = await Promise.all([client.status(), client.status(3).catch(() => undefined)]);
        if (behind !== undefined && behind.executed >= primary.commitNumber) {
          expect(behind.counters["snapshotsRestored"]).toBeGreaterThanOrEqual(1);
          return;
        }
        if (performance.now() > end) throw new Error(`replica 3 does not catch up: ${JSON.stringify(behind)}`);
        await pause(20);
      }
    } finally {
      client.close();
    }
  };

  /** Views go on until replica 3 leads; what it then says is its own. */
  const readFrom3 = async (cluster: ClusterProcesses, values: ReadonlyMap<string, string>): Promise<void> => {
    for (let primary = await leader(cluster); primary !== 3; primary = await leader(cluster)) {
      await cluster.kill(primary);
      const client = await cluster.client(30_000);
      await client.put("after", Buffer.from("a change of view"));
      client.close();
      cluster.startAll();
      await pause(1_500);
    }
    const client = await cluster.client();
    for (const [key, value] of values) expect(Buffer.from((await client.get(key)) ?? []).toString()).toBe(value);
    client.close();
  };

  it("restores a snapshot and catches up", { timeout: 180_000 }, async () => {
    const { cluster, values } = await lagging();
    cluster.start(3);
    await caughtUp(cluster);
    await readFrom3(cluster, values);
  });

  it("does so when it is killed again and again during the restore", { timeout: 300_000 }, async () => {
    const { cluster, values } = await lagging();
    const begun = async () => (await cluster.log(3)).filter((line) => line.includes('"restoring"')).length;
    let cutShort = 0;
    for (let attempt = 0; attempt < rounds; attempt++) {
      const before = await begun();
      cluster.start(3);
      const end = performance.now() + 15_000;
      while ((await begun()) === before && performance.now() < end) await pause(2);
      await pause(attempt * 7);
      const client = await cluster.client();
      const restored = (await client.status(3).catch(() => undefined))?.counters["snapshotsRestored"] ?? 0;
      client.close();
      const isBegun = (await begun()) > before;
      await cluster.kill(3);
      // It was done before the process could be asked, or even before the one that was killed last.
      if (restored > 0 || !isBegun) break;
      cutShort++;
    }
    expect(cutShort).toBeGreaterThan(0);
    // What it lacks may be in the log by now; more is written, so that it is not.
    const client = await cluster.client(30_000);
    for (let i = 0; i < 60; i++) await client.put(`later-${i}`, Buffer.from("x"));
    client.close();
    await forget(cluster);
    cluster.start(3);
    await caughtUp(cluster);
    await readFrom3(cluster, values);
  });
});

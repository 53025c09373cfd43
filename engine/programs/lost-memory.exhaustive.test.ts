/**
 * Real processes that have lost what they had promised: emptied, half emptied, older and cut-off directories. None takes part;
 * each says why, and ends; `engine repair` brings it back, and nothing that was acknowledged is lost.
 */
import { execFile } from "node:child_process";
import { cp, readFile, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ClusterProcesses } from "../testing/cluster-processes.ts";
import { replicaConfigFile } from "./cluster-directory.ts";

const program = fileURLToPath(new URL("engine.js", import.meta.url));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const timeout = { timeout: 120_000 };

let cluster: ClusterProcesses;
let written: string[];
beforeEach(async () => {
  written = [];
  cluster = await ClusterProcesses.create(3, (config) => ({ ...config, checkpointEveryOps: 20, retainedOps: 20 }));
});
afterEach(() => cluster.remove());

/** Acknowledged writes. */
const write = async (count: number): Promise<void> => {
  const client = await cluster.client(30_000);
  for (let i = 0; i < count; i++) {
    const key = `key-${written.length}`;
    await client.put(key, Buffer.from(`value of ${key}`));
    written.push(key);
  }
  client.close();
};
const nothingIsLost = async (): Promise<void> => {
  const client = await cluster.client(30_000);
  for (const key of written) expect(Buffer.from((await client.get(key)) ?? []).toString()).toBe(`value of ${key}`);
  client.close();
};
const started = async (count: number): Promise<void> => {
  cluster.startAll();
  await write(count);
};
const primary = async (): Promise<number> => {
  const client = await cluster.client(30_000);
  await client.get("nothing");
  const leading = await Promise.all(cluster.replicas.map((r) => client.status(r).catch(() => undefined)));
  client.close();
  const newest = leading.filter((s) => s !== undefined).sort((a, b) => b.view - a.view)[0];
  return newest?.primary ?? 0;
};
const executedBy = async (replica: number, opNumber: number): Promise<void> => {
  const client = await cluster.client();
  const end = performance.now() + 30_000;
  while (((await client.status(replica).catch(() => undefined))?.executed ?? 0) < opNumber) {
    if (performance.now() > end) throw new Error(`replica ${replica} has not executed op ${opNumber}`);
    await pause(50);
  }
  client.close();
};
const executed = async (replica: number): Promise<number> => {
  const client = await cluster.client(30_000);
  const { commitNumber } = await client.status(replica);
  client.close();
  return commitNumber;
};
/** The replica is started and ends by itself, once, with this in its log. */
const endsWith = async (replica: number, why: RegExp): Promise<void> => {
  const before = (await cluster.log(replica)).length;
  cluster.start(replica);
  expect(await cluster.ended(replica, 20_000)).toBe(1);
  expect((await cluster.log(replica)).slice(before - 1).join("\n")).toMatch(why);
};
const engine = (...args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...args], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, output: stdout + stderr }),
    );
  });
const repaired = async (replica: number): Promise<void> => {
  const { code, output } = await engine("repair", "--dir", cluster.directory, "--replica", String(replica));
  expect(output).toMatch(/takes its data from the others when it is started/);
  expect(code).toBe(0);
  cluster.start(replica);
};
/** The repaired replica and one other are a majority that has everything. */
const isWorth = async (replica: number, other: number): Promise<void> => {
  await executedBy(replica, await executed(other));
  for (const r of cluster.replicas) if (r !== replica && r !== other) await cluster.kill(r);
  await nothingIsLost();
  await write(5);
  await nothingIsLost();
};

describe("a replica without its memory does not take part, and says so", () => {
  it("when it led, and its directory is empty", timeout, async () => {
    await started(50);
    const leader = await primary();
    await cluster.kill(leader);
    await rm(cluster.dataOf(leader), { recursive: true });
    await endsWith(leader, /has no data of replica \d of the cluster \S+ If that was lost, bring the replica back with "engine repair"/);
    // Nothing was written: it says the same again.
    await expect(stat(cluster.dataOf(leader))).rejects.toThrow("ENOENT");
    await write(5);
    await nothingIsLost();
  });

  it("when it was made anew with `engine init`, as if its cluster were new", timeout, async () => {
    await started(20);
    const leader = await primary();
    await cluster.kill(leader);
    await rm(cluster.dataOf(leader), { recursive: true });
    expect((await engine("init", "--config", replicaConfigFile(cluster.directory, leader))).code).toBe(0);
    await endsWith(
      leader,
      /"event":"amnesia".*knows replica \d in incarnation 1, view \d+ .*, and this is in incarnation 1, .*, of another process/,
    );
    await nothingIsLost();
  });

  it("when one is emptied, one lags and one is dead: no write is gone, and the second says what it waits for", timeout, async () => {
    await started(5);
    await cluster.kill(3);
    await write(20);
    await cluster.kill(1);
    await cluster.kill(2);
    await rm(cluster.dataOf(2), { recursive: true });
    await endsWith(2, /has no data of replica 2/);
    cluster.start(3);
    const end = performance.now() + 20_000;
    while (!(await cluster.log(3)).join("\n").includes('"event":"waiting"')) {
      if (performance.now() > end) throw new Error("replica 3 does not say what it waits for");
      await pause(100);
    }
    expect((await cluster.log(3)).join("\n")).toMatch(/"waitsFor":"the change to view \d+: [^"]*replica 1[^"]*"/);
    cluster.start(1);
    await nothingIsLost();
  });

  it("when its log and store are deleted, and only its marker is there", timeout, async () => {
    await started(20);
    await cluster.kill(2);
    for (const folder of ["log", "store", "snapshots", "log-witness"])
      await rm(join(cluster.dataOf(2), folder), { recursive: true, force: true });
    await endsWith(2, /replica 2 has taken part in its group, but its log is not there/);
    await nothingIsLost();
  });

  it("on an older copy of its directory", timeout, async () => {
    await started(5);
    await cluster.end(2, "SIGTERM");
    const copy = `${cluster.dataOf(2)}-copy`;
    await cp(cluster.dataOf(2), copy, { recursive: true });
    cluster.start(2);
    await write(20);
    await executedBy(2, 25);
    await cluster.kill(2);
    await rm(cluster.dataOf(2), { recursive: true });
    await cp(copy, cluster.dataOf(2), { recursive: true });
    await endsWith(
      2,
      /"event":"amnesia".*knows replica 2 in incarnation 2, view \d+ .*, and this is in incarnation 2, .*, of another process/,
    );
    await nothingIsLost();
  });

  it("on a copy that was taken while it ran", timeout, async () => {
    await started(5);
    const backup = ((await primary()) % 3) + 1;
    await executedBy(backup, 5);
    process.kill(cluster.pid(backup) ?? 0, "SIGSTOP");
    const copy = `${cluster.dataOf(backup)}-copy`;
    await cp(cluster.dataOf(backup), copy, { recursive: true });
    process.kill(cluster.pid(backup) ?? 0, "SIGCONT");
    await write(20);
    await executedBy(backup, 25);
    await cluster.kill(backup);
    await rm(cluster.dataOf(backup), { recursive: true });
    await cp(copy, cluster.dataOf(backup), { recursive: true });
    await endsWith(
      backup,
      /has forgotten ops \d+ to \d+, which it has acknowledged in view \d+|"event":"amnesia".*in incarnation 1, .*, and this is in incarnation 2, /,
    );
    await nothingIsLost();
  });

  it("when the end of its replicated log is cut off", timeout, async () => {
    await started(20);
    await cluster.kill(2);
    const folder = join(cluster.dataOf(2), "log");
    const file = join(
      folder,
      (await readdir(folder))
        .filter((name) => name.endsWith(".log"))
        .sort()
        .at(-1) ?? "none",
    );
    await truncate(file, Math.floor((await stat(file)).size / 2));
    const before = await readFile(file);
    await endsWith(2, /the log has had \d+ synced writes, but only \d+ of them are there: its end is missing/);
    expect(before.length).toBeGreaterThan(0);
    await nothingIsLost();
  });
});

describe("`engine repair` brings a replica back", () => {
  it("that has lost its disk, by a snapshot and the log of the others", timeout, async () => {
    await started(100);
    await cluster.kill(2);
    await rm(cluster.dataOf(2), { recursive: true });
    await write(5);
    await repaired(2);
    await isWorth(2, 3);
    expect((await cluster.log(2)).join("\n")).toContain('"event":"rejoined"');
  });

  it("that led, and of a log that needs no snapshot", timeout, async () => {
    await started(10);
    const leader = await primary();
    await cluster.kill(leader);
    await rm(cluster.dataOf(leader), { recursive: true });
    await repaired(leader);
    await isWorth(leader, (leader % 3) + 1);
  });

  it("only when all others are there; until then it says whom it waits for", timeout, async () => {
    await started(10);
    await cluster.kill(2);
    await cluster.kill(3);
    await repaired(3);
    const end = performance.now() + 20_000;
    while (!(await cluster.log(3)).join("\n").includes("to rejoin: for an answer of replica 2")) {
      if (performance.now() > end) throw new Error("replica 3 does not say what it waits for");
      await pause(100);
    }
    cluster.start(2);
    await isWorth(3, 1);
  });

  it("twice, and its life before the first one is refused", timeout, async () => {
    await started(10);
    await cluster.end(2, "SIGTERM");
    const copy = `${cluster.dataOf(2)}-copy`;
    await cp(cluster.dataOf(2), copy, { recursive: true });
    await repaired(2);
    await executedBy(2, await executed(1));
    await cluster.kill(2);
    await repaired(2);
    await executedBy(2, await executed(1));
    await cluster.kill(2);
    await rm(cluster.dataOf(2), { recursive: true });
    await cp(copy, cluster.dataOf(2), { recursive: true });
    await endsWith(2, /"event":"amnesia"/);
    await nothingIsLost();
  });

  it("that runs: not at all", timeout, async () => {
    await started(1);
    const { code, output } = await engine("repair", "--dir", cluster.directory, "--replica", "2");
    expect([code, output]).toEqual([1, expect.stringMatching(/is in use by process \d+/)]);
    await writeFile(join(cluster.directory, "note"), "");
    await nothingIsLost();
  });
});

/**
 * Real processes on a real file system that fills, gradually or at once: a tmpfs, as the whole data directory of a replica or as one
 * folder of it. The replica ends and says what to do, the group goes on, and with room again it comes back. Only root may mount: elsewhere
 * these tests are skipped and say so, and what fails is tested on the controlled disk alone (`engine/node/failing-parts.test.ts`).
 */
import { spawnSync } from "node:child_process";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Client } from "../client/client.ts";
import { ClusterProcesses } from "../testing/cluster-processes.ts";
import { createDataDirectory } from "./data-directory.ts";

let cluster: ClusterProcesses;
let mountedAt: string | undefined;
afterEach(async () => {
  await Promise.all(cluster.replicas.map((r) => cluster.kill(r)));
  if (mountedAt !== undefined) spawnSync("umount", [mountedAt]);
  mountedAt = undefined;
  await cluster.remove();
});

const mount = (directory: string, options: string): boolean =>
  spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory], { stdio: "ignore" }).status === 0;

/** A cluster of which this replica has a small disk, as a whole or for one folder. False where nothing may be mounted. */
const startedWithSmallDisk = async (replica: number, folder: string, size: string): Promise<boolean> => {
  cluster = await ClusterProcesses.create(3, (config) => ({
    ...{ ...config, durability: "strict", checkpointEveryOps: 20, retainedOps: 20, journal: true },
  }));
  const directory = join(cluster.dataOf(replica), folder);
  await mkdir(directory, { recursive: true });
  if (!mount(directory, `size=${size}`)) {
    process.stderr.write(`full-disk: skipped, ${directory} cannot be mounted\n`);
    return false;
  }
  mountedAt = directory;
  // The mount hides the marker that creating the cluster has written.
  if (folder === "") await createDataDirectory(directory, { cluster: (await cluster.config(replica)).cluster, replica });
  cluster.startAll();
  return true;
};

/** What was acknowledged. */
const written = new Map<string, string>();
const write = async (client: Client, key: string, value: string): Promise<void> => {
  await client.put(key, Buffer.from(value));
  written.set(key, value);
};
const nothingIsLost = async (client: Client): Promise<void> => {
  for (const [key, value] of written) expect(Buffer.from((await client.get(key)) ?? []).toString().length, key).toBe(value.length);
};

/** Takes all that is left of the disk. */
const filler = async (directory: string): Promise<string> => {
  const file = join(directory, "filler");
  const handle = await open(file, "w");
  try {
    for (let bytes = 2 ** 20; bytes >= 1;)
      bytes = await handle.write(Buffer.alloc(bytes)).then(
        ({ bytesWritten }) => bytesWritten,
        () => bytes >> 1,
      );
  } finally {
    await handle.close();
  }
  return file;
};

const endsAndComesBack = async (replica: number, client: Client, makeRoom: () => Promise<void>): Promise<void> => {
  expect(await cluster.ended(replica, 10_000)).toBe(1);
  expect((await cluster.log(replica)).join("\n")).toMatch(/"event":"failed".*(ENOSPC|[Nn]o space left).*make room on it/);
  await write(client, "while it is down", "x");
  await makeRoom();
  cluster.start(replica);
  const { commitNumber } = await client.status();
  const end = performance.now() + 30_000;
  while (((await client.status(replica).catch(() => undefined))?.executed ?? 0) < commitNumber) {
    if (performance.now() > end) throw new Error(`replica ${replica} has not executed op ${commitNumber}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await nothingIsLost(client);
};

describe.each([
  ["the primary", 1],
  ["a backup", 2],
])("the disk of %s", (_who, replica) => {
  it("fills gradually", { timeout: 120_000 }, async (context) => {
    written.clear();
    if (!(await startedWithSmallDisk(replica, "", "12m"))) return context.skip("nothing may be mounted");
    const client = await cluster.client(30_000);
    for (let i = 0; cluster.isRunning(replica) && i < 100; i++) await write(client, `large-${i}`, `${i}`.repeat(100_000));
    await endsAndComesBack(replica, client, () => Promise.resolve(void mount(cluster.dataOf(replica), "remount,size=400m")));
    client.close();
  });

  it.for(["log", "store", "journal"])("has no room any more in %s/", { timeout: 120_000 }, async (folder, context) => {
    written.clear();
    if (!(await startedWithSmallDisk(replica, folder, "30m"))) return context.skip("nothing may be mounted");
    const client = await cluster.client(30_000);
    for (let i = 0; i < 30; i++) await write(client, `key-${i}`, "before");
    const file = await filler(join(cluster.dataOf(replica), folder));
    for (let i = 0; cluster.isRunning(replica) && i < 1_000; i++) await write(client, `key-${i % 50}`, "more and more of it");
    await endsAndComesBack(replica, client, () => rm(file));
    client.close();
  });
});

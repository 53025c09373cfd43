/**
 * What can go wrong around real processes: each time a clear error, an exit code or a refusal, and nothing that was
 * acknowledged is lost.
 */
import { execFile } from "node:child_process";
import { cp, readFile, readdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { publicKeyOf } from "../batch-store/proof.ts";
import { ClusterProcesses } from "../testing/cluster-processes.ts";

const program = fileURLToPath(new URL("engine.js", import.meta.url));
const bytes = (text: string): Uint8Array => Buffer.from(text);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let cluster: ClusterProcesses;
beforeEach(async () => {
  cluster = await ClusterProcesses.create(3, (config) => ({ ...config, durability: "strict", checkpointEveryOps: 20, retainedOps: 20 }));
});
afterEach(() => cluster.remove());

const keys = Array.from({ length: 50 }, (_, i) => `key-${i}`);
/** 50 acknowledged writes. */
const filled = async (): Promise<void> => {
  cluster.startAll();
  const client = await cluster.client(30_000);
  for (const key of keys) await client.put(key, bytes(`value of ${key}`));
  client.close();
};
const nothingIsLost = async (): Promise<void> => {
  const client = await cluster.client(30_000);
  for (const key of keys) expect(Buffer.from((await client.get(key)) ?? []).toString()).toBe(`value of ${key}`);
  client.close();
};
const stopAll = async (): Promise<void> => {
  await Promise.all(cluster.replicas.map((r) => cluster.end(r, "SIGTERM")));
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
/** The replica cannot start, and says why. It did not loop: it ended, once. */
const refusesToStart = async (replica: number, why: RegExp): Promise<void> => {
  const before = (await cluster.log(replica)).length;
  cluster.start(replica);
  expect(await cluster.ended(replica, 20_000)).toBe(1);
  const said = (await cluster.log(replica)).slice(before - 1).filter((line) => line.startsWith(`replica ${replica} cannot start: `));
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(why);
};
/** Flips the bits of one byte. */
const damage = async (file: string, at: (length: number) => number): Promise<void> => {
  const content = await readFile(file);
  const place = at(content.length);
  content.writeUInt8(content.readUInt8(place) ^ 0xff, place);
  await writeFile(file, content);
};
const storeFile = async (replica: number, pattern: RegExp): Promise<string> => {
  const folder = join(cluster.dataOf(replica), "store");
  const found = (await readdir(folder)).filter((name) => pattern.test(name)).sort();
  return join(folder, found.at(-1) ?? "none");
};
const engine = (...args: readonly string[]): Promise<{ readonly code: number | null; readonly stderr: string; readonly ms: number }> =>
  new Promise((resolve) => {
    const began = performance.now();
    const child = execFile(process.execPath, [program, ...args], (_error, _stdout, stderr) =>
      resolve({ code: child.exitCode, stderr, ms: performance.now() - began }),
    );
  });

describe("a replica that cannot start says why, and ends", () => {
  it("on a directory that another process uses", { timeout: 120_000 }, async () => {
    await filled();
    const config = join(cluster.directory, "replica-2", "config.json");
    const { code, stderr } = await engine("serve", "--config", config);
    expect(code).toBe(1);
    expect(stderr).toMatch(/data is in use by process \d+ .*; stop that process, or choose another directory/);
    await nothingIsLost();
  });

  it("with the data of another replica, or of another cluster", { timeout: 120_000 }, async () => {
    await filled();
    await stopAll();
    await cluster.configure(2, (config) => ({ ...config, directory: join("..", "replica-3", "data") }));
    await refusesToStart(2, /has the data of replica 3 of the cluster cluster-\w+; this is replica 2 of the cluster/);
    await cluster.configure(2, (config) => ({ ...config, directory: "data" }));
    const other = await ClusterProcesses.create(3);
    try {
      await cp(cluster.dataOf(1), other.dataOf(1), { recursive: true });
      other.start(1);
      expect(await other.ended(1, 20_000)).toBe(1);
      expect((await other.log(1)).join("\n")).toMatch(/has the data of replica 1 of the cluster \S+; this is replica 1 of the cluster/);
    } finally {
      await other.remove();
    }
    cluster.startAll();
    await nothingIsLost();
  });

  it("when its port is in use", { timeout: 120_000 }, async () => {
    await filled();
    await cluster.end(2, "SIGTERM");
    const { replicas } = await cluster.config(1);
    await cluster.configure(2, (config) => ({
      ...config,
      replicas: config.replicas.map((r) => (r.replica === 2 ? { ...r, clientAddress: replicas[0]?.clientAddress ?? r.clientAddress } : r)),
    }));
    await refusesToStart(2, /EADDRINUSE.*address already in use 127\.0\.0\.1:\d+/);
    await nothingIsLost();
  });

  it("with a log that is damaged in its middle", { timeout: 120_000 }, async () => {
    await filled();
    await stopAll();
    const file = await storeFile(2, /^wal-/);
    await damage(file, (length) => Math.floor(length / 2));
    await refusesToStart(2, /wal-\d+\.log.*byte \d+/);
    // Asked again, it says the same, and the file is as it was: nothing was cut off.
    await refusesToStart(2, /wal-\d+\.log.*byte \d+/);
    // The other two go on without it.
    cluster.start(1);
    cluster.start(3);
    await nothingIsLost();
  });
});

describe("a replica goes on", () => {
  it("with a log whose tail is damaged: it executes again what was cut off", { timeout: 120_000 }, async () => {
    await filled();
    await executedBy(2, 50);
    await stopAll();
    await damage(await storeFile(2, /^wal-/), (length) => length - 3);
    cluster.startAll();
    await nothingIsLost();
    await executedBy(2, 50);
    expect((await cluster.log(2)).join("\n")).toContain("torn tail cut off");
  });

  it("with a checkpoint that is damaged: the one before it, and the log, are enough", { timeout: 120_000 }, async () => {
    await filled();
    await executedBy(2, 50);
    await stopAll();
    await damage(await storeFile(2, /^checkpoint-/), (length) => Math.floor(length / 2));
    cluster.startAll();
    await nothingIsLost();
    await executedBy(2, 50);
    expect((await cluster.log(2)).join("\n")).toContain("checkpoint not usable");
  });

  it("without a peer that has another key: it is refused, and never counted", { timeout: 120_000 }, async () => {
    const key = join(cluster.directory, "another.key");
    await writeFile(key, `${Buffer.alloc(32, 7).toString("base64url")}\n`);
    // Whoever has the configuration of replica 3, and a token of a client, does not have its key.
    const publicKey = publicKeyOf(Buffer.alloc(32, 7).toString("base64url"));
    await cluster.configure(3, (config) => ({
      ...config,
      privateKeyFile: key,
      replicas: config.replicas.map((r) => (r.replica === 3 ? { ...r, publicKey } : r)),
    }));
    await filled();
    await nothingIsLost();
    const client = await cluster.client();
    expect((await client.status(1)).counters["refused"]).toBeGreaterThan(0);
    client.close();
    expect((await cluster.log(1)).join("\n")).toMatch(/"peer":3.*key|key.*"peer":3|refused/);
  });

  it("when both its ports are fed garbage while it serves", { timeout: 120_000 }, async () => {
    await filled();
    const { address, clientAddress } = (await cluster.config(1)).replicas[0] ?? {};
    const client = await cluster.client(30_000);
    const before = await client.status(1);
    const random = Buffer.from(Array.from({ length: 4_096 }, (_, i) => (i * 7919) % 251));
    const oversized = Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0xff]), Buffer.alloc(1 << 20)]);
    const requests = [
      "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4294967296\r\n\r\n",
      "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
      `GET /${"a".repeat(100_000)} HTTP/1.1\r\n\r\n`,
    ].map((text) => Buffer.from(text));
    for (let round = 0; round < 40; round++)
      for (const target of [address, clientAddress])
        for (const content of [random, oversized, Buffer.alloc(1), ...requests]) {
          const socket = await fed(target, content);
          // Some hang on, without a word more.
          if (round % 4 !== 0) socket.destroy();
        }
    await nothingIsLost();
    const after = await client.status(1);
    expect(after.view).toBe(before.view);
    expect((after.counters["memoryBytes"] ?? 0) - (before.counters["memoryBytes"] ?? 0)).toBeLessThan(100 * 2 ** 20);
    client.close();
  });
});

const fed = (target: { readonly host: string; readonly port: number } | undefined, content: Uint8Array): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = connect(target ?? { host: "127.0.0.1", port: 0 });
    const done = (): void => resolve(socket);
    // It may be reset at any time; that is what is asked for.
    socket.on("error", done).on("connect", () => socket.write(content, done));
  });

describe("a client", () => {
  it("of a cluster that is down gives up at its deadline, and says so", { timeout: 60_000 }, async () => {
    const { code, stderr, ms } = await engine("client", "--dir", cluster.directory, "--deadline", "700", "put", "a", "1");
    expect(code).toBe(1);
    expect(stderr).toMatch(/no replica has done it within 700 ms; the last said: connect ECONNREFUSED/);
    expect(ms).toBeLessThan(10_000);
  });

  it("of a directory without a cluster is told how to make one", { timeout: 60_000 }, async () => {
    const { code, stderr } = await engine("client", "--dir", join(cluster.directory, "nowhere"), "get", "a");
    expect(code).toBe(1);
    expect(stderr).toMatch(/client.json cannot be read: start a cluster there with "engine cluster --dir/);
  });
});

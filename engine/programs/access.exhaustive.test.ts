/** Who may do what with a cluster of real processes: tokens, certificates, files, and connections that only take up room. */
import { lstat, readFile, readdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { openClient } from "../client/open.ts";
import type { ReplicaConfig } from "../node/config.ts";
import { ClusterProcesses } from "../testing/cluster-processes.ts";
import { addToken, readTokens } from "../wiring/production/client-tokens.ts";
import { clientConfigFile } from "./cluster-directory.ts";

const timeout = { timeout: 120_000 };
const text = (value: Uint8Array | undefined): string => Buffer.from(value ?? []).toString();
const bytes = (text: string): Uint8Array => Buffer.from(text);
let cluster: ClusterProcesses;
const started = async (change?: (config: ReplicaConfig) => ReplicaConfig): Promise<void> => {
  cluster = await ClusterProcesses.create(3, change);
  cluster.startAll();
};
afterEach(() => cluster.remove());
const filesBelow = async (directory: string): Promise<readonly string[]> => {
  const entries = await readdir(directory, { withFileTypes: true });
  const below = await Promise.all(entries.filter((e) => e.isDirectory()).map((e) => filesBelow(join(directory, e.name))));
  return [...entries.map((e) => join(directory, e.name)), ...below.flat()];
};

it("files and folders below the directory of a cluster are its owner's alone", timeout, async () => {
  await started((config) => ({ ...config, durability: "strict", checkpointEveryOps: 10, journal: true }));
  const client = await cluster.client(30_000);
  for (let i = 0; i < 30; i++) await client.put(`key-${i}`, bytes("value"));
  client.close();
  const all = await filesBelow(cluster.dataOf(1));
  expect(all.length).toBeGreaterThan(10);
  for (const file of all) {
    // LevelDB renames and deletes files while it runs.
    const mode = await lstat(file).then(
      (found) => found.mode & 0o077,
      () => 0,
    );
    expect(mode, file).toBe(0);
  }
});

it("a token for reading reads, and tokens are replaced without a stop", timeout, async () => {
  await started();
  const writer = await cluster.client(30_000);
  await writer.put("a", bytes("1"));
  const reader = await openClient(cluster.directory, { deadlineMs: 5_000, tokenFile: "reader.token" });
  expect(text(await reader.get("a"))).toBe("1");
  await expect(reader.put("a", bytes("2"))).rejects.toThrow(/the token only allows to read/);
  const tokens = join(cluster.directory, "tokens.json");
  const before = readTokens(tokens);
  const other = addToken(tokens, "write", "other");
  await writeFile(tokens, JSON.stringify(readTokens(tokens).filter(({ sha256 }) => !before.some((row) => row.sha256 === sha256))));
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await expect(writer.put("a", bytes("3"))).rejects.toThrow(/the token is not one of this cluster/);
  await writeFile(join(cluster.directory, "other.token"), other);
  const next = await openClient(cluster.directory, { tokenFile: "other.token" });
  await next.put("a", bytes("4"));
  for (const client of [writer, reader, next]) client.close();
});

it("with certificates, replicas and clients speak TLS", timeout, async () => {
  const file = (name: string): string => fileURLToPath(new URL(`../wiring/production/fixtures/tls/${name}.pem`, import.meta.url));
  const tls = { certificateFile: file("certificate"), keyFile: file("key"), authorityFile: file("authority") };
  await started((config) => ({ ...config, tls }));
  const plain = await cluster.client(2_000);
  await expect(plain.put("a", bytes("1"))).rejects.toThrow();
  plain.close();
  const client = clientConfigFile(cluster.directory);
  // JSON.parse gives any; what comes of it is validated when the client reads it.
  const known = JSON.parse(await readFile(client, "utf8")) as object;
  await writeFile(client, JSON.stringify({ ...known, authorityFile: tls.authorityFile }));
  const trusting = await cluster.client(30_000);
  await trusting.put("a", bytes("1"));
  expect(text(await trusting.get("a"))).toBe("1");
  expect((await trusting.status(1)).counters["connectedReplicas"]).toBe(2);
  trusting.close();
});

it("without certificates, an address that others can reach is warned of", timeout, async () => {
  await started((config) => ({
    ...config,
    replicas: config.replicas.map((r) =>
      r.replica === config.replica ? { ...r, clientAddress: { ...r.clientAddress, host: "0.0.0.0" } } : r,
    ),
  }));
  const client = await cluster.client(30_000);
  await client.put("a", bytes("1"));
  client.close();
  expect((await cluster.log(1)).join("\n")).toMatch(/"event":"withoutTls","replica":1,"addresses":\["0.0.0.0"\]/);
});

it("2,000 idle connections to each port lock nobody out, neither clients nor a replica that comes back", timeout, async () => {
  await started();
  const client = await cluster.client(30_000);
  await client.put("a", bytes("1"));
  const sockets: Socket[] = [];
  const { replicas } = await cluster.config(1);
  const crowd = async (): Promise<void> => {
    for (const { address, clientAddress } of replicas)
      for (const target of [address, clientAddress])
        for (let i = 0; i < 2_000; i += 1) {
          sockets.push(connect(target.port, target.host).on("error", () => undefined));
          if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        }
  };
  try {
    await crowd();
    const another = await cluster.client(10_000);
    await another.put("b", bytes("2"));
    await cluster.kill(2);
    cluster.start(2);
    await another.put("c", bytes("3"));
    const end = performance.now() + 20_000;
    while (((await another.status(2).catch(() => undefined))?.executed ?? 0) < 3) {
      if (performance.now() > end) throw new Error("replica 2 has not come back");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    another.close();
  } finally {
    for (const socket of sockets) socket.destroy();
    client.close();
  }
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseReplicaConfig } from "../node/config.ts";
import { openClusterDirectory, readClientConfig, replicaConfigFile } from "./cluster-directory.ts";
import { createDataDirectory, ownerOf, prepareRejoin } from "./data-directory.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lockstep-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));
const options = { replicas: 3, durability: "batched", journal: false } as const;

describe("the directory of a cluster", () => {
  it("is made once, with keys that only its owner reads", async () => {
    const made = await openClusterDirectory(join(directory, "a", "b"), options);
    expect(await openClusterDirectory(join(directory, "a", "b"), { ...options, replicas: 5 })).toEqual(made);
    const file = replicaConfigFile(join(directory, "a", "b"), 2);
    expect(parseReplicaConfig(await readFile(file, "utf8"), file)).toMatchObject({ replica: 2, cluster: made.cluster });
    for (const secret of ["client.token", "reader.token", "tokens.json", "replica-1/private.key"])
      expect((await stat(join(directory, "a", "b", secret))).mode & 0o777).toBe(0o600);
    const ports = made.replicas.flatMap((r) => [r.address.port, r.clientAddress.port]);
    expect(new Set(ports).size).toBe(6);
    // No system gives these to outgoing connections.
    expect(Math.max(...ports)).toBeLessThan(32_768);
    expect(await readdir(join(directory, "a"))).toEqual(["b"]);
  });

  it("may be there and empty, and has nothing else in it", async () => {
    await openClusterDirectory(directory, { ...options, replicas: 1 });
    const other = await mkdtemp(join(tmpdir(), "lockstep-"));
    await writeFile(join(other, "letter.txt"), "dear");
    await expect(openClusterDirectory(other, options)).rejects.toThrow(
      /is not empty, and has no client.json: it is not the directory of a cluster/,
    );
    expect(await readdir(other)).toEqual(["letter.txt"]);
    await rm(other, { recursive: true });
  });

  it("is needed by a client", async () => {
    await expect(readClientConfig(directory)).rejects.toThrow(
      /client.json cannot be read: start a cluster there with "engine cluster --dir /,
    );
    await writeFile(join(directory, "client.json"), "{}");
    await expect(readClientConfig(directory)).rejects.toThrow(/client.json is malformed at cluster/);
  });
});

describe("the data of a replica", () => {
  it("belong to it alone", async () => {
    const owner = { cluster: "one", replica: 1 };
    await expect(ownerOf(directory, owner)).rejects.toThrow(/has no data of replica 1 of the cluster one. If that was lost/);
    expect(await readdir(directory)).toEqual([]);
    await createDataDirectory(directory, owner);
    expect(await ownerOf(directory, owner)).toEqual({ ...owner, state: "new" });
    await expect(createDataDirectory(directory, owner)).rejects.toThrow(/is not empty: a new cluster begins with nothing/);
    await expect(ownerOf(directory, { cluster: "one", replica: 2 })).rejects.toThrow(
      /has the data of replica 1 of the cluster one; this is replica 2 of the cluster one/,
    );
    await expect(ownerOf(directory, { cluster: "two", replica: 1 })).rejects.toThrow(/this is replica 1 of the cluster two/);
    await expect(prepareRejoin(directory, { cluster: "two", replica: 1 })).rejects.toThrow(/this is replica 1 of the cluster two/);
    await writeFile(join(directory, "owner.json"), "");
    await expect(ownerOf(directory, owner)).rejects.toThrow(/owner.json is malformed/);
  });

  it("are moved aside, not deleted, by a repair", async () => {
    const owner = { cluster: "one", replica: 1 };
    await createDataDirectory(directory, owner);
    await mkdir(join(directory, "log"));
    expect(await prepareRejoin(directory, owner)).toBe(join(directory, "lost-1"));
    expect(await readdir(join(directory, "lost-1"))).toEqual(["log"]);
    expect(await ownerOf(directory, owner)).toEqual({ ...owner, state: "rejoining", incarnation: 1 });
  });
});

it("a client whose reader has left ends, and says nothing", { timeout: 30_000 }, async () => {
  await openClusterDirectory(directory, options);
  const program = fileURLToPath(new URL("engine.js", import.meta.url));
  const client = spawn(process.execPath, [program, "client", "--dir", directory], { stdio: "pipe" });
  let said = "";
  client.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  client.stdout.destroy();
  client.stdin.on("error", () => undefined).end("help\nhelp\n");
  expect([await once(client, "close"), said]).toEqual([[0, null], ""]);
});

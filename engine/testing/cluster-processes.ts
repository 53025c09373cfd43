/** A cluster of real processes that a test starts, kills and stops one by one. */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { openSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openClient } from "../client/open.ts";
import type { Client } from "../client/client.ts";
import { parseReplicaConfig } from "../node/config.ts";
import type { ReplicaConfig } from "../node/config.ts";
import { openClusterDirectory, replicaConfigFile } from "../programs/cluster-directory.ts";

const program = fileURLToPath(new URL("../programs/engine.js", import.meta.url));

export class ClusterProcesses {
  readonly directory: string;
  readonly replicas: readonly number[];
  private readonly children = new Map<number, ChildProcess>();

  private constructor(directory: string, replicas: readonly number[]) {
    this.directory = directory;
    this.replicas = replicas;
  }

  /** In a temporary directory. `change` alters the configuration of a replica before it is first started. */
  static async create(replicas: number, change: (config: ReplicaConfig) => ReplicaConfig = (config) => config): Promise<ClusterProcesses> {
    const directory = join(await mkdtemp(join(tmpdir(), "lockstep-")), "cluster");
    await openClusterDirectory(directory, { replicas, durability: "batched", journal: false });
    const numbers = Array.from({ length: replicas }, (_, i) => i + 1);
    const cluster = new ClusterProcesses(directory, numbers);
    for (const replica of numbers) await cluster.configure(replica, change);
    return cluster;
  }

  /** Counts from the replica's next start on. */
  async configure(replica: number, change: (config: ReplicaConfig) => ReplicaConfig): Promise<void> {
    const file = replicaConfigFile(this.directory, replica);
    await writeFile(file, JSON.stringify(change(await this.config(replica))));
  }
  async config(replica: number): Promise<ReplicaConfig> {
    const file = replicaConfigFile(this.directory, replica);
    return parseReplicaConfig(await readFile(file, "utf8"), file);
  }
  /** Where the replica keeps what it has. */
  dataOf(replica: number): string {
    return join(this.directory, `replica-${replica}`, "data");
  }

  /** What the replica has logged, as lines. */
  async log(replica: number): Promise<readonly string[]> {
    return (await readFile(join(this.directory, `replica-${replica}`, "log.ndjson"), "utf8")).split("\n");
  }

  /** The process is started; it listens a little later. */
  start(replica: number): void {
    const log = openSync(join(this.directory, `replica-${replica}`, "log.ndjson"), "a");
    // Not what this process was started with, a loader for tests, say. LOCKSTEP_NODE_OPTIONS=--cpu-prof measures the replicas.
    const execArgv = process.env["LOCKSTEP_NODE_OPTIONS"]?.split(" ") ?? [];
    const args = ["serve", "--config", replicaConfigFile(this.directory, replica)];
    const child = fork(program, args, { execArgv, stdio: ["ignore", log, log, "ipc"] });
    this.children.set(replica, child);
  }
  startAll(): void {
    for (const replica of this.replicas) if (!this.isRunning(replica)) this.start(replica);
  }
  isRunning(replica: number): boolean {
    const child = this.children.get(replica);
    return child?.exitCode === null && child.signalCode === null;
  }
  pid(replica: number): number | undefined {
    return this.children.get(replica)?.pid;
  }

  /** Resolves with the exit code or the signal, when the process is gone. */
  async end(replica: number, signal: NodeJS.Signals): Promise<number | string | null> {
    const child = this.children.get(replica);
    if (child === undefined || !this.isRunning(replica)) return null;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
    return child.exitCode ?? child.signalCode;
  }
  /** Resolves with the exit code when the process has ended by itself; throws when it goes on. */
  async ended(replica: number, withinMs: number): Promise<number | string | null> {
    const end = performance.now() + withinMs;
    while (this.isRunning(replica)) {
      if (performance.now() > end) throw new Error(`replica ${replica} still runs after ${withinMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const child = this.children.get(replica);
    return child?.exitCode ?? child?.signalCode ?? null;
  }
  kill(replica: number): Promise<number | string | null> {
    return this.end(replica, "SIGKILL");
  }

  client(deadlineMs = 10_000): Promise<Client> {
    return openClient(this.directory, { deadlineMs });
  }

  /** Kills what runs, and removes the directory. */
  async remove(): Promise<void> {
    await Promise.all(this.replicas.map((r) => this.kill(r)));
    await rm(join(this.directory, ".."), { recursive: true, force: true });
  }
}

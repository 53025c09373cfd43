/**
 * `engine cluster --dir DIR`: a whole group on this machine, one process for each replica. Standard output has one JSON line for each replica
 * as soon as it listens, then {"ready":true} when a primary takes transactions. SIGTERM and SIGINT stop all gracefully; a
 * replica that ends for another reason is reported, and not started again.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { openClusterDirectory, replicaConfigFile } from "./cluster-directory.ts";
import type { ClusterOptions } from "./cluster-directory.ts";

/** What a replica tells the process that started it. */
export const ReplicaReport = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("listening"), replica: z.number(), pid: z.number(), port: z.number() }),
  z.strictObject({ type: z.literal("serving") }),
]);
export type ReplicaReport = z.infer<typeof ReplicaReport>;

const program = fileURLToPath(new URL("engine.js", import.meta.url));
const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

/** Resolves when all replicas have ended, with the exit code: 0 when all ended as they were told. */
export const runCluster = async (directory: string, options: ClusterOptions): Promise<number> => {
  const { replicas } = await openClusterDirectory(directory, options);
  const children = replicas.map(({ replica }) => startReplica(directory, replica));
  let stopping = false;
  const stop = (): void => {
    stopping = true;
    for (const child of children) child.kill("SIGTERM");
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);

  const listening = Promise.allSettled(children.map((child) => reported(child, "listening")));
  const serving = Promise.race(children.map((child) => reported(child, "serving")));
  const ended = Promise.all(
    children.map(async (child, i) => {
      // Node types the arguments of events as any.
      const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
      const asTold = stopping && code === 0;
      if (!asTold)
        process.stderr.write(`replica ${i + 1} ended with ${signal ?? `exit code ${code}`}; its log is in ${logFile(directory, i + 1)}\n`);
      return asTold;
    }),
  );
  const ready = (async () => {
    for (const outcome of await listening) {
      if (outcome.status === "rejected" || outcome.value.type !== "listening") continue;
      const { replica, pid, port } = outcome.value;
      say({ replica, pid, port });
    }
    await serving;
    say({ ready: true });
  })();
  // A replica that ends before it listens has been reported; the others go on without it.
  ready.catch(() => undefined);
  const all = await ended;
  return all.every((asTold) => asTold) ? 0 : 1;
};

const logFile = (directory: string, replica: number): string => join(directory, `replica-${replica}`, "log.ndjson");

const startReplica = (directory: string, replica: number): ChildProcess => {
  const log = openSync(logFile(directory, replica), "a");
  return fork(program, ["serve", "--config", replicaConfigFile(directory, replica)], { stdio: ["ignore", log, log, "ipc"] });
};

/** The first report of that type; rejects when the replica ends before. */
const reported = (child: ChildProcess, type: ReplicaReport["type"]): Promise<ReplicaReport> =>
  new Promise((resolve, reject) => {
    child.on("message", (message) => {
      const report = ReplicaReport.safeParse(message);
      if (report.success && report.data.type === type) resolve(report.data);
    });
    child.once("exit", () => reject(new Error("the replica ended")));
  });

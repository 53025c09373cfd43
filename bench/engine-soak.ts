/**
 * `npm run soak [-- --minutes N --clients N]`: three replicas under load for so long. Prints the memory of each at intervals, and
 * judges it (`memory-trend.ts`) from when all that is kept for a number of ops is full: a leak of 1 KiB for each operation is not
 * called flat. An error in a log, an unhandled rejection among them, and a replica that ended are failures too. Exit code 1 when
 * something is not as it should be. `--default-windows` keeps as much as a cluster does that is not configured otherwise, which
 * takes minutes to fill; `--leak BYTES` makes the replicas leak so much for each request, to see that it is found.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { ClusterProcesses } from "../engine/testing/cluster-processes.ts";
import { linearizabilityViolation } from "../engine/testing/linearizability.ts";
import { Workload } from "../engine/testing/workload.ts";
import { table } from "../explorer/report/index.ts";
import { memoryTrend } from "./memory-trend.ts";

const { values: given } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    clients: { type: "string", default: "16" },
    leak: { type: "string", default: "0" },
    "default-windows": { type: "boolean", default: false },
  },
});
const [minutes, clients, leak] = [Number(given.minutes), Number(given.clients), Number(given.leak)];
if (!(minutes > 0 && clients >= 1 && leak >= 0))
  throw new RangeError("--minutes and --clients are positive numbers, --leak is a number of bytes");

/** Of each operation that was answered. Half of it is more than noise in ten minutes, and all of it would fill a gibibyte in an hour. */
const leakBytes = 1_024;
/** With these, what a replica keeps for a number of ops is full early. */
const shortWindows = { checkpointEveryOps: 200, retainedOps: 500 };
const samples = 240;
/** A change of view takes a second or so. */
const longestSilenceMs = 5_000;
const mebibyte = 2 ** 20;

interface Sample {
  readonly ms: number;
  readonly answered: number;
  readonly executed: number;
  /** By replica. */
  readonly memory: readonly number[];
}

/** What the process has in memory that is not a page of a file, such as a table of LevelDB's. */
const anonymousBytes = (pid: number | undefined): number => {
  const kibibytes = /RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"))?.[1];
  return Number(z.string().parse(kibibytes)) * 1024;
};

const run = async (cluster: ClusterProcesses): Promise<{ readonly all: readonly Sample[]; readonly faults: string[] }> => {
  cluster.startAll();
  const client = await cluster.client(30_000);
  const workload = new Workload({ client: () => cluster.client(30_000), clients, keys: 1_000, seed: "soak" });
  workload.start();
  const begun = performance.now();
  const all: Sample[] = [];
  const faults: string[] = [];
  for (let i = 1; i <= samples; i++) {
    await new Promise((resolve) => setTimeout(resolve, begun + (i * minutes * 60_000) / samples - performance.now()));
    const ended = cluster.replicas.filter((r) => !cluster.isRunning(r));
    faults.push(...ended.map((r) => `replica ${String(r)} has ended`));
    if (ended.length > 0) break;
    const ms = performance.now() - begun;
    const before = all.findLast((sample) => sample.ms <= ms - longestSilenceMs);
    if (before?.answered === workload.answered)
      faults.push(`nothing was answered for ${String(longestSilenceMs)} ms before sample ${String(i)}`);
    all.push({
      ms,
      answered: workload.answered,
      executed: (await client.status()).executed,
      memory: cluster.replicas.map((r) => anonymousBytes(cluster.pid(r))),
    });
    // The history is for the check of linearizability, and the memory of this process is not what is measured.
    if (i % 40 === 0) process.stderr.write(`${(i * minutes * 60) / samples} s: ${String(workload.answered)} operations\n`);
  }
  client.close();
  await workload.stop();
  faults.push(...workload.faults);
  const violation = linearizabilityViolation(workload.history);
  if (violation !== undefined) faults.push(`the history is not linearizable: ${JSON.stringify(violation)}`);
  for (const replica of cluster.replicas)
    faults.push(
      ...(await cluster.log(replica))
        .filter((line) => line.includes('"level":"error"'))
        .map((line) => `replica ${String(replica)}: ${line}`),
    );
  return { all, faults };
};

if (leak > 0) {
  process.env["LOCKSTEP_SEEDED_LEAK"] = String(leak);
  process.env["LOCKSTEP_NODE_OPTIONS"] = `--import=${new URL("seeded-leak.js", import.meta.url).href}`;
}
const cluster = await ClusterProcesses.create(3, (config) => ({ ...config, ...(given["default-windows"] ? {} : shortWindows) }));
const { checkpointEveryOps, retainedOps } = await cluster.config(1);
/** Payloads are kept for longest (`engine/node/parts.ts`): until their batch has expired, and for as long again, and checkpoints more. */
const opsUntilFull = 2 * retainedOps + 4 * checkpointEveryOps;
const { all, faults } = await run(cluster).finally(() => cluster.remove());

const mb = (bytes: number): string => (bytes / mebibyte).toFixed(1);
const shown = all.filter((_, i) => i % 20 === 19);
const rows = shown.map(({ ms, answered, memory }) => [`${(ms / 1_000).toFixed(0)} s`, String(answered), ...memory.map(mb)]);
process.stdout.write(`${table(["time", "operations", ...cluster.replicas.map((r) => `replica ${String(r)} MiB`)], rows)}\n`);

const judged = all.filter(({ executed }) => executed >= opsUntilFull);
if (judged.length < samples / 2)
  faults.push(`too short to judge the memory: what is kept for ${String(opsUntilFull)} ops was not full for half of the time`);
else
  for (const [i, replica] of cluster.replicas.entries()) {
    const points = judged.map(({ answered, memory }) => ({ operations: answered, bytes: memory[i] ?? NaN }));
    const { verdict, bytesPerOperation, error } = memoryTrend(points, leakBytes);
    if (verdict !== "flat") faults.push(`the memory of replica ${String(replica)}: ${verdict}`);
    const slope = `${bytesPerOperation.toFixed(0)} bytes for each operation, give or take ${error.toFixed(0)}`;
    const [first, last] = [points[0]?.operations ?? 0, points.at(-1)?.operations ?? 0];
    process.stdout.write(`replica ${String(replica)}: ${slope}, over ${String(last - first)} operations: ${verdict}\n`);
  }
for (const fault of new Set(faults)) process.stdout.write(`fault: ${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;

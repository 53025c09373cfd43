/**
 * `npm run soak [-- --minutes N --clients N]`: three replicas under load for so long. Prints the memory of each at intervals, and
 * judges it by the slope over the last two thirds of the time; an error in a log, an unhandled rejection among them, and a replica
 * that ended are failures too. Exit code 1 when something is not as it should be.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { ClusterProcesses } from "../engine/testing/cluster-processes.ts";
import { linearizabilityViolation } from "../engine/testing/linearizability.ts";
import { Workload } from "../engine/testing/workload.ts";
import { table } from "../explorer/report/index.ts";

const { values: given } = parseArgs({
  options: { minutes: { type: "string", default: "10" }, clients: { type: "string", default: "16" } },
});
const [minutes, clients] = [Number(given.minutes), Number(given.clients)];
if (!(minutes > 0 && clients >= 1)) throw new RangeError("--minutes and --clients are positive numbers");

/** Growth over the judged time, as a share of the mean, that is still called flat: the noise of a garbage collector. */
const mostGrowth = 0.1;
const samples = 60;
const mebibyte = 2 ** 20;

interface Sample {
  readonly ms: number;
  readonly answered: number;
  /** Resident bytes, by replica. */
  readonly memory: readonly number[];
}

const residentBytes = (pid: number | undefined): number => {
  const kibibytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"))?.[1];
  return Number(z.string().parse(kibibytes)) * 1024;
};

/** Of the line that is nearest to the points: bytes per ms. */
const slopeOf = (points: readonly (readonly [number, number])[]): number => {
  const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;
  const [x, y] = [mean(points.map(([p]) => p)), mean(points.map(([, q]) => q))];
  const above = points.reduce((sum, [p, q]) => sum + (p - x) * (q - y), 0);
  return above / points.reduce((sum, [p]) => sum + (p - x) ** 2, 0);
};

const run = async (cluster: ClusterProcesses): Promise<{ readonly all: readonly Sample[]; readonly faults: string[] }> => {
  cluster.startAll();
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
    if (workload.answered === (all.at(-1)?.answered ?? -1))
      faults.push(`nothing was answered in the ${String((minutes * 60) / samples)} s before sample ${String(i)}`);
    all.push({
      ms: performance.now() - begun,
      answered: workload.answered,
      memory: cluster.replicas.map((r) => residentBytes(cluster.pid(r))),
    });
    // The history is for the check of linearizability, and the memory of this process is not what is measured.
    if (i % 10 === 0) process.stderr.write(`${(i * minutes * 60) / samples} s: ${String(workload.answered)} operations\n`);
  }
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

// What a replica keeps for a number of ops is full early, so that the slope shows what is never given back.
const cluster = await ClusterProcesses.create(3, (config) => ({ ...config, checkpointEveryOps: 200, retainedOps: 500 }));
const { all, faults } = await run(cluster).finally(() => cluster.remove());

const mb = (bytes: number): string => (bytes / mebibyte).toFixed(1);
const shown = all.filter((_, i) => i % 5 === 4);
const rows = shown.map(({ ms, answered, memory }) => [`${(ms / 1_000).toFixed(0)} s`, String(answered), ...memory.map(mb)]);
process.stdout.write(`${table(["time", "operations", ...cluster.replicas.map((r) => `replica ${String(r)} MiB`)], rows)}\n`);

const judged = all.filter(({ ms }) => ms >= (minutes * 60_000) / 3);
for (const [i, replica] of cluster.replicas.entries()) {
  const points = judged.map(({ ms, memory }) => [ms, memory[i] ?? NaN] as const);
  const slope = slopeOf(points);
  const [first, last] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
  const mean = points.reduce((sum, [, bytes]) => sum + bytes, 0) / points.length;
  const growth = (slope * (last - first)) / mean;
  const isFlat = growth < mostGrowth;
  if (!isFlat) faults.push(`the memory of replica ${String(replica)} grows`);
  const verdict = `${mb(slope * 60_000)} MiB a minute, ${(growth * 100).toFixed(1)} % in the last two thirds: ${isFlat ? "flat" : "not flat"}`;
  process.stdout.write(`replica ${String(replica)}: ${verdict}\n`);
}
for (const fault of new Set(faults)) process.stdout.write(`fault: ${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;

/**
 * `npm run bench:load [-- --seconds N --burners N]`: three replicas under values of 2 MB and small ones at the same time, while other
 * processes take the CPU. Prints latencies, and ends with exit code 1 when a view has changed: all replicas live, so none may.
 */
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import type { Client } from "../engine/client/client.ts";
import { ClusterProcesses } from "../engine/testing/cluster-processes.ts";

const { values: given } = parseArgs({
  options: { seconds: { type: "string", default: "60" }, burners: { type: "string", default: "2" } },
});
const [seconds, burners] = [Number(given.seconds), Number(given.burners)];
if (!(seconds > 0 && burners >= 0)) throw new RangeError("--seconds is a positive number, --burners one of at least 0");

const clients = 8;
/** Of the clients; the others write small values. */
const writersOfLarge = 3;
const largeBytes = 2_000_000;
const smallBytes = 100;

const write = async (client: Client, i: number, until: number): Promise<readonly number[]> => {
  const latencies: number[] = [];
  const value = new Uint8Array(i < writersOfLarge ? largeBytes : smallBytes);
  while (performance.now() < until) {
    const begun = performance.now();
    await client.put(`key ${String(i)}`, value);
    latencies.push(performance.now() - begun);
  }
  return latencies;
};
const summary = (what: string, all: readonly number[]): string => {
  const sorted = [...all].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? NaN).toFixed(0);
  return `${what}: ${String(all.length)} writes, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms\n`;
};

const run = async (cluster: ClusterProcesses): Promise<void> => {
  cluster.startAll();
  const client = await cluster.client(30_000);
  await client.put("first", new Uint8Array(1));
  const { view } = await client.status();
  const busy = Array.from({ length: burners }, () => spawn(process.execPath, ["-e", "for (;;);"]));
  try {
    const until = performance.now() + seconds * 1_000;
    const writers = await Promise.all(Array.from({ length: clients }, () => cluster.client(30_000)));
    const latencies = await Promise.all(writers.map((writer, i) => write(writer, i, until)));
    for (const writer of writers) writer.close();
    process.stdout.write(summary(`${String(largeBytes)} bytes`, latencies.slice(0, writersOfLarge).flat()));
    process.stdout.write(summary(`${String(smallBytes)} bytes`, latencies.slice(writersOfLarge).flat()));
  } finally {
    for (const process_ of busy) process_.kill("SIGKILL");
  }
  const changes = (await client.status()).view - view;
  client.close();
  process.stdout.write(`${String(changes)} changes of view in ${String(seconds)} s, with ${String(burners)} processes that take the CPU\n`);
  process.exitCode = changes === 0 ? 0 : 1;
};

const cluster = await ClusterProcesses.create(3);
await run(cluster).finally(() => cluster.remove());

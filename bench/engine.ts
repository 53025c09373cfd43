/**
 * `npm run bench:engine [-- --rounds N --seconds S --warm-up S --write]`: throughput and latency of a group of three with fsync
 * on this machine, beside etcd where it is installed, and as a ratio to plain appends with a sync behind each. The systems take
 * turns, after a load of each that is not counted; medians of the rounds are compared. `--write` writes docs/engine-benchmarks.md.
 */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { markdownTable, table } from "../explorer/report/index.ts";
import { etcdVersion, measureAppends, startEngine, startEtcd } from "./engine-systems.ts";
import type { System } from "./engine-systems.ts";

const { values: given } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "3" },
    "warm-up": { type: "string", default: "10" },
    write: { type: "boolean", default: false },
  },
});
const [rounds, seconds, warmUp] = [Number(given.rounds), Number(given.seconds), Number(given["warm-up"])];
if (!(rounds >= 1 && seconds > 0 && warmUp >= 0))
  throw new RangeError("--rounds and --seconds are positive numbers, --warm-up is one that is not negative");

const valueBytes = 100;
const concurrencies = [1, 16, 64];
const keyCount = 10_000;
type Operation = "put" | "get";

interface Measured {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}
const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
const median = (numbers: readonly number[]): number =>
  quantile(
    [...numbers].sort((a, b) => a - b),
    0.5,
  );
const measured = (times: readonly number[], elapsedMs: number): Measured => {
  const sorted = [...times].sort((a, b) => a - b);
  return { perSecond: (times.length * 1_000) / elapsedMs, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
};
const medians = (all: readonly Measured[]): Measured => ({
  perSecond: median(all.map((m) => m.perSecond)),
  p50: median(all.map((m) => m.p50)),
  p99: median(all.map((m) => m.p99)),
});

/** So many clients, each with one operation at a time. */
const load = async (system: System, operation: Operation, clients: number, seconds: number): Promise<Measured> => {
  const value = Buffer.alloc(valueBytes, 7);
  const times: number[] = [];
  const begun = performance.now();
  const end = begun + seconds * 1_000;
  const client = async (number: number): Promise<void> => {
    for (let i = 0; performance.now() < end; i++) {
      const key = `key-${String((number * 7919 + i) % keyCount)}`;
      const start = performance.now();
      await (operation === "put" ? system.put(key, value) : system.get(key));
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  return measured(times, performance.now() - begun);
};

const note = (text: string): void => void process.stderr.write(`${text}\n`);

const measure = async (systems: readonly System[]) => {
  const results = new Map<string, Measured[]>();
  const add = (key: string, result: Measured): void => void results.set(key, [...(results.get(key) ?? []), result]);
  note("warming up");
  for (const system of systems)
    for (const operation of ["put", "get"] as const) await load(system, operation, Math.max(...concurrencies), warmUp / 2);
  for (let round = 1; round <= rounds; round++) {
    note(`round ${String(round)} of ${String(rounds)}`);
    const begun = performance.now();
    const appends = await measureAppends(valueBytes, seconds);
    add("append", measured(appends, performance.now() - begun));
    for (const operation of ["put", "get"] as const)
      for (const clients of concurrencies)
        for (const system of systems)
          add(`${system.name} ${operation} ${String(clients)}`, await load(system, operation, clients, seconds));
  }
  return new Map([...results].map(([key, all]) => [key, medians(all)]));
};

const figure = (value: number): string => (value >= 100 ? String(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2));

const rowsOf = (results: ReadonlyMap<string, Measured>): readonly (readonly string[])[] => {
  const append = results.get("append");
  const rows: string[][] = [];
  if (append !== undefined) rows.push(["append and fsync", "1", figure(append.perSecond), figure(append.p50), figure(append.p99), "1", ""]);
  for (const operation of ["put", "get"] as const)
    for (const clients of concurrencies) {
      const [engine, etcd] = ["engine", "etcd"].map((name) => results.get(`${name} ${operation} ${String(clients)}`));
      for (const [name, m] of [
        ["engine", engine],
        ["etcd", etcd],
      ] as const)
        if (m !== undefined)
          rows.push([
            `${name} ${operation}`,
            String(clients),
            figure(m.perSecond),
            figure(m.p50),
            figure(m.p99),
            operation === "put" && append !== undefined ? figure(m.perSecond / append.perSecond) : "",
            name === "engine" && etcd !== undefined ? figure(m.perSecond / etcd.perSecond) : "",
          ]);
    }
  return rows;
};

const headings = ["what", "clients", "per second", "p50 ms", "p99 ms", "of the appends", "of etcd"];
const version = etcdVersion();
if (version === undefined) note("etcd is not installed: it is left out");
const before = loadavg()[0] ?? 0;
const systems = [await startEngine(), ...(version === undefined ? [] : [await startEtcd()])];
const results = await measure(systems).finally(() => Promise.all(systems.map((s) => s.stop())));
const rows = rowsOf(results);
const title = `Three replicas on one machine with fsync, values of ${String(valueBytes)} bytes, ${String(rounds)} rounds of ${String(seconds)} s after ${String(warmUp)} s of warming up, medians`;
const circumstances = `${String(cpus().length)} cores for the replicas and the clients, Node ${process.version}, etcd ${version ?? "not installed"}, load before the run ${before.toFixed(1)}.`;
process.stdout.write(`${title}\n${circumstances}\n${table(headings, rows)}\n`);
if (given.write) {
  const text = `# The engine's benchmarks

Written by \`npm run bench:engine -- --write\`. Take ratios, not absolute figures: they are of one run, in which the systems took turns.
${circumstances}

An append is ${String(valueBytes)} bytes at the end of a file and an fsync, one after the other: what this disk does at best for writes that wait for
each other. Puts of several clients share syncs, so that they may be more. Reads are linearizable in both systems. The clients, one
process for all, speak HTTP over kept connections: MessagePack to the engine, JSON to etcd's gateway.

## ${title}

${markdownTable(headings, rows)}
`;
  writeFileSync(fileURLToPath(new URL("../docs/engine-benchmarks.md", import.meta.url)), text);
}

/** What is measured, and one measurement, in a process of its own: here, or in another checkout of this repository. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Figures, Order } from "./run-one.ts";

const here = fileURLToPath(new URL("..", import.meta.url));

/** Throws when the process does not end well. */
export const measure = (what: Order, checkout = here): Figures => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", join(checkout, "bench", "run-one.ts"), JSON.stringify(what)],
    { encoding: "utf8", maxBuffer: 1 << 26, cwd: checkout },
  );
  if (status !== 0) throw new Error(`a measurement failed: ${stderr}`);
  return JSON.parse(stdout) as Figures; // printed by run-one.ts
};

export const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;

const plain = { symmetry: false, reductions: false };
export const order = (
  model: string,
  constants: Record<string, number>,
  engine: Order["engine"],
  options: Order["options"] = {},
): Order => ({ model, constants, design: {}, engine, options: { ...plain, ...options } });
export const vr = (values: number, limit: number) => ({ values, startViewOnTimerLimit: limit });

/** One model for each shape of spec. */
export const shapes: readonly (readonly [shape: string, model: string, constants: Record<string, number>])[] = [
  ["message passing", "viewstamped-replication", vr(1, 1)],
  ["one large set variable", "paxos", { ballots: 3 }],
  ["wide and shallow", "two-phase-commit", { resourceManagers: 7 }],
  ["shared memory", "bakery", { processes: 3 }],
  ["shared memory, many states", "peterson", { processes: 4 }],
  ["a growing set of messages", "paxos-commit", { resourceManagers: 2 }],
  ["narrow and deep", "tower-of-hanoi", { disks: 10 }],
  ["puzzle", "missionaries-and-cannibals", { missionaries: 8, cannibals: 8 }],
];

/** A search of 113.9 million states. */
export const large = (workers: number): Order =>
  order("viewstamped-replication", vr(1, 2), "search", { workers, memoryBytes: 16 * 2 ** 30 });

/** Models whose start is measured. */
export const started = [
  "die-hard",
  "two-phase-commit",
  "viewstamped-replication --const values=0",
  "viewstamped-replication --const values=2 --const startViewOnTimerLimit=1",
] as const;

/** The program of the command line, wherever a checkout has it. */
const programOf = (checkout: string): string => {
  const { bin } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as { readonly bin: { readonly lockstep: string } }; // ours
  return join(checkout, bin.lockstep);
};

/** The milliseconds that `lockstep check` of a small model takes, the whole process. Throws when it gives no result. */
export const startOf = (model: string, checkout = here): number => {
  const program = programOf(checkout);
  const start = performance.now();
  const { stdout, stderr } = spawnSync(process.execPath, [program, "check", ...model.split(" "), "--json"], {
    encoding: "utf8",
    cwd: checkout,
  });
  const elapsedMs = performance.now() - start;
  if (!stdout.startsWith("{")) throw new Error(`check ${model} gives no result: ${stderr}`);
  return elapsedMs;
};

/**
 * `npm run counterexamples`: searches for the shortest counterexample of every design that a lesson tells of, and
 * writes counterexamples/NAME.itf.json, NAME.md and index.md. Equal sources give equal bytes: one worker, no time, no path.
 * `-- --only eager-1,lazy-3` searches for some of them only; the others are taken from their files. `-- --lessons` searches
 * for nothing: it writes the lessons and the index anew from the traces as they are.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readWhole, writeWhole } from "../cli/files.ts";
import { thousands } from "../explorer/report/table.ts";
import type { Progress } from "../explorer/search/contract.ts";
import type { Trace } from "../explorer/trace.ts";
import { counterexamples } from "./collections.ts";
import type { Counterexample } from "./counterexample.ts";
import { indexText, itfFile, itfTextOf, lessonFile, lessonTextOf, relocated, shortestTrace, traceOf } from "./produce.ts";

const LIMIT_MEBIBYTES = 64;
const folder = dirname(fileURLToPath(import.meta.url));

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** The names to search for. Throws Error for an unknown one. */
const chosen = (): ReadonlySet<string> => {
  const { values } = parseArgs({ options: { only: { type: "string" }, lessons: { type: "boolean", default: false } } });
  const all = counterexamples.map((c) => c.name);
  if (values.lessons) return new Set();
  const names = values.only?.split(",") ?? all;
  const unknown = names.find((n) => !all.includes(n));
  if (unknown !== undefined) throw new Error(`there is no counterexample "${unknown}"; there are ${all.join(", ")}`);
  return new Set(names);
};

const searched = async (counterexample: Counterexample): Promise<Trace> => {
  let level = 0;
  const report = ({ depth, distinct }: Progress): void => {
    if (depth > level) say(`${counterexample.name}: level ${depth}, ${thousands(distinct)} distinct states`);
    level = Math.max(level, depth);
  };
  return shortestTrace(counterexample, report);
};

const kept = async (counterexample: Counterexample): Promise<Trace> =>
  relocated(counterexample, traceOf(counterexample, await readWhole(join(folder, itfFile(counterexample)), LIMIT_MEBIBYTES)));

const main = async (): Promise<void> => {
  const names = chosen();
  const told = [];
  for (const counterexample of counterexamples) {
    const trace = await (names.has(counterexample.name) ? searched(counterexample) : kept(counterexample));
    const lesson = lessonTextOf(counterexample, trace);
    await mkdir(dirname(join(folder, itfFile(counterexample))), { recursive: true });
    await writeWhole(join(folder, itfFile(counterexample)), itfTextOf(counterexample, trace));
    await writeWhole(join(folder, lessonFile(counterexample)), lesson);
    say(`${counterexample.name}: ${String(trace.steps.length)} states`);
    told.push({ counterexample, trace });
  }
  await writeWhole(join(folder, "index.md"), indexText(told));
};

try {
  await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/**
 * `npm run minimal-lengths`: for every design of Viewstamped Replication and each invariant, the smallest models (values V,
 * timer limit L) that violate it, the shortest length there, and what was exhausted without finding one. A larger model
 * has every behaviour of a smaller one, so a model is searched only for invariants that no smaller one violates.
 * Results are kept in minimal-lengths.json as they come: run it again to go on, or with `--fresh` to start over.
 * Options: `--max-values N`, `--max-limit N`, `--timeout SECONDS` per search, `--memory GIB`, `--only TEXT` in the design's name.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { runSearch } from "../cli/run-search.ts";
import { markdownTable, thousands } from "../explorer/report/index.ts";
import { instantiate } from "../specs/language/instantiate.ts";
import type { Design } from "../specs/language/instantiate.ts";
import { viewstampedReplication } from "../specs/viewstamped-replication/spec.ts";

const invariants = Object.keys(viewstampedReplication.invariants);

const Outcome = z.object({
  values: z.number(),
  limit: z.number(),
  /** The invariants that were asked for. */
  asked: z.array(z.string()),
  /** Shortest lengths of those that were violated. */
  lengths: z.record(z.string(), z.number()),
  exhausted: z.boolean(),
  distinct: z.number(),
  depth: z.number(),
});
type Outcome = z.infer<typeof Outcome>;
const Results = z.record(z.string(), z.array(Outcome));
type Results = z.infer<typeof Results>;

const { values: options } = parseArgs({
  options: {
    "max-values": { type: "string", default: "3" },
    "max-limit": { type: "string", default: "3" },
    timeout: { type: "string", default: "900" },
    memory: { type: "string", default: "16" },
    only: { type: "string", default: "" },
    fresh: { type: "boolean", default: false },
  },
});

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const resultsFile = path("minimal-lengths.json");
const pageFile = path("../docs/minimal-lengths.md");
const writeWhole = (file: string, text: string): void => {
  writeFileSync(`${file}.tmp`, text);
  renameSync(`${file}.tmp`, file);
};

/** The switches in the order of their declaration; without a lazy view update newStateGuard has no meaning. */
const designs = (): Design[] => {
  let all: Design[] = [{}];
  for (const [name, choices] of Object.entries(viewstampedReplication.design))
    all = all.flatMap((d) => choices.map((choice) => ({ ...d, [name]: choice })));
  return all.filter((d) => d["viewUpdate"] === "lazy" || d["newStateGuard"] === "higher");
};
const nameOf = (d: Design): string => {
  const words = [
    d["viewUpdate"],
    d["startViewGuard"],
    d["truncate"] === true ? "truncate" : "no",
    d["transferStatus"] === true ? "status" : "none",
  ];
  return [...words, ...(d["viewUpdate"] === "lazy" ? [d["newStateGuard"]] : [])].map(String).join("/");
};

/** Small models first, so that larger ones are asked for less. */
const grid = (maxValues: number, maxLimit: number): { values: number; limit: number }[] => {
  const cells: { values: number; limit: number }[] = [];
  for (let limit = 1; limit <= maxLimit; limit++) for (let values = 1; values <= maxValues; values++) cells.push({ values, limit });
  return cells.sort((a, b) => a.values + 1.5 * a.limit - (b.values + 1.5 * b.limit));
};

const isSmaller = (a: { values: number; limit: number }, b: { values: number; limit: number }): boolean =>
  a.values <= b.values && a.limit <= b.limit;

const searchCell = async (design: Design, cell: { values: number; limit: number }, asked: readonly string[]): Promise<Outcome> => {
  const constants = { values: cell.values, startViewOnTimerLimit: cell.limit };
  const instance = instantiate(viewstampedReplication, { constants, design });
  const result = await runSearch({
    origin: { kind: "model", name: "viewstamped-replication" },
    instance,
    options: {
      invariants: asked,
      allowDeadlock: true,
      continueAfterViolation: true,
      workers: 2,
      timeoutMs: 1000 * Number(options.timeout),
      memoryBytes: Number(options.memory) * 2 ** 30,
    },
  });
  const lengths = Object.fromEntries(result.violations.map((v) => [v.property, v.length]));
  return { ...cell, asked: [...asked], lengths, exhausted: result.bound === undefined, distinct: result.distinct, depth: result.depth };
};

/** One cell of the table: the minimal models that violate the invariant, or what holds. */
const verdict = (outcomes: readonly Outcome[], invariant: string): string => {
  const violations = outcomes.filter((o) => o.lengths[invariant] !== undefined);
  const open = outcomes.filter((o) => !o.exhausted && o.asked.includes(invariant) && o.lengths[invariant] === undefined);
  const found = violations.map((v) => {
    const unproven = open.some((o) => isSmaller(o, v));
    return `${String(v.lengths[invariant])} at ${String(v.values)}, ${String(v.limit)}${unproven ? " (a smaller model is open)" : ""}`;
  });
  const rest = open.map((o) => `open at ${String(o.values)}, ${String(o.limit)}: none of up to ${String(o.depth)} states`);
  const held = outcomes.filter((o) => o.exhausted && o.asked.includes(invariant) && o.lengths[invariant] === undefined);
  const largest = held.filter((a) => !held.some((b) => b !== a && isSmaller(a, b)));
  const holds = largest.map((o) => `${String(o.values)}, ${String(o.limit)}`).join("; ");
  return [...found, ...rest, ...(holds === "" ? [] : [`holds at ${holds}`])].join("; ");
};

const page = (results: Results): string => {
  const rows = Object.entries(results).map(([name, outcomes]) => [name, ...invariants.map((i) => verdict(outcomes, i))]);
  const searches = Object.values(results).flat();
  const largest = searches.reduce((a, o) => Math.max(a, o.distinct), 0);
  return `# Shortest counterexamples of every design

Written by \`npm run minimal-lengths\` from \`counterexamples/minimal-lengths.json\`. Three replicas, no NoProgressChange; breadth-first
search with symmetry and reductions, ${String(searches.length)} searches, the largest of ${thousands(largest)} distinct states.

A design is named by its switches: view update / StartView guard / truncation / status, and for lazy ones / newStateGuard.
\`15 at 2, 1\` means: with 2 values and a timer limit of 1 the shortest violating behaviour has 15 states (all shorter ones were
exhausted), and no model with fewer values or a lower limit violates the invariant. \`holds at 3, 2\` means: that model, and with it every
smaller one, was exhausted without a violation. \`open\` means: the search ended at a bound. Larger models than those named were not searched.

${markdownTable(["design", ...invariants], rows)}
`;
};

const load = (): Results => (options.fresh || !existsSync(resultsFile) ? {} : Results.parse(JSON.parse(readFileSync(resultsFile, "utf8"))));

const results = load();
for (const cell of grid(Number(options["max-values"]), Number(options["max-limit"]))) {
  for (const design of designs()) {
    const name = nameOf(design);
    if (!name.includes(options.only)) continue;
    const outcomes = (results[name] ??= []);
    if (outcomes.some((o) => o.values === cell.values && o.limit === cell.limit)) continue;
    const asked = invariants.filter((i) => !outcomes.some((o) => o.lengths[i] !== undefined && isSmaller(o, cell)));
    if (asked.length === 0) continue;
    const outcome = await searchCell(design, cell, asked);
    outcomes.push(outcome);
    process.stderr.write(
      `${name} ${String(cell.values)}, ${String(cell.limit)}: ${JSON.stringify(outcome.lengths)} ${thousands(outcome.distinct)} distinct\n`,
    );
    writeWhole(resultsFile, `${JSON.stringify(results, null, 1)}\n`);
  }
}
writeWhole(pageFile, page(results));

/**
 * `npm run bench [-- SECTION…]`: what the project claims about speed and memory, as ratios measured in one run. The two
 * sides of a ratio alternate, each in a process of its own, and medians are compared. Sections: naive, memo, workers,
 * memory, start-up. `--write`, for all sections, also writes docs/benchmarks.md.
 */
import { renameSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { table, thousands, markdownTable } from "../explorer/report/index.ts";
import { large, measure, median, order, shapes, startOf, started, vr } from "./orders.ts";
import type { Figures, Order } from "./run-one.ts";

const ROUNDS = 3;
const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** Alternates two orders; the medians of their speeds. */
const alternate = (name: string, a: Order, b: Order, rounds = ROUNDS): { a: Figures; b: Figures; speedA: number; speedB: number } => {
  const [as, bs]: [Figures[], Figures[]] = [[], []];
  for (let i = 0; i < rounds; i++) {
    note(`${name}: round ${String(i + 1)} of ${String(rounds)}`);
    as.push(measure(a));
    bs.push(measure(b));
  }
  const [first, second] = [as[0], bs[0]];
  if (first === undefined || second === undefined) throw new Error("nothing was measured");
  return { a: first, b: second, speedA: median(as.map((f) => f.speed)), speedB: median(bs.map((f) => f.speed)) };
};

interface Section {
  readonly title: string;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}
const speed = (n: number): string => `${thousands(Math.round(n))}/s`;
const ratio = (a: number, b: number): string => (a / b).toFixed(2);

/** The search against the naive breadth-first oracle, which stops early: it is only asked for its speed. */
const naive = (): Section => {
  const m = alternate(
    "naive",
    order("viewstamped-replication", vr(2, 1), "search", { workers: 1 }),
    order("viewstamped-replication", vr(2, 1), "reference", { maxStates: 5_000 }),
  );
  const row = [
    `viewstamped-replication V=2 L=1 (${thousands(m.a.distinct)} distinct)`,
    speed(m.speedA),
    speed(m.speedB),
    ratio(m.speedA, m.speedB),
  ];
  return {
    title: "Against the naive reference search (generated states per second, one thread, no symmetry, no reductions)",
    headings: ["model", "search", "reference", "ratio"],
    rows: [row],
  };
};

const memo = (): Section => {
  const rows = shapes.map(([shape, model, constants]) => {
    const m = alternate(shape, order(model, constants, "search", { workers: 1 }), order(model, constants, "direct"));
    return [
      shape,
      model,
      thousands(m.a.distinct),
      speed(m.speedA),
      speed(m.speedB),
      ratio(m.speedA, m.speedB),
      `${String(m.a.bytesPerState)} / ${String(m.b.bytesPerState)}`,
    ];
  });
  return {
    title: "Remembering against direct evaluation (generated states per second, one thread)",
    headings: ["shape", "model", "distinct", "remembering", "direct", "ratio", "bytes per state"],
    rows,
  };
};

const workers = (): Section => {
  const m = alternate("workers", large(2), large(1), 1);
  const row = [
    `viewstamped-replication V=1 L=2 (${thousands(m.a.distinct)} distinct)`,
    speed(m.speedA),
    speed(m.speedB),
    ratio(m.speedA, m.speedB),
  ];
  return {
    title: "Two workers against one (generated states per second)",
    headings: ["model", "2 workers", "1 worker", "ratio"],
    rows: [row],
  };
};
const memory = (): Section => {
  note("memory");
  const f = measure(large(1));
  const row = [
    `viewstamped-replication V=1 L=2`,
    thousands(f.distinct),
    String(f.bytesPerState),
    f.peakBytesPerState.toFixed(1),
    `${f.seconds.toFixed(0)} s`,
  ];
  return {
    title: "Memory",
    headings: ["model", "distinct", "bytes per state (tables and memos)", "bytes per state (peak of the process)", "time"],
    rows: [row],
  };
};

/** What a user waits for: the whole process, start-up included. */
const startUp = (): Section => {
  const rows = started.map((model) => [model, `${median(Array.from({ length: 5 }, () => startOf(model))).toFixed(0)} ms`]);
  return { title: "Start-up: `lockstep check` of small models, the whole process", headings: ["model", "time"], rows };
};

const sections: Readonly<Record<string, () => Section>> = { naive, memo, workers, memory, "start-up": startUp };

const write = (done: readonly Section[]): void => {
  const parts = done.map((s) => `## ${s.title}\n\n${markdownTable(s.headings, s.rows)}`);
  const text = `# Benchmarks\n\nWritten by \`npm run bench -- --write\` (${String(cpus().length)} cores, Node ${process.version}). Take ratios, not absolute figures.\n\n${parts.join("\n\n")}\n`;
  const file = path("../docs/benchmarks.md");
  writeFileSync(`${file}.tmp`, text);
  renameSync(`${file}.tmp`, file);
};

const asked = process.argv.slice(2).filter((a) => a !== "--write");
const unknown = asked.find((a) => !(a in sections));
const isWritten = process.argv.includes("--write");
if (isWritten && asked.length > 0) {
  note("--write is for all sections together");
  process.exitCode = 1;
} else if (unknown !== undefined) {
  note(`there is no section ${unknown}; there are ${Object.keys(sections).join(", ")}`);
  process.exitCode = 1;
} else {
  const done = (asked.length > 0 ? asked : Object.keys(sections)).map((name) => {
    const section = sections[name]?.() ?? { title: name, headings: [], rows: [] };
    process.stdout.write(`${section.title}\n${table(section.headings, section.rows)}\n\n`);
    return section;
  });
  if (isWritten) write(done);
}

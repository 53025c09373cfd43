/**
 * `npm run scoreboard`: runs every seeded defect, every mutant of the harness, the largest tours of production and 1,000 alterations of
 * the journal of a real run, takes over the record of syntactic mutants (`npm run mutants` writes it), and writes scoreboard.json and
 * docs/scoreboard.md.
 * Options: `--keep-tours` takes over what is committed of tours and alterations, which take long; `--check` does, too, writes
 * nothing, and fails when what is committed is not what comes out; `--only TEXT` runs only the counterexamples with that in their
 * name, and prints them. With each it fails when something is not as it should be: a defect or a mutant that is not noticed, a module
 * that has changed since its mutants were run, a survivor without an explanation.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readTrace } from "../cli/trace-file.ts";
import { engineEntry } from "../bindings/engines.ts";
import { outcomesOfAlterations } from "../bindings/viewstamped-replication/journal/fixtures/altered-journals.ts";
import { recordedJournal } from "../bindings/viewstamped-replication/journal/fixtures/recorded-journal.ts";
import { guardMutants, judgeGuard } from "./guard-mutants.ts";
import { harnessMutants } from "./harness-mutants.ts";
import { largestTours, matrixRows, moreDefects } from "./matrices.ts";
import { ProductionTours, countDefects, defectName, isRight, replaysOf, toursOf } from "./matrix.ts";
import type { BoardRow, TourRow } from "./matrix.ts";
import { Scoreboard, scoreboardPage, shortcomings } from "./scoreboard.ts";
import { explainedSurvivors } from "./survivors.ts";
import { outdated, readMutantRecord, staleModules, syntacticMutants, unexplained } from "./syntactic-mutants.ts";

const alterations = 1_000;

const path = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url));
const boardFile = path("scoreboard.json");
const pageFile = path("docs/scoreboard.md");
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const writeWhole = (file: string, text: string): void => {
  writeFileSync(`${file}.tmp`, text);
  renameSync(`${file}.tmp`, file);
};

const { values: options } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    "keep-tours": { type: "boolean", default: false },
    only: { type: "string", default: "" },
  },
});
const rows = matrixRows.filter((row) => row.counterexample.includes(options.only));

const boardRows = async (tours: ProductionTours, committed: Scoreboard | undefined): Promise<readonly BoardRow[]> => {
  const done: BoardRow[] = [];
  for (const row of rows) {
    if (!("defect" in row)) continue;
    const { counterexample } = row;
    const defect = defectName(row);
    const known = committed?.counterexamples.rows.find((r) => r.counterexample === counterexample && r.defect === defect);
    const { tourOfDefective, tourOfProduction } = known?.cells ?? (await toursOf(row, tours));
    const result = { counterexample, defect, cells: { ...(await replaysOf(row)), tourOfDefective, tourOfProduction } };
    say(`${counterexample}: ${isRight(result) ? "all four cells as required" : JSON.stringify(result.cells)}`);
    done.push(result);
  }
  return done;
};

const tourRows = async (tours: ProductionTours): Promise<readonly TourRow[]> => {
  const done: TourRow[] = [];
  for (const row of moreDefects) {
    const result = { defect: defectName(row), cells: await toursOf(row, tours) };
    say(`${result.defect}: ${isRight(result) ? "found by its tour" : JSON.stringify(result.cells)}`);
    done.push(result);
  }
  return done;
};

const missedHarnessMutants = async (): Promise<Scoreboard["harnessMutants"]> => {
  const { trace } = await readTrace(path("counterexamples/lazy-2.itf.json"), undefined);
  const entry = await engineEntry("viewstamped-replication");
  const mutants = harnessMutants(trace);
  const missed: string[] = [];
  const untold: string[] = [];
  for (const mutant of mutants) if (!(await mutant.caught())) missed.push(mutant.name);
  for (const mutant of guardMutants) {
    const verdict = await judgeGuard(mutant, entry.production());
    if (verdict === "followed") missed.push(mutant.name);
    if (verdict === "untold") untold.push(mutant.name);
  }
  const total = mutants.length + guardMutants.length - untold.length;
  say(`mutants of the harness: ${total - missed.length} of ${total} noticed; ${untold.length} guards decide nothing within the bounds`);
  return { caught: total - missed.length, total, missed, untold };
};

/** The record of Stryker's runs, with what is wrong about it. */
const syntactic = async (): Promise<Scoreboard["syntacticMutants"]> => {
  const record = await readMutantRecord(path("scoreboard/syntactic-mutants.json"));
  const complaints = [
    ...staleModules(path("."), record),
    ...unexplained(record, explainedSurvivors),
    ...outdated(path("."), explainedSurvivors),
  ];
  for (const complaint of complaints) {
    say(complaint);
    process.exitCode = 1;
  }
  return syntacticMutants(record, explainedSurvivors);
};

const edgeCoverage = async (tours: ProductionTours): Promise<Scoreboard["edgeCoverage"]> => {
  for (const tour of largestTours) {
    const { outcome, coverage } = await tours.of(tour);
    say(`${tour.model}: ${coverage.edges.covered} edges, ${outcome.verdict}`);
  }
  return Object.fromEntries(
    (await tours.all()).map(({ model, report: { outcome, coverage } }) => [
      model,
      {
        covered: coverage.edges.covered,
        total: coverage.edges.total ?? null,
        probes: coverage.probes,
        falseAlarms: outcome.verdict === "passed" ? 0 : 1,
      },
    ]),
  );
};

const alteredLogs = (): Scoreboard["alteredLogs"] => {
  const { rejected, accepted, unchecked, inconclusive } = outcomesOfAlterations([recordedJournal()], alterations, 42);
  say(`altered journals: ${rejected} rejected, ${accepted} accepted, ${inconclusive} inconclusive`);
  return { rejected, acceptedWithBehaviour: accepted, acceptedUnchecked: unchecked, inconclusive, total: alterations };
};

const scored = async (committed: Scoreboard | undefined): Promise<Scoreboard> => {
  const tours = new ProductionTours();
  const kept = options.check || options["keep-tours"] ? committed : undefined;
  const counterexamples = await boardRows(tours, kept);
  const more = kept?.moreDefects ?? (await tourRows(tours));
  const harness = await missedHarnessMutants();
  return Scoreboard.parse({
    seededDefects: countDefects([...counterexamples, ...more]),
    counterexamples: {
      rows: counterexamples,
      notDriven: rows.flatMap((row) => ("notDriven" in row ? [{ counterexample: row.counterexample, reason: row.notDriven }] : [])),
    },
    moreDefects: more,
    harnessMutants: harness,
    syntacticMutants: await syntactic(),
    edgeCoverage: kept?.edgeCoverage ?? (await edgeCoverage(tours)),
    alteredLogs: kept?.alteredLogs ?? alteredLogs(),
  });
};

const main = async (): Promise<void> => {
  if (options.only !== "") {
    process.stdout.write(`${JSON.stringify(await boardRows(new ProductionTours(), undefined), undefined, 1)}\n`);
    return;
  }
  // One of another shape is written anew.
  const committed = existsSync(boardFile) ? Scoreboard.safeParse(JSON.parse(readFileSync(boardFile, "utf8"))).data : undefined;
  if ((options.check || options["keep-tours"]) && committed === undefined)
    throw new Error("scoreboard.json is missing or of another shape: run npm run scoreboard");
  const board = await scored(committed);
  for (const complaint of shortcomings(board)) {
    say(complaint);
    process.exitCode = 1;
  }
  const text = `${JSON.stringify(board, undefined, 1)}\n`;
  const page = scoreboardPage(Scoreboard.parse(JSON.parse(text)));
  if (!options.check) {
    writeWhole(boardFile, text);
    writeWhole(pageFile, page);
  } else if (text !== readFileSync(boardFile, "utf8") || page !== readFileSync(pageFile, "utf8")) {
    say("scoreboard.json or docs/scoreboard.md is not current: run npm run scoreboard");
    process.exitCode = 1;
  }
};
await main();

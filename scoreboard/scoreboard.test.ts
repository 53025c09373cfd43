import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { counterexamples } from "../counterexamples/collections.ts";
import { engineEntry, registeredEngines } from "../bindings/engines.ts";
import { matrixRows } from "./matrices.ts";
import { countDefects } from "./matrix.ts";
import { Scoreboard, scoreboardPage, shortcomings } from "./scoreboard.ts";

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
const board = Scoreboard.parse(JSON.parse(read("scoreboard.json")));

describe("the scoreboard", () => {
  it("has a row for every counterexample of the repository", () => {
    expect([...new Set(matrixRows.map((row) => row.counterexample))].sort()).toEqual(counterexamples.map((c) => c.name).sort());
  });
  it("is of the rows that there are, and of every defect of every engine", async () => {
    const { rows, notDriven } = board.counterexamples;
    expect([...rows, ...notDriven].map((row) => row.counterexample).sort()).toEqual(matrixRows.map((row) => row.counterexample).sort());
    const registered = new Set<string>();
    for (const engine of registeredEngines)
      for (const defect of Object.keys((await engineEntry(engine)).defects)) registered.add(`${engine.split("/")[0] ?? ""}/${defect}`);
    const counted = [...rows, ...board.moreDefects].map(({ defect }) => defect);
    expect([...new Set(counted)].sort()).toEqual([...registered].sort());
  });
  it("counts what it shows", () => {
    expect(board.seededDefects).toEqual(countDefects([...board.counterexamples.rows, ...board.moreDefects]));
    expect(board.harnessMutants.caught).toBe(board.harnessMutants.total - board.harnessMutants.missed.length);
    const { rejected, acceptedWithBehaviour, inconclusive, total: logs } = board.alteredLogs;
    expect(rejected + acceptedWithBehaviour + inconclusive).toBe(logs);
  });
  it("has at least 80% of the syntactic mutants of every module", () => {
    const share = Object.entries(board.syntacticMutants.files).map(([file, { caught, total }]) => [file, caught >= 0.8 * total]);
    expect(share.filter(([, isEnough]) => !isEnough)).toEqual([]);
  });
  it("tells what is not as it should be", () => {
    expect(shortcomings(board)).toEqual([]);
    const [row, ...rows] = board.counterexamples.rows;
    const [more, ...others] = board.moreDefects;
    if (row === undefined || more === undefined) throw new Error("the board is empty");
    const missed = { ok: false, shown: "passed" };
    const { counterexamples: all, syntacticMutants: mutants, harnessMutants, alteredLogs, edgeCoverage } = board;
    const worse: readonly [Partial<Scoreboard>, string][] = [
      [{ counterexamples: { ...all, rows: [{ ...row, cells: { ...row.cells, production: missed } }, ...rows] } }, row.counterexample],
      [{ moreDefects: [{ ...more, cells: { ...more.cells, tourOfDefective: missed } }, ...others] }, more.defect],
      [{ harnessMutants: { ...harnessMutants, missed: ["a deaf comparison"] } }, "a deaf comparison"],
      [{ edgeCoverage: { ...edgeCoverage, some: { covered: 1, total: 2, probes: 0, falseAlarms: 1 } } }, "some: a false alarm"],
      [{ syntacticMutants: { ...mutants, files: { ...mutants.files, "a.ts": { caught: 79, total: 100 } } } }, "a.ts: 79.0%"],
      [{ syntacticMutants: { ...mutants, notRun: ["b.ts"] } }, "b.ts"],
      [{ alteredLogs: { ...alteredLogs, inconclusive: 1 } }, "1 altered"],
    ];
    for (const [change, told] of worse) expect(shortcomings({ ...board, ...change })).toEqual([expect.stringContaining(told)]);
  });
  it("is what the page shows", () => {
    expect(read("docs/scoreboard.md")).toBe(scoreboardPage(board));
  });
});

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { counterexamples } from "../../counterexamples/collections.ts";
import { engineEntry, registeredEngines } from "../engines.ts";
import { matrixRows } from "./matrices.ts";
import { countDefects } from "./matrix.ts";
import { Scoreboard, scoreboardPage } from "./scoreboard.ts";

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
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
  it("is what the page shows", () => {
    expect(read("docs/scoreboard.md")).toBe(scoreboardPage(board));
  });
});

import { describe, expect, it } from "vitest";
import { snapshotRestoreCollection } from "../../counterexamples/snapshot-restore.ts";
import { replayCells, tourCell } from "../../scoreboard/matrix-cells.ts";
import type { DrivenRow } from "../matrix-row.ts";
import { modesEngine, parallelEngine, tornWritesEngine } from "./engine.ts";
import { divergences, matrix, moreDefects } from "./matrix.ts";

const driven = matrix.filter((row): row is DrivenRow => "defect" in row);
const name = (row: DrivenRow): string => row.counterexample.replace("snapshot-restore/", "");

/** KV does not wait for the proof. */
const kvValues = { verdict: "refusedGuard", step: 4, action: "KvValues" };
/** Where production and the fixed spec part from the counterexample. */
const refusals: Readonly<Record<string, object>> = {
  "kv-leads-by-two-chunks": kvValues,
  "empty-root": kvValues,
  "empty-root-after-three-chunks": kvValues,
  "option-1-empty-root": kvValues,
  "option-2-stuck": kvValues,
  "option-3-stuck": kvValues,
  "bad-value-under-the-right-root": kvValues,
  "one-bad-chunk-no-tree": kvValues,
  "unchecked-overlap": { verdict: "refusedEffect", step: 10, action: "TreeAdd", path: "treePc", expected: "hand", observed: "refused" },
  "hole-below-the-root": { verdict: "refusedEffect", step: 16, action: "Retry", path: "pc", expected: "ready", observed: "down" },
  "wrong-root-on-the-same-object": kvValues,
  "kv-only-after-the-tree": { verdict: "refusedEffect", step: 5, action: "StartRun", path: "at", expected: "2", observed: "1" },
};
describe("the counterexamples of the snapshot restore", () => {
  it("all have a defect", () => {
    expect(driven.map(name)).toEqual(Object.keys(refusals));
    expect(driven.map((row) => row.counterexample)).toEqual(snapshotRestoreCollection.counterexamples.map((c) => c.name));
    const declared = [parallelEngine, modesEngine, tornWritesEngine].flatMap(({ defects }) =>
      Object.entries(defects).flatMap(([defect, { counterexamples }]) => counterexamples.map((c): [string, string] => [c, defect])),
    );
    expect(new Map(driven.map((row) => [row.counterexample, row.defect]))).toEqual(new Map(declared));
  });

  it.each(driven)("$counterexample is reproduced by the defect $defect; production refuses it where the fixed spec does", async (row) => {
    const cells = await replayCells(row);
    expect(cells.defective).toMatchObject({ verdict: "reproduced", step: cells.length, invariant: cells.violated });
    expect(cells.production).toMatchObject(refusals[name(row)] ?? {});
    expect(cells.fixedSpec).toMatchObject(refusals[name(row)] ?? {});
  });
});

describe("a tour of the fixed spec finds", () => {
  const tours = new Map(driven.map(({ defect, tour }) => [defect, tour]));
  it("every defect, those without a counterexample in the exhaustive tests", () => {
    const toured = [...tours.keys(), ...moreDefects.map(({ defect }) => defect)].sort();
    expect(toured).toEqual(Object.keys(divergences).sort());
    expect(toured).toEqual([parallelEngine, modesEngine, tornWritesEngine].flatMap(({ defects }) => Object.keys(defects)).sort());
  });
  it.each([...tours])("%s", async (defect, tour) => {
    expect((await tourCell(tour, defect)).outcome).toMatchObject(divergences[defect] ?? {});
  });
});

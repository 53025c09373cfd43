/** The matrix of the batch store, but for the long tours, which are in `tours.exhaustive.test.ts`. */
import { describe, expect, it } from "vitest";
import { batchStoreCollection } from "../../counterexamples/batch-store.ts";
import { readTrace } from "../../cli/trace-file.ts";
import { defectOfDesign } from "../../conformance/engine-entry.ts";
import { replayCells, tourCell } from "../../scoreboard/matrix-cells.ts";
import type { ToursDefect } from "../matrix-row.ts";
import { engine } from "./engine.ts";
import { expiry, matrix, moreDefects } from "./matrix.ts";
import { notDriven } from "./not-driven.ts";

const expectCaught = async ({ defect, tour, caughtAt }: ToursDefect): Promise<void> => {
  const { outcome } = await tourCell(tour, defect);
  expect(outcome.verdict).toMatch(/^(refusedGuard|refusedEffect|accepted)$/);
  expect(outcome).toMatchObject({ action: caughtAt });
};

describe.each(matrix)("$counterexample on $defect", (row) => {
  it("is reproduced by the defect, and refused by production and by the fixed spec at the same state", async () => {
    const { defective, production, fixedSpec, length, violated } = await replayCells(row);
    expect(defective).toMatchObject({ verdict: "reproduced", step: length, invariant: violated });
    for (const refused of [production, fixedSpec]) expect(refused.verdict).toMatch(/^refused(Guard|Effect)$/);
    expect(production.step).toBe(fixedSpec.step);
  });

  // The largest tours are left to the exhaustive tests.
  if (row.tour !== expiry) it("shows in the tour of the fixed spec", () => expectCaught(row));
});

it.each(moreDefects)("$defect, of which no counterexample is committed, shows in the tour of the fixed spec", expectCaught);

describe("the registry", () => {
  it("has a row for every counterexample of the batch store, and every defect in a row", () => {
    const rows = new Set(matrix.map((row) => row.counterexample));
    expect([...rows].sort()).toEqual(batchStoreCollection.counterexamples.map(({ name }) => name).sort());
    const inDefects = Object.entries(engine.defects).flatMap(([name, d]) => d.counterexamples.map((of) => `${of} ${name}`));
    expect(matrix.map((row) => `${row.counterexample} ${row.defect}`).sort()).toEqual(inDefects.sort());
  });

  it.each(batchStoreCollection.counterexamples)("finds the defect of $name by its design", async ({ name }) => {
    const { trace } = await readTrace(`counterexamples/${name}.itf.json`, undefined);
    expect(defectOfDesign(engine, trace.design).counterexamples).toContain(name);
  });

  it.each(notDriven.flatMap(({ what, shown }) => (shown === undefined ? [] : [{ what, shown }])))("shows: $what", async ({ shown }) => {
    const { outcome } = await tourCell(shown);
    expect(outcome).toMatchObject({ verdict: "refusedEffect", action: shown.action, path: shown.path });
  });
});

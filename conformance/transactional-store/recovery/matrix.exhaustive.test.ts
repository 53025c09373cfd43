import { describe, expect, it } from "vitest";
import { search } from "../../../explorer/search/index.ts";
import { instanceOf, tourCell } from "./matrix-cells.ts";
import { largeTours, matrix, tours } from "./matrix.ts";
import type { MatrixTour } from "./matrix.ts";

const all: Readonly<Record<string, MatrixTour>> = { ...tours, ...largeTours };

describe("the specs as they are driven", () => {
  it.each(Object.entries(all).filter(([, t]) => Object.keys(t.design).length === 0))("%s: every invariant holds", async (_, tour) => {
    const options = { symmetry: false, reductions: false, allowDeadlock: true };
    expect((await search(instanceOf(tour), options)).verdict).toBe("holds");
  });
});

describe("tours", () => {
  it.each(Object.entries(all))("%s: production takes every step, and refuses every other", async (name, tour) => {
    const { outcome, coverage } = await tourCell(tour, tour.engine.production());
    expect(outcome).toEqual({ verdict: "passed" });
    expect(coverage.kind).toBe("edges");
    expect(coverage.edges.covered).toBe(coverage.edges.total);
    if (name === "checkpoint") expect(coverage.edges.covered).toBeGreaterThan(10_000);
    if (tour.pairsAround !== undefined) expect(coverage.pairs.covered).toBe(coverage.pairs.total);
  });
  it.each(matrix.filter((r) => "defect" in r))("$counterexample: the tour $tour finds the defect $defect", async (row) => {
    const tour: MatrixTour = tours[row.tour];
    const driver = tour.engine.defects[row.defect]?.make();
    if (driver === undefined) throw new Error(`no defect ${row.defect}`);
    expect((await tourCell(tour, driver)).outcome.verdict).toMatch(/^(refusedGuard|refusedEffect|accepted)$/);
  });
});

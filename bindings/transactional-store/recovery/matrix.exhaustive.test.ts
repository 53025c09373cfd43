import { describe, expect, it } from "vitest";
import { search } from "../../../explorer/search/index.ts";
import { tourCell, tourInstance } from "../../../scoreboard/matrix-cells.ts";
import type { DrivenRow, MatrixTour } from "../../matrix-row.ts";
import { largeTours, matrix, tours } from "./matrix.ts";

const all: Readonly<Record<string, MatrixTour>> = { ...tours, ...largeTours };

describe("the specs as they are driven", () => {
  it.each(Object.entries(all).filter(([, t]) => t.design === undefined))("%s: every invariant holds", async (_, tour) => {
    const options = { symmetry: false, reductions: false, allowDeadlock: true };
    expect((await search(await tourInstance(tour), options)).verdict).toBe("holds");
  });
});

describe("tours", () => {
  it.each(Object.entries(all))("%s: production takes every step, and refuses every other", async (name, tour) => {
    const { outcome, coverage } = await tourCell(tour);
    expect(outcome).toEqual({ verdict: "passed" });
    expect(coverage.kind).toBe("edges");
    expect(coverage.edges.covered).toBe(coverage.edges.total);
    if (name === "checkpoint") expect(coverage.edges.covered).toBeGreaterThan(10_000);
    if (tour.options?.pairsAround !== undefined) expect(coverage.pairs.covered).toBe(coverage.pairs.total);
  });
  it.each(matrix.filter((r): r is DrivenRow => "defect" in r))(
    "$counterexample: the tour finds the defect $defect",
    async ({ tour, defect, caughtAt }) => {
      const { outcome } = await tourCell(tour, defect);
      expect(outcome.verdict).toMatch(/^(refusedGuard|refusedEffect|accepted)$/);
      expect(outcome).toMatchObject({ action: caughtAt });
    },
  );
});

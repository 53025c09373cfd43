/**
 * Production passes every tour; the short ones also with all pairs of steps in a row around crashes, starts and ends of
 * epochs. The defects of the one model that is too large for `matrix.test.ts` are caught.
 */
import { describe, expect, it } from "vitest";
import { findModel } from "../../models/index.ts";
import { tourCell } from "../../scoreboard/matrix-cells.ts";
import type { MatrixTour } from "../matrix-row.ts";
import { expiry, longTours, matrix, shortTours } from "./matrix.ts";

const isAroundCrashes = /Crash|Restart|^Start$|^EndEpoch$/;

const tour = (of: MatrixTour, withPairs: boolean) => {
  const pairsAround = Object.keys(findModel(of.model).spec.actions).filter((name) => withPairs && isAroundCrashes.test(name));
  return tourCell({ ...of, options: { pairsAround } });
};

const expectPassed = async (of: MatrixTour, withPairs: boolean): Promise<void> => {
  const { outcome, coverage, unobserved } = await tour(of, withPairs);
  expect(outcome).toEqual({ verdict: "passed" });
  expect(coverage.kind).toBe("edges");
  expect(coverage.edges.covered).toBe(coverage.edges.total);
  expect(coverage.pairs.covered).toBe(coverage.pairs.total);
  expect(unobserved.fields).toBe(0);
};

it.each(shortTours)("production passes all pairs of $model, $constants", (of) => expectPassed(of, true));
it.each(longTours)("production passes all edges of $model, $constants", (of) => expectPassed(of, false));

describe("defects that show late", () => {
  it.each(matrix.filter((row) => row.tour === expiry))("$defect", async ({ defect, tour: of, caughtAt }) => {
    const { outcome } = await tourCell(of, defect);
    expect(outcome.verdict).toMatch(/^(refusedGuard|refusedEffect|accepted)$/);
    expect(outcome).toMatchObject({ action: caughtAt });
  });
});

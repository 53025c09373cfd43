/**
 * Production passes every tour; the short ones also with all pairs of steps in a row around crashes, starts and ends of
 * epochs. The defects of the one model that is too large for `matrix.test.ts` are caught.
 */
import { describe, expect, it } from "vitest";
import { findModel } from "../../models/index.ts";
import { instantiate } from "../../specs/language/index.ts";
import { batchStoreDefects } from "../defects/batch-store/index.ts";
import type { Driver } from "../driver.ts";
import { tourOn } from "../tour.ts";
import { driverOf, engine } from "./engine.ts";
import { expiry, longTours, matrix, shortTours } from "./matrix.ts";
import type { Toured } from "./matrix.ts";

const isAroundCrashes = /Crash|Restart|^Start$|^EndEpoch$/;

const tour = async ({ model, constants }: Toured, driver: Driver, withPairs = false) => {
  const { spec, constants: own } = findModel(model);
  const instance = instantiate(spec, { constants: { ...own, ...constants } });
  const pairsAround = instance.actions.map(({ name }) => name).filter((name) => withPairs && isAroundCrashes.test(name));
  return tourOn(instance, driver, { model, pairsAround });
};

const expectPassed = async (of: Toured, withPairs: boolean): Promise<void> => {
  const { outcome, coverage, unobserved } = await tour(of, engine.production(), withPairs);
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
    const { outcome } = await tour(of, driverOf(defect, batchStoreDefects[defect]?.patch ?? expect.fail(`no defect ${defect}`)));
    expect(outcome.verdict).toMatch(/^(refusedGuard|refusedEffect|accepted)$/);
    expect(outcome).toMatchObject({ action: caughtAt });
  });
});

/** The matrix of the batch store, but for the long tours, which are in `tours.exhaustive.test.ts`. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromItf, readItf } from "../../explorer/report/index.ts";
import { findModel } from "../../models/index.ts";
import { instantiate } from "../../specs/language/index.ts";
import { batchStoreCollection } from "../../counterexamples/batch-store.ts";
import { defectOfDesign } from "../engines.ts";
import { replayOn } from "../replay.ts";
import { SpecDriver, fixedDesign } from "../spec-driver.ts";
import { tourOn } from "../tour.ts";
import { batchStoreDefects } from "../defects/batch-store/index.ts";
import { driverOf, engine } from "./engine.ts";
import { expiry, matrix, notDriven, seeded } from "./matrix.ts";
import type { MatrixRow, Toured } from "./matrix.ts";

const load = (counterexample: string) => {
  const itf = readItf(readFileSync(`counterexamples/${counterexample}.itf.json`, "utf8"));
  const { spec } = findModel(itf.meta.model);
  const instance = instantiate(spec, itf.meta);
  return { spec, instance, trace: fromItf(itf, instance) };
};
const instanceOf = ({ model, constants }: Toured) => {
  const { spec, constants: own } = findModel(model);
  return instantiate(spec, { constants: { ...own, ...constants } });
};
const defective = (name: string) => driverOf(name, batchStoreDefects[name]?.patch ?? expect.fail(`no defect ${name}`));

const expectCaught = async ({ defect, tour, caughtAt }: Pick<MatrixRow, "defect" | "tour" | "caughtAt">): Promise<void> => {
  const { outcome } = await tourOn(instanceOf(tour), defective(defect), { model: tour.model });
  expect(outcome.verdict).toMatch(/^(refusedGuard|refusedEffect|accepted)$/);
  expect(outcome).toMatchObject({ action: caughtAt });
};

describe.each(matrix)("$counterexample on $defect", (row) => {
  const { counterexample, defect, refusedAt, tour } = row;
  it(`is reproduced with ${defect}, all states equal`, async () => {
    const { instance, trace } = load(counterexample);
    const { outcome, unobserved } = await replayOn(instance, trace, defective(defect));
    expect(outcome).toMatchObject({ verdict: "reproduced", step: trace.steps.length, invariant: trace.violated?.property });
    expect(unobserved.fields).toBe(0);
  });

  it(`is refused by production and by the fixed spec at state ${String(refusedAt)}`, async () => {
    const { spec, instance, trace } = load(counterexample);
    for (const driver of [engine.production(), new SpecDriver(spec, fixedDesign(spec))]) {
      const { outcome } = await replayOn(instance, trace, driver);
      expect(outcome.verdict).toMatch(/^refused(Guard|Effect)$/);
      expect(outcome.step).toBe(refusedAt);
    }
  });

  // The largest tours are left to the exhaustive tests.
  if (tour !== expiry) it("shows in the tour of the fixed spec", () => expectCaught(row));
});

it.each(seeded)("$defect, of which no counterexample is committed, shows in the tour of the fixed spec", expectCaught);

describe("the registry", () => {
  it("has a row for every counterexample of the batch store, and every defect in a row", () => {
    const rows = new Set(matrix.map((row) => row.counterexample));
    expect([...rows].sort()).toEqual(batchStoreCollection.counterexamples.map(({ name }) => name).sort());
    const inDefects = Object.entries(engine.defects).flatMap(([name, d]) => d.counterexamples.map((of) => `${of} ${name}`));
    expect(matrix.map((row) => `${row.counterexample} ${row.defect}`).sort()).toEqual(inDefects.sort());
  });

  it.each(batchStoreCollection.counterexamples)("finds the defect of $name by its design", ({ name }) => {
    expect(defectOfDesign(engine, load(name).trace.design).counterexamples).toContain(name);
  });

  it.each(notDriven.flatMap(({ what, shown }) => (shown === undefined ? [] : [{ what, shown }])))("shows: $what", async ({ shown }) => {
    const { outcome } = await tourOn(instanceOf(shown), engine.production(), { model: shown.model });
    expect(outcome).toMatchObject({ verdict: "refusedEffect", action: shown.action, path: shown.path });
  });
});

/**
 * The matrix of a counterexample: the defective engine reproduces it; production refuses it where the fixed spec does; and
 * a tour of the fixed spec, which production passes, tells the defective engine from it.
 */
import { readTrace } from "../cli/trace-file.ts";
import { instanceOf } from "../cli/subject.ts";
import { findModel } from "../models/index.ts";
import { LockstepError } from "../specs/language/errors.ts";
import type { SpecInstance } from "../specs/language/instantiate.ts";
import type { DrivenRow, MatrixTour } from "../bindings/matrix-row.ts";
import type { Driver } from "../conformance/driver.ts";
import { engineEntry } from "../bindings/engines.ts";
import type { Defect } from "../conformance/engine-entry.ts";
import { replayOn } from "../conformance/replay.ts";
import type { ReplayReport } from "../conformance/replay.ts";
import { SpecDriver, fixedDesign } from "../conformance/spec-driver.ts";
import { tourOn } from "../conformance/tour.ts";
import type { TourReport } from "../conformance/tour.ts";

export interface ReplayCells {
  readonly defective: ReplayReport["outcome"];
  readonly production: ReplayReport["outcome"];
  readonly fixedSpec: ReplayReport["outcome"];
  /** States of the counterexample, and what it violates. */
  readonly length: number;
  readonly violated: string | undefined;
}

const closing = async <T>(driver: Driver, use: (driver: Driver) => Promise<T>): Promise<T> => {
  try {
    return await use(driver);
  } finally {
    await driver.close();
  }
};

const defectOf = async (model: string, name: string): Promise<Defect> => {
  const defect = (await engineEntry(model)).defects[name];
  if (defect === undefined) throw new LockstepError("usage", `the engine of ${model} has no defect ${name}`);
  return defect;
};

/** `folder` is that of the counterexamples. Throws LockstepError. */
export const replayCells = async ({ counterexample, defect, kept }: DrivenRow, folder = "counterexamples"): Promise<ReplayCells> => {
  const { trace, instance } = await readTrace(`${folder}/${counterexample}.itf.json`, undefined);
  const { spec } = findModel(trace.model);
  const on = (made: Driver) => closing(made, async (driver) => (await replayOn(instance, trace, driver)).outcome);
  return {
    defective: await on((await defectOf(trace.model, defect)).make()),
    production: await on((await engineEntry(trace.model)).production()),
    fixedSpec: await on(new SpecDriver(spec, { ...fixedDesign(spec), ...kept })),
    length: trace.steps.length,
    violated: trace.violated?.property,
  };
};

/** What a tour walks through: all of the model that the engine does by its design. */
export const tourInstance = async ({ model, constants, design }: MatrixTour): Promise<SpecInstance> => {
  const found = findModel(model);
  const driven = (await engineEntry(model)).driven?.[model];
  const chosen = { ...fixedDesign(found.spec), ...driven?.design, ...design };
  return instanceOf({ ...found, spec: driven?.spec ?? found.spec }, { ...driven?.constants, ...constants }, chosen);
};

/** A tour of the published design on production, or on the engine with a defect. */
export const tourCell = async (tour: MatrixTour, defect?: string): Promise<TourReport> => {
  const { model, options } = tour;
  const instance = await tourInstance(tour);
  const made = defect === undefined ? (await engineEntry(model)).production() : (await defectOf(model, defect)).make();
  return closing(made, (driver) => tourOn(instance, driver, { model, ...options }));
};

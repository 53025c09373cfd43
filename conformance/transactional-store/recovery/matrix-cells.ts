/** The four cells of a row of the matrix, and what goes with them: a replay or a tour, run on the engine that is named. */
import { readFileSync } from "node:fs";
import { fromItf, readItf } from "../../../explorer/report/index.ts";
import type { Trace } from "../../../explorer/trace.ts";
import { findModel } from "../../../models/index.ts";
import { instantiate } from "../../../specs/language/index.ts";
import type { Design, Spec, SpecInstance } from "../../../specs/language/index.ts";
import type { Driver } from "../../driver.ts";
import { replayOn } from "../../replay.ts";
import type { ReplayReport } from "../../replay.ts";
import { SpecDriver, fixedDesign } from "../../spec-driver.ts";
import { tourOn } from "../../tour.ts";
import type { TourReport } from "../../tour.ts";
import type { MatrixTour } from "./matrix.ts";

export const loadCounterexample = (name: string): { readonly trace: Trace; readonly instance: SpecInstance; readonly spec: Spec } => {
  const itf = readItf(readFileSync(`counterexamples/${name}.itf.json`, "utf8"));
  const { spec } = findModel(itf.meta.model);
  const instance = instantiate(spec, itf.meta);
  return { trace: fromItf(itf, instance), instance, spec };
};

export const replayCell = async (counterexample: string, driver: Driver): Promise<ReplayReport["outcome"]> => {
  const { trace, instance } = loadCounterexample(counterexample);
  try {
    return (await replayOn(instance, trace, driver)).outcome;
  } finally {
    await driver.close();
  }
};

/** The spec with every choice given back but those that are options of the engine. */
export const fixedSpec = (counterexample: string, options: Design = {}): Driver => {
  const { spec } = loadCounterexample(counterexample);
  return new SpecDriver(spec, { ...fixedDesign(spec), ...options });
};

export const instanceOf = ({ model, spec, constants, design }: MatrixTour): SpecInstance => {
  const given = findModel(model);
  return instantiate(spec, { constants: { ...given.constants, ...constants }, design: { ...given.design, ...design } });
};

export const tourCell = async (tour: MatrixTour, driver: Driver): Promise<TourReport> => {
  const { model, probes, pairsAround = [] } = tour;
  try {
    return await tourOn(instanceOf(tour), driver, { model, probes, pairsAround });
  } finally {
    await driver.close();
  }
};

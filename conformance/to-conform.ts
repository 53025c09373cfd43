/**
 * For a project's own tests: `expect.extend({ toConform })`, then
 * `await expect(() => new MyDriver()).toConform({ spec, constants, traces })`. The driver must reproduce nothing bad:
 * it passes a tour of the model, and it refuses every counterexample that is given. It is closed in any case.
 */
import { fromItf, readItf } from "../explorer/report/itf.ts";
import { instantiate } from "../specs/language/instantiate.ts";
import type { Design } from "../specs/language/instantiate.ts";
import type { Constants } from "../specs/language/schema.ts";
import type { Spec } from "../specs/language/system.ts";
import type { DriverFactory } from "./driver.ts";
import { replayOn } from "./replay.ts";
import { verdictText } from "./replay-text.ts";
import { tourOn } from "./tour.ts";
import { tourText } from "./tour-text.ts";
import { tourDefaults } from "./tour.ts";
import type { TourOptions } from "./tourist.ts";

export interface Conformance {
  readonly spec: Spec;
  readonly constants?: Constants;
  readonly design?: Design;
  /** Texts of counterexamples in the Informal Trace Format, which the engine must refuse. */
  readonly traces?: readonly string[];
  readonly tour?: Partial<TourOptions>;
}
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

const refusal = async (factory: DriverFactory, spec: Spec, text: string): Promise<string | undefined> => {
  const itf = readItf(text);
  const instance = instantiate(spec, { constants: itf.meta.constants, design: itf.meta.design });
  const driver = await factory();
  try {
    const { outcome } = await replayOn(instance, fromItf(itf, instance), driver);
    return outcome.verdict === "reproduced" || outcome.verdict === "harnessError" ? verdictText(outcome) : undefined;
  } finally {
    await driver.close();
  }
};

/** Throws LockstepError for a trace that cannot be read or that is not one of the spec. */
export const toConform = async (
  factory: DriverFactory,
  { spec, traces = [], tour = {}, ...given }: Conformance,
): Promise<MatcherResult> => {
  for (const text of traces) {
    const fault = await refusal(factory, spec, text);
    if (fault !== undefined) return { pass: false, message: () => `expected the engine to refuse the counterexample. ${fault}` };
  }
  const driver = await factory();
  try {
    const options = { ...tourDefaults, model: spec.name, ...tour };
    const report = await tourOn(instantiate(spec, given), driver, options);
    const pass = report.outcome.verdict === "passed";
    return { pass, message: () => `expected the engine ${pass ? "not " : ""}to conform to ${spec.name}:\n${tourText(report, options)}` };
  } finally {
    await driver.close();
  }
};

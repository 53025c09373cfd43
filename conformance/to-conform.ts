/**
 * What `expect(() => new MyDriver()).toConform({ spec, constants, traces })` does in a project's own tests. The driver
 * must reproduce nothing bad: it refuses every counterexample that is given, and it passes a tour of the model. It is
 * closed in any case.
 */
import { fromItf, readItf } from "../explorer/report/itf.ts";
import { instantiate } from "../specs/language/instantiate.ts";
import type { Design } from "../specs/language/instantiate.ts";
import type { Constants } from "../specs/language/schema.ts";
import type { Spec } from "../specs/language/system.ts";
import { HarnessError } from "./driver.ts";
import type { DriverFactory, HarnessFailure } from "./driver.ts";
import { replayOn } from "./replay.ts";
import type { Verdict } from "./replay.ts";
import { verdictText } from "./replay-text.ts";
import { tourOn } from "./tour.ts";
import { tourText } from "./tour-text.ts";
import { tourDefaults } from "./tour.ts";
import type { TourOptions, TourVerdict } from "./tourist.ts";

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

/** Neither the matcher nor its opposite may pass when nothing is known about the engine. */
const refuseFailure = (outcome: Verdict | TourVerdict | HarnessFailure): void => {
  if (outcome.verdict === "harnessError") throw new HarnessError(outcome.message, outcome.tail);
};

const refusal = async (factory: DriverFactory, spec: Spec, text: string): Promise<string | undefined> => {
  const itf = readItf(text);
  const instance = instantiate(spec, { constants: itf.meta.constants, design: itf.meta.design });
  const driver = await factory();
  try {
    const { outcome } = await replayOn(instance, fromItf(itf, instance), driver);
    refuseFailure(outcome);
    return outcome.verdict === "reproduced" ? verdictText(outcome) : undefined;
  } finally {
    await driver.close();
  }
};

/** Throws LockstepError for a trace that cannot be read or that is not one of the spec, HarnessError when the harness fails. */
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
    refuseFailure(report.outcome);
    const pass = report.outcome.verdict === "passed";
    return { pass, message: () => `expected the engine ${pass ? "not " : ""}to conform to ${spec.name}:\n${tourText(report, options)}` };
  } finally {
    await driver.close();
  }
};

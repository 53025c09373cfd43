/** Runs the variants of models one after the other and says how each came out. */
import type { SpecInstance } from "../specs/language/instantiate.ts";
import type { Expectation, Model, Variant } from "../explorer/model.ts";
import { exitCodeOfResult, exitCodes } from "./exit-codes.ts";
import type { Interrupted } from "./interrupt.ts";
import { performed } from "./performed.ts";
import { chosenProperties, propertiesOf } from "./properties.ts";
import type { Properties } from "./properties.ts";
import { runSearch } from "./run-search.ts";
import type { SearchOptions, SearchResult } from "../explorer/search/contract.ts";
import { instanceOf } from "./subject.ts";
import type { Located } from "./subject.ts";
import type { Run } from "./summary.ts";
import type { Terminal } from "./terminal.ts";

export interface Compared {
  readonly model: Model;
  readonly variant: Variant;
  readonly run: Run;
  readonly asExpected: boolean;
}

/** A model without variants is compared as it stands. */
export const variantsOf = (model: Model): readonly Variant[] =>
  model.variants ?? [{ label: model.name, design: model.design ?? {}, expected: model.expected }];

export const cameOut = (expected: Expectation, result: SearchResult): boolean =>
  expected.verdict === result.verdict &&
  (expected.verdict === "holds" || (expected.property === result.violation?.property && expected.length === result.violation.length));

export interface Comparison extends Located {
  readonly variant: Variant;
}

const propertiesOfVariant = (variant: Variant, instance: SpecInstance): Properties =>
  variant.invariants === undefined ? propertiesOf(instance) : chosenProperties(instance, variant.invariants, []);

/** Stops between variants when interrupted; the one that was running is included as it stood. */
export const compared = async (
  work: readonly Comparison[],
  options: SearchOptions,
  terminal: Terminal,
  interrupted: Interrupted,
  searched = runSearch,
): Promise<readonly Compared[]> => {
  const done: Compared[] = [];
  for (const [i, { model, origin, variant }] of work.entries()) {
    if (interrupted() !== undefined) break;
    const instance = instanceOf(model, variant.constants, variant.design);
    const label = `${i + 1}/${work.length} ${variant.label}`;
    if (!terminal.live) terminal.err(`${label}\n`);
    const subject = { model, instance, origin };
    const allowDeadlock = model.allowDeadlock ?? false;
    const run = await performed(
      { subject, properties: propertiesOfVariant(variant, instance), label, options: { ...options, allowDeadlock } },
      terminal,
      interrupted,
      searched,
    );
    done.push({ model, variant, run, asExpected: cameOut(variant.expected, run.result) });
  }
  return done;
};

/** 0 when all came out as expected. Otherwise the first surprise decides: its own code, or "unmet" for a violation that is missing or of another length. */
export const exitCodeOfComparison = (all: readonly Compared[], wanted: number): number => {
  const surprise = all.find((c) => !c.asExpected);
  if (surprise === undefined) return all.length < wanted ? exitCodes.inconclusive : exitCodes.holds;
  const { result } = surprise.run;
  const missing = surprise.variant.expected.verdict === "violated" && result.verdict !== "inconclusive";
  return missing ? exitCodes.unmet : exitCodeOfResult(result);
};

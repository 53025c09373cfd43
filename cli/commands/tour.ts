/** `tour MODEL`: every step of a small model on an engine. Exit code 0 when all are as in the spec, 20 when one is not. */
import { collected, constantsOf, durationMs, wholeNumber } from "../options.ts";
import type { Assignments } from "../options.ts";
import type { AddCommand } from "../program.ts";
import { constOption, designOption, jsonOption, seedOption } from "../shared-options.ts";
import { designOf, instanceOf, modelNamed } from "../subject.ts";
import type { Terminal } from "../terminal.ts";
import { thousands } from "../../explorer/report/table.ts";
import { drivenBy, engineOf } from "../engine-words.ts";
import type { EngineWords } from "../engine-words.ts";
import { closing, conformanceCodes, reportHarnessFailure } from "../conformance-outcome.ts";
import { tourDefaults, tourOn } from "../../conformance/tour.ts";
import type { Coverage } from "../../conformance/tour.ts";
import { tourText } from "../../conformance/tour-text.ts";

export interface TourWords extends EngineWords {
  readonly const: Assignments;
  readonly design: Assignments;
  readonly seed?: number | undefined;
  readonly maxStates: number;
  readonly maxEdges: number;
  readonly maxSteps: number;
  readonly pairsAround: readonly string[];
  readonly probes: boolean;
  readonly json?: true | undefined;
}

/** Returns the exit code. Throws LockstepError "usage", "load", "constants", "assumption"; SpecError. */
export const tourCommand = async (word: string, words: TourWords, terminal: Terminal): Promise<number> => {
  const engine = engineOf(words);
  const { model: found } = await modelNamed(word);
  const { name } = found;
  const driven = await drivenBy(words, name);
  const model = { ...found, spec: driven?.spec ?? found.spec };
  const constants = { ...driven?.constants, ...constantsOf(words.const) };
  const instance = instanceOf(model, constants, { ...driven?.design, ...designOf(model.spec, words.design) });
  const driver = await engine(found.spec, name, instance.design);
  try {
    const { maxStates, maxEdges, maxSteps, pairsAround, probes, seed = 0 } = words;
    const begun = performance.now();
    const report = await tourOn(instance, driver, { model: name, seed, maxStates, maxEdges, maxSteps, pairsAround, probes });
    const { outcome, path, coverage, unobserved } = report;
    const seconds = (performance.now() - begun) / 1000;
    if (words.json !== true) {
      const text = tourText(report, words, terminal.painter, driven?.leftOut);
      terminal.out(`${text}\n${timeText(seconds, coverage)}\n`);
    }
    if (outcome.verdict === "harnessError") return reportHarnessFailure(outcome, terminal);
    if (words.json === true) {
      const subject = { model: name, constants: instance.constants, design: instance.design };
      terminal.out(
        `${JSON.stringify({ ...outcome, ...subject, path: path.map((b) => b.action), coverage, seconds, unobserved, leftOut: driven?.leftOut })}\n`,
      );
    }
    return outcome.verdict === "passed" ? conformanceCodes.conforms : conformanceCodes.mismatch;
  } finally {
    await closing(() => driver.close(), terminal);
  }
};

/** All that a tour is: the search of the model, the engine's steps and starts, and the comparisons. */
const timeText = (seconds: number, { steps, probes }: Coverage): string =>
  `${seconds.toFixed(2)} s: ${thousands(Math.round((steps + probes) / seconds))} steps, taken or refused, a second.`;

export const addTour: AddCommand = (program, terminal, ended) => {
  program
    .command("tour")
    .description("take every step of a small model on an engine, and try in every state what the spec forbids there")
    .argument("<model>", "a model, as list prints them")
    .option("--engine <name>", "spec, fixed-spec, production, defect (that of --design), defect:NAME")
    .option("--adapter <command>", "an engine in another process that speaks the adapter protocol")
    .option("--mapping <file>", "for an adapter that holds one node: what the spec's actions are to it")
    .option("--timeout <duration>", "how long an adapter may take for an answer", durationMs)
    .option("--max-states <n>", "above this the tour is a sample", wholeNumber(1), tourDefaults.maxStates)
    .option("--max-edges <n>", "above this the tour is a sample", wholeNumber(1), tourDefaults.maxEdges)
    .option("--max-steps <n>", "steps of a sample", wholeNumber(1), tourDefaults.maxSteps)
    .option(
      "--pairs-around <action>",
      "take all pairs of steps in a row around this action; repeatable",
      collected,
      [] as readonly string[],
    )
    .option("--no-probes", "do not try what the spec forbids")
    .addOption(constOption())
    .addOption(designOption())
    .addOption(seedOption())
    .addOption(jsonOption())
    .action(async (name, options) => ended(await tourCommand(name, options, terminal)));
};

import { traceText } from "../../explorer/report/text.ts";
import type { TextOptions } from "../../explorer/report/text.ts";
import { assignmentsText, commandLine } from "../command-line.ts";
import { emit, refuseTwoOutputs } from "../emit.ts";
import { exitCodeOfViolation, exitCodes } from "../exit-codes.ts";
import { interruptible } from "../interrupt.ts";
import { wholeNumber } from "../options.ts";
import type { Assignments } from "../options.ts";
import { walkProgress } from "../progress.ts";
import type { AddCommand } from "../program.ts";
import { projectOf } from "../project.ts";
import { chosenProperties } from "../properties.ts";
import { violationJson } from "../result-json.ts";
import { walked } from "../walks.ts";
import type { Walked } from "../walks.ts";
import * as shared from "../shared-options.ts";
import { subjectOf } from "../subject.ts";
import type { Subject } from "../subject.ts";
import type { Terminal } from "../terminal.ts";

export interface SimulateOptions {
  readonly spec?: string | undefined;
  readonly const: Assignments;
  readonly design: Assignments;
  readonly invariant: readonly string[];
  readonly property: readonly string[];
  readonly maxSteps: number;
  readonly maxSamples: number;
  readonly seed?: number | undefined;
  readonly allowDeadlock?: true | undefined;
  readonly outItf?: string | undefined;
  readonly full?: true | undefined;
  readonly json?: true | undefined;
}

/** A seed for whoever gave none; it is printed, so that the run can be repeated. */
const freshSeed = (): number => Math.floor(Math.random() * 2 ** 31);

const verdictOf = (w: Walked): string => (w.violation === undefined ? "inconclusive" : "violated");

const json = async ({ instance, model }: Subject, w: Walked) => ({
  model: model.name,
  design: instance.design,
  constants: instance.constants,
  verdict: verdictOf(w),
  seed: w.seed,
  samples: w.samples,
  steps: w.steps,
  longest: w.longest,
  deadlocks: w.deadlocks,
  actions: w.actions,
  ...(w.violation === undefined ? {} : { violation: await violationJson(w.violation, instance) }),
  seconds: w.seconds,
});

const text = ({ instance, model }: Subject, w: Walked, repeat: string, options: TextOptions): string => {
  const outcome =
    w.violation === undefined
      ? "inconclusive: no violation in the walks taken, which proves nothing"
      : `violated: ${w.violation.violated?.property ?? ""} by a behaviour of ${w.violation.steps.length} states, not necessarily the shortest`;
  const idle = Object.entries(w.actions).flatMap(([name, n]) => (n === 0 ? [name] : []));
  return [
    `${model.name}: ${outcome}${w.interrupted === undefined ? "" : ` (${w.interrupted})`}.`,
    `${w.samples} walks, ${w.steps} steps; the longest walk has ${w.longest} states; ${w.deadlocks} ended in a state without successors.`,
    `Actions never taken: ${idle.length === 0 ? "none" : idle.join(", ")}.`,
    `Constants: ${assignmentsText(instance.constants) || "none"}. Design: ${assignmentsText(instance.design) || "no switches"}. Seed: ${w.seed}.`,
    `Repeat: ${repeat}`,
    ...(w.violation === undefined ? [] : ["", traceText(w.violation, options)]),
  ].join("\n");
};

const simulate = async (name: string | undefined, o: SimulateOptions, terminal: Terminal): Promise<number> => {
  refuseTwoOutputs(o);
  const subject = await subjectOf({ model: name, specFile: o.spec, constants: o.const, design: o.design });
  const properties = chosenProperties(subject.instance, o.invariant, o.property);
  const allowDeadlock = o.allowDeadlock ?? subject.model.allowDeadlock ?? false;
  const options = {
    seed: o.seed ?? freshSeed(),
    maxSteps: o.maxSteps,
    maxSamples: o.maxSamples,
    model: subject.model.name,
    allowDeadlock,
    invariants: [...properties.invariants, ...properties.actionProperties],
  };
  const progress = walkProgress(terminal, subject.model.name);
  const w = await interruptible((interrupted) => walked(subject.instance, options, interrupted, progress.onProgress)).finally(
    progress.finish,
  );
  const words = ["--seed", String(w.violation === undefined ? options.seed : w.lastSeed), "--max-steps", String(o.maxSteps)];
  const samples = ["--max-samples", String(w.violation === undefined ? o.maxSamples : 1)];
  const named = [...o.invariant.flatMap((n) => ["--invariant", n]), ...o.property.flatMap((n) => ["--property", n])];
  const repeat = commandLine("simulate", subject.origin, subject.instance, [...named, ...words, ...samples]);
  const outcome = {
    instance: subject.instance,
    trace: w.violation,
    complete: false,
    elsewhere: async () => (await import("../would-violate.ts")).wouldViolate(subject, (await projectOf()).models),
    json: () => json(subject, w),
    report: () => text(subject, w, repeat, { painter: terminal.painter, full: o.full === true }),
  };
  await emit(outcome, o, terminal);
  return w.violation?.violated === undefined ? exitCodes.inconclusive : exitCodeOfViolation(w.violation.violated.kind);
};

export const addSimulate: AddCommand = (program, terminal, ended) => {
  program
    .command("simulate")
    .description("walk at random through a model: a quick look where a search would take too long")
    .argument("[model]", "a name that `list` shows, or a file that exports a spec or models: FILE.ts, FILE.ts#NAME")
    .addOption(shared.specOption())
    .addOption(shared.constOption())
    .addOption(shared.designOption())
    .addOption(shared.invariantOption())
    .addOption(shared.propertyOption())
    .option("--max-steps <n>", "steps of one walk", wholeNumber(1), 100)
    .option("--max-samples <n>", "walks", wholeNumber(1), 1000)
    .addOption(shared.seedOption())
    .addOption(shared.allowDeadlockOption())
    .addOption(shared.outItfOption())
    .addOption(shared.fullOption())
    .addOption(shared.jsonOption())
    .action(async (name, options) => ended(await simulate(name, options, terminal)));
};

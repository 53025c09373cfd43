import { SpecFault } from "../../explorer/search/result/spec-fault.ts";
import type { Painter } from "../../explorer/report/painter.ts";
import { emit, refuseTwoOutputs } from "../emit.ts";
import { exitCodeOfResult } from "../exit-codes.ts";
import { writeWhole } from "../files.ts";
import { interruptible } from "../interrupt.ts";
import { dumpFile, wholeNumber } from "../options.ts";
import type { Assignments } from "../options.ts";
import { performed } from "../performed.ts";
import type { Work } from "../performed.ts";
import type { AddCommand } from "../program.ts";
import { projectOf } from "../project.ts";
import { chosenProperties } from "../properties.ts";
import { resultJson } from "../result-json.ts";
import * as shared from "../shared-options.ts";
import { subjectOf } from "../subject.ts";
import { summary } from "../summary.ts";
import type { Run } from "../summary.ts";
import type { Terminal } from "../terminal.ts";

export interface CheckOptions {
  readonly spec?: string | undefined;
  readonly const: Assignments;
  readonly design: Assignments;
  readonly invariant: readonly string[];
  readonly property: readonly string[];
  readonly symmetry: boolean;
  readonly reduce: boolean;
  readonly workers: number;
  readonly maxDepth?: number | undefined;
  readonly maxStates?: number | undefined;
  readonly maxMemory?: number | undefined;
  readonly timeout?: number | undefined;
  readonly continue?: true | undefined;
  readonly allowDeadlock?: true | undefined;
  readonly coverage?: true | undefined;
  readonly outItf?: string | undefined;
  readonly dump?: string | undefined;
  readonly full?: true | undefined;
  readonly json?: true | undefined;
}

const workOf = async (model: string | undefined, o: CheckOptions): Promise<Work> => {
  const subject = await subjectOf({ model, specFile: o.spec, constants: o.const, design: o.design });
  return {
    subject,
    properties: chosenProperties(subject.instance, o.invariant, o.property),
    label: subject.model.name,
    options: {
      symmetry: o.symmetry,
      reductions: o.reduce,
      workers: o.workers,
      allowDeadlock: o.allowDeadlock ?? subject.model.allowDeadlock ?? false,
      continueAfterViolation: o.continue ?? false,
      ...(o.maxDepth === undefined ? {} : { maxDepth: o.maxDepth }),
      ...(o.maxStates === undefined ? {} : { maxStates: o.maxStates }),
      ...(o.maxMemory === undefined ? {} : { memoryBytes: o.maxMemory }),
      ...(o.timeout === undefined ? {} : { timeoutMs: o.timeout }),
    },
  };
};

// What only some runs need is loaded when it is needed, so that the search of a small model need not wait for it.
const report = async (run: Run, { coverage, full }: CheckOptions, painter: Painter): Promise<string> => {
  const { violations } = run.result;
  const text = summary(run, coverage === true);
  if (violations.length === 0) return text;
  const { traceText } = await import("../../explorer/report/text.ts");
  return [text, ...violations.map((v) => `\n${traceText(v.trace, { painter, full: full === true })}`)].join("\n");
};

const check = async (model: string | undefined, o: CheckOptions, terminal: Terminal): Promise<number> => {
  refuseTwoOutputs(o);
  const work = await workOf(model, o);
  if (o.dump !== undefined)
    await writeWhole(o.dump, (await import("../state-graph.ts")).stateGraph(work.subject.instance, o.full === true));
  let run: Run;
  try {
    run = await interruptible((interrupted) => performed(work, terminal, interrupted));
  } catch (error) {
    if (error instanceof SpecFault) await (await import("../fault-report.ts")).reportFault(error, work.subject.instance, o, terminal);
    throw error;
  }
  const { instance, result } = run;
  const outcome = {
    instance,
    trace: result.violation?.trace,
    complete: result.verdict === "holds",
    elsewhere: async () => (await import("../would-violate.ts")).wouldViolate(work.subject, (await projectOf()).models),
    json: () => resultJson(run),
    report: () => report(run, o, terminal.painter),
  };
  await emit(outcome, o, terminal);
  return exitCodeOfResult(run.result);
};

export const addCheck: AddCommand = (program, terminal, ended) => {
  program
    .command("check")
    .description("search every behaviour of a model, breadth first, for the shortest violation")
    .argument("[model]", "a name that `list` shows, or a file that exports a spec or models: FILE.ts, FILE.ts#NAME")
    .addOption(shared.specOption())
    .addOption(shared.constOption())
    .addOption(shared.designOption())
    .addOption(shared.invariantOption())
    .addOption(shared.propertyOption())
    .option("--symmetry", "treat states that differ by a permutation of symmetric sets as one (the default)", true)
    .option("--no-symmetry", "tell them apart")
    .option("--reduce", "apply the reductions that the spec declares (the default)", true)
    .option("--no-reduce", "apply none")
    .addOption(shared.workersOption())
    .option("--max-depth <n>", "expand no state of this level; the initial states are level 1", wholeNumber(1))
    .addOption(shared.maxStatesOption())
    .addOption(shared.maxMemoryOption())
    .addOption(shared.timeoutOption())
    .option("--continue", "go on after a violation and report the first of each property")
    .addOption(shared.allowDeadlockOption())
    .option("--coverage", "print how many successors each action generated")
    .addOption(shared.outItfOption())
    .option("--dump <dot file>", "write the state graph of a small model, as in --dump dot graph.dot", dumpFile)
    .addOption(shared.fullOption())
    .addOption(shared.jsonOption())
    .option("--seed <n>", "taken for the sake of scripts: an exhaustive search makes no random choice", wholeNumber(0))
    .action(async (model, options) => ended(await check(model, options, terminal)));
};

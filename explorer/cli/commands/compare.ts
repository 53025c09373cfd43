import type { Model } from "../../../models/model.ts";
import { LockstepError } from "../../../specs/language/errors.ts";
import { diffText } from "../../report/diff.ts";
import type { Painter } from "../../report/painter.ts";
import { spaceTimeText } from "../../report/space-time.ts";
import { table } from "../../report/table.ts";
import type { Cell } from "../../report/table.ts";
import type { Violation } from "../../search/result.ts";
import { assignmentsText } from "../command-line.ts";
import { compared, exitCodeOfComparison, variantsOf } from "../comparison.ts";
import type { Compared, Comparison } from "../comparison.ts";
import { findingsText } from "../findings-text.ts";
import { interruptible } from "../interrupt.ts";
import { findings } from "../lattice.ts";
import type { AddCommand } from "../program.ts";
import { collected } from "../options.ts";
import { variantJson } from "../result-json.ts";
import * as shared from "../shared-options.ts";
import { instanceOf, modelsNamed } from "../subject.ts";
import type { Terminal } from "../terminal.ts";
import { expectationText } from "./list.ts";

export interface CompareOptions {
  readonly only: readonly string[];
  readonly workers: number;
  readonly maxStates?: number | undefined;
  readonly maxMemory?: number | undefined;
  readonly timeout?: number | undefined;
  readonly diff?: true | undefined;
  readonly draw?: true | undefined;
  readonly json?: true | undefined;
}

const workOf = (names: readonly string[], only: readonly string[]): readonly Comparison[] => {
  const all = names.flatMap(modelsNamed).flatMap((model) => variantsOf(model).map((variant) => ({ model, variant })));
  const labels = all.map((c) => c.variant.label);
  const unknown = only.find((label) => !labels.includes(label));
  if (unknown !== undefined) throw new LockstepError("usage", `no variant is called ${unknown}; they are ${labels.join(", ")}`);
  return only.length === 0 ? all : all.filter((c) => only.includes(c.variant.label));
};

const row = ({ variant, run, asExpected }: Compared): readonly Cell[] => {
  const { result, instance } = run;
  const { verdict, violation } = result;
  return [
    variant.label,
    assignmentsText(instance.constants),
    verdict,
    violation?.property ?? "",
    violation?.length,
    result.distinct,
    `${result.seconds.toFixed(2)} s`,
    asExpected ? "as expected" : `EXPECTED: ${expectationText(variant.expected)}`,
  ];
};
const header = ["design", "constants", "verdict", "property", "length", "distinct", "time", "expected"];

/** Per model, because a switch means something within its own spec only. */
const findingsOf = (model: Model, all: readonly Compared[]): readonly string[] => {
  const mine = all.filter((c) => c.model === model);
  const runs = mine.map((c) => ({ design: c.run.instance.design, verdict: c.run.result.verdict, violation: c.run.result.violation }));
  const found = runs.length < 2 ? undefined : findings(instanceOf(model).design, runs);
  const bounds = [...new Set(mine.map((c) => assignmentsText(c.run.instance.constants)))];
  return found === undefined ? [] : ["", findingsText(found, bounds)];
};

/** The violations that were found, the shortest first. */
const violationsOf = (all: readonly Compared[]): readonly (Violation & { readonly label: string })[] =>
  all
    .flatMap(({ run, variant }) => (run.result.violation === undefined ? [] : [{ ...run.result.violation, label: variant.label }]))
    .sort((a, b) => a.length - b.length);

const picturesOf = (all: readonly Compared[], o: CompareOptions, painter: Painter): readonly string[] => {
  const [first, second] = violationsOf(all);
  const lines: string[] = [];
  if (o.diff === true && (first === undefined || second === undefined))
    lines.push("", "Fewer than two designs were violated, so there is nothing to diff.");
  if (o.diff === true && first !== undefined && second !== undefined)
    lines.push("", `Counterexamples of ${first.label} and ${second.label}:`, diffText(first.trace, second.trace));
  if (o.draw === true && first !== undefined)
    lines.push(
      "",
      `The shortest counterexample: ${first.label} violates ${first.property} in ${first.length} states.`,
      spaceTimeText(first.trace, { painter }),
    );
  return lines;
};

const compare = async (names: readonly string[], o: CompareOptions, terminal: Terminal): Promise<number> => {
  const work = workOf(names, o.only);
  const options = {
    workers: o.workers,
    ...(o.maxStates === undefined ? {} : { maxStates: o.maxStates }),
    ...(o.maxMemory === undefined ? {} : { memoryBytes: o.maxMemory }),
    ...(o.timeout === undefined ? {} : { timeoutMs: o.timeout }),
  };
  const all = await interruptible((interrupted) => compared(work, options, terminal, interrupted));
  if (o.json === true) terminal.out(`${JSON.stringify(await Promise.all(all.map((c) => variantJson(c.run, c.variant, c.asExpected))))}\n`);
  else {
    const models = [...new Set(all.map((c) => c.model))];
    const lines = [table(header, all.map(row)), ...models.flatMap((m) => findingsOf(m, all)), ...picturesOf(all, o, terminal.painter)];
    if (all.length < work.length) lines.push("", `Interrupted: ${work.length - all.length} of ${work.length} variants did not run.`);
    terminal.out(`${lines.join("\n")}\n`);
  }
  return exitCodeOfComparison(all, work.length);
};

export const addCompare: AddCommand = (program, terminal, ended) => {
  program
    .command("compare")
    .description("run the designs of a system side by side: which hold, which do not, and which fixes matter")
    .argument("<model...>", "names of models, or of a system for all of its models")
    .option("--only <label>", "run only the variant of this label; repeatable", collected, [] as readonly string[])
    .addOption(shared.workersOption())
    .addOption(shared.maxStatesOption())
    .addOption(shared.maxMemoryOption())
    .addOption(shared.timeoutOption())
    .option("--diff", "align the two shortest counterexamples side by side")
    .option("--draw", "draw the shortest counterexample as a space-time diagram")
    .addOption(shared.jsonOption())
    .action(async (names, options) => ended(await compare(names, options, terminal)));
};

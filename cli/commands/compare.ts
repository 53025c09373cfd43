import type { Model } from "../../explorer/model.ts";
import { equal } from "../../specs/language/collections.ts";
import { LockstepError } from "../../specs/language/errors.ts";
import { sameConstant } from "../../specs/language/constants.ts";
import type { Constants } from "../../specs/language/schema.ts";
import { diffText } from "../../explorer/report/diff.ts";
import type { Painter } from "../../explorer/report/painter.ts";
import { spaceTimeText } from "../../explorer/report/space-time.ts";
import { table } from "../../explorer/report/table.ts";
import type { Cell } from "../../explorer/report/table.ts";
import type { Violation } from "../../explorer/search/contract.ts";
import { assignmentsText } from "../command-line.ts";
import { compared, exitCodeOfComparison, variantsOf } from "../comparison.ts";
import type { Compared, Comparison } from "../comparison.ts";
import { findingsText } from "../findings-text.ts";
import { interruptible } from "../interrupt.ts";
import { findings } from "../lattice.ts";
import type { DesignRun } from "../lattice.ts";
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
  readonly full?: true | undefined;
  readonly json?: true | undefined;
}

const workOf = async (names: readonly string[], only: readonly string[]): Promise<readonly Comparison[]> => {
  const located = (await Promise.all(names.map(modelsNamed))).flat();
  const all = located.flatMap((found) => variantsOf(found.model).map((variant) => ({ ...found, variant })));
  const labels = all.map((c) => c.variant.label);
  const unknown = only.find((label) => !labels.includes(label));
  if (unknown !== undefined) throw new LockstepError("usage", `no variant is called ${unknown}; they are ${labels.join(", ")}`);
  return only.length === 0 ? all : all.filter((c) => only.includes(c.variant.label));
};

/** The constants that all runs have in common; a table need not repeat them in every row. */
const commonConstants = (all: readonly Compared[]): Constants => {
  const [first, ...rest] = all.map((c) => c.run.instance.constants);
  return Object.fromEntries(Object.entries(first ?? {}).filter(([name, value]) => rest.every((other) => sameConstant(other[name], value))));
};

const row = ({ model, variant, run, asExpected }: Compared, common: Constants, several: boolean): readonly Cell[] => {
  const { result, instance, properties } = run;
  const { verdict, violation } = result;
  const own = Object.fromEntries(Object.entries(instance.constants).filter(([name]) => !Object.hasOwn(common, name)));
  const checked = variant.invariants === undefined ? "" : `only ${properties.invariants.join(", ")}`;
  return [
    several ? `${model.name}: ${variant.label}` : variant.label,
    assignmentsText(own),
    verdict,
    violation?.property ?? checked,
    violation?.length,
    result.distinct,
    `${result.seconds.toFixed(2)} s`,
    asExpected ? "as expected" : `EXPECTED: ${expectationText(variant.expected)}`,
  ];
};
const header = ["design", "constants", "verdict", "property", "length", "distinct", "time", "outcome"];

const tableOf = (all: readonly Compared[]): readonly string[] => {
  const common = commonConstants(all);
  const several = new Set(all.map((c) => c.model)).size > 1;
  const shared = assignmentsText(common);
  return [
    table(
      header,
      all.map((c) => row(c, common, several)),
    ),
    `${all.filter((c) => c.asExpected).length} of ${all.length} came out as expected${shared === "" ? "" : `; in all of them ${shared}`}.`,
  ];
};

/** Per model, because a switch means something within its own spec only. */
const findingsOf = (model: Model, all: readonly Compared[], several: boolean): readonly string[] => {
  const mine = all.filter((c) => c.model === model);
  const runs = mine.map(({ variant, run: { instance, result } }): DesignRun => {
    const { verdict, violation } = result;
    return { design: instance.design, complete: variant.invariants === undefined, verdict, violation };
  });
  const found = runs.length < 2 ? undefined : findings(instanceOf(model).design, runs);
  const bounds = [...new Set(mine.map((c) => assignmentsText(c.run.instance.constants)))];
  if (found !== undefined) return ["", ...(several ? [model.name] : []), findingsText(found, bounds)];
  return runs.length < 2
    ? []
    : ["", `${model.name}: its own design was not among these, or does not hold in all of them; nothing follows for single switches.`];
};

interface Shown extends Violation {
  readonly label: string;
}

/** The violations that were found, the shortest first. */
const violationsOf = (all: readonly Compared[]): readonly Shown[] =>
  all
    .flatMap(({ run, variant }) => (run.result.violation === undefined ? [] : [{ ...run.result.violation, label: variant.label }]))
    .sort((a, b) => a.length - b.length);

const diffOf = ([first, ...rest]: readonly Shown[], full: boolean): readonly string[] => {
  const other = rest.find((v) => !equal(v.trace.design, first?.trace.design));
  if (first === undefined || other === undefined) return ["", "Fewer than two designs were violated, so there is nothing to diff."];
  return ["", `Counterexamples of ${first.label} (left) and ${other.label} (right):`, diffText(first.trace, other.trace, { full })];
};

const drawingOf = ([first]: readonly Shown[], full: boolean, painter: Painter): readonly string[] => {
  if (first === undefined) return ["", "No design was violated, so there is nothing to draw."];
  const what = `The shortest counterexample: ${first.label}, ${first.property}, ${first.length} states.`;
  return ["", what, "", spaceTimeText(first.trace, { painter, full })];
};

const report = (all: readonly Compared[], wanted: number, o: CompareOptions, painter: Painter): string => {
  const models = [...new Set(all.map((c) => c.model))];
  const violations = violationsOf(all);
  return [
    ...tableOf(all),
    ...models.flatMap((m) => findingsOf(m, all, models.length > 1)),
    ...(o.diff === true ? diffOf(violations, o.full === true) : []),
    ...(o.draw === true ? drawingOf(violations, o.full === true, painter) : []),
    ...(all.length < wanted ? ["", `Interrupted: ${wanted - all.length} of ${wanted} variants did not run.`] : []),
  ].join("\n");
};

const compare = async (names: readonly string[], o: CompareOptions, terminal: Terminal): Promise<number> => {
  const work = await workOf(names, o.only);
  const options = {
    workers: o.workers,
    ...(o.maxStates === undefined ? {} : { maxStates: o.maxStates }),
    ...(o.maxMemory === undefined ? {} : { memoryBytes: o.maxMemory }),
    ...(o.timeout === undefined ? {} : { timeoutMs: o.timeout }),
  };
  const all = await interruptible((interrupted) => compared(work, options, terminal, interrupted));
  if (o.json === true) terminal.out(`${JSON.stringify(await Promise.all(all.map((c) => variantJson(c.run, c.variant, c.asExpected))))}\n`);
  else terminal.out(`${report(all, work.length, o, terminal.painter)}\n`);
  return exitCodeOfComparison(all, work.length);
};

export const addCompare: AddCommand = (program, terminal, ended) => {
  program
    .command("compare")
    .description("run the designs of a system side by side: which hold, which do not, and which fixes matter")
    .argument("<model...>", "names of models, of a system for all of its models, or files that export models")
    .option("--only <label>", "run only the variant of this label; repeatable", collected, [] as readonly string[])
    .addOption(shared.workersOption())
    .addOption(shared.maxStatesOption())
    .addOption(shared.maxMemoryOption())
    .addOption(shared.timeoutOption())
    .option("--diff", "align the two shortest counterexamples side by side")
    .option("--draw", "draw the shortest counterexample as a space-time diagram")
    .addOption(shared.fullOption())
    .addOption(shared.jsonOption())
    .action(async (names, options) => ended(await compare(names, options, terminal)));
};

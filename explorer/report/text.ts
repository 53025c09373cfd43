/** A trace as text, in TLC's manner: `State n: <Action(arguments) file:line>` and what the step changed. */
import type { State } from "../../specs/language/instantiate.ts";
import { changeWithin, changesOf, pathText } from "../changes.ts";
import type { Change } from "../changes.ts";
import type { Judgement, Step, Trace } from "../trace.ts";
import { callText, isRecord, shortenMiddle, valueText } from "../value-text.ts";
import { conclusion } from "./conclusion.ts";
import { leftOutNote } from "./left-out.ts";
import { plain } from "./painter.ts";
import type { Painter } from "./painter.ts";

export { conclusion } from "./conclusion.ts";

export interface TextOptions {
  /**
   * Every variable in every state and whole, with the changed lines marked; by default only what changed after the first
   * state, with marks where long values lack a part.
   */
  readonly full?: boolean;
  readonly painter?: Painter;
  /** Characters of a line unless everything is shown; default 200. */
  readonly width?: number;
  /** For a trace from outside, what was found of what it says of itself. */
  readonly judgement?: Judgement | undefined;
}

const DEFAULT_WIDTH = 200;

/** Not a variant, which is read as one. */
const hasParts = (value: unknown): value is Readonly<Record<string, unknown>> => isRecord(value) && !("type" in value);

interface Line {
  readonly path: readonly string[];
  readonly text: string;
}

/** One line for each variable, or for each key of a map of records: a process is what a reader looks for. */
const linesOf = (state: State): readonly Line[] =>
  Object.entries(state).flatMap(([name, value]): Line[] => {
    if (hasParts(value) && Object.values(value).some(hasParts))
      return Object.entries(value).map(([k, v]) => ({ path: [name, k], text: `${pathText([name, k])} = ${valueText(v)}` }));
    return [{ path: [name], text: `${name} = ${valueText(value)}` }];
  });

const isUnder = (path: readonly string[], above: readonly string[]): boolean => above.every((key, i) => path[i] === key);

const changeLine = (change: Change, all: readonly Change[], paint: Painter, width: number): string => {
  const text = changeWithin(change, width - 4, all);
  if (change.kind === "element" && change.before === undefined) return `  ${paint.added(`* ${text}`)}`;
  if (change.kind === "element" && change.after === undefined) return `  ${paint.removed(`* ${text}`)}`;
  return `  ${paint.changed(`* ${text}`)}`;
};

const fullLines = (state: State, changes: readonly Change[], paint: Painter, width: number): string[] =>
  linesOf(state).map(({ path, text }) => {
    const line = shortenMiddle(text, width - 4);
    return changes.some((c) => isUnder(c.path, path)) ? `  ${paint.changed(`* ${line}`)}` : `    ${line}`;
  });

/** `Action(arguments) file:line`, or what TLC calls the first state. */
export const stepTitle = (step: Step, paint: Painter = plain): string => {
  if (step.action === undefined) return paint.action("Initial predicate");
  const call = paint.action(callText(step.action, step.arguments));
  return step.location === "" ? call : `${call} ${paint.faint(step.location)}`;
};

const stateLines = (step: Step, before: Step | undefined, full: boolean, paint: Painter, width: number): string[] => {
  const changes = before === undefined ? [] : changesOf(before.state, step.state);
  if (before === undefined || full) return fullLines(step.state, changes, paint, width);
  return changes.length === 0 ? [`    ${paint.faint("(nothing changes)")}`] : changes.map((c) => changeLine(c, changes, paint, width));
};

const statesText = (trace: Trace, full: boolean, paint: Painter, width: number): string =>
  trace.steps
    .flatMap((step, i) => [
      `State ${String(i + 1)}: <${stepTitle(step, paint)}>`,
      ...stateLines(step, trace.steps[i - 1], full, paint, width),
      "",
    ])
    .join("\n");

export const traceText = (trace: Trace, options: TextOptions = {}): string => {
  const { painter: paint = plain, full = false, judgement } = options;
  const width = full ? Infinity : (options.width ?? DEFAULT_WIDTH);
  const states = statesText(trace, full, paint, width);
  const isWhole = width === Infinity || states === statesText(trace, full, paint, Infinity);
  const end = conclusion(trace, judgement);
  const isGood = trace.violated === undefined || trace.violated.kind === "witness";
  return [states, ...(isWhole ? [] : [paint.faint(leftOutNote), ""]), isGood ? end : paint.bad(end)].join("\n");
};

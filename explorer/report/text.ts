/** A trace as text, in TLC's manner: `State n: <Action(arguments) file:line>` and what the step changed. */
import type { State } from "../../specs/language/instantiate.ts";
import { changeText, changesOf, pathText } from "../changes.ts";
import type { Change } from "../changes.ts";
import type { Step, Trace } from "../trace.ts";
import { callText, isRecord, shorten, valueText } from "../value-text.ts";
import { plain } from "./painter.ts";
import type { Painter } from "./painter.ts";

export interface TextOptions {
  /** Every variable in every state, with the changed lines marked; by default only what changed after the first state. */
  readonly full?: boolean;
  readonly painter?: Painter;
  /** Longer lines end in an ellipsis; default 200. */
  readonly width?: number;
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

const changeLine = (change: Change, paint: Painter, width: number): string => {
  const text = shorten(changeText(change), width - 4);
  if (change.kind === "element" && change.before === undefined) return `  ${paint.added(`* ${text}`)}`;
  if (change.kind === "element" && change.after === undefined) return `  ${paint.removed(`* ${text}`)}`;
  return `  ${paint.changed(`* ${text}`)}`;
};

const fullLines = (state: State, changes: readonly Change[], paint: Painter, width: number): string[] =>
  linesOf(state).map(({ path, text }) => {
    const line = shorten(text, width - 4);
    return changes.some((c) => isUnder(c.path, path)) ? `  ${paint.changed(`* ${line}`)}` : `    ${line}`;
  });

/** `Action(arguments) file:line`, or what TLC calls the first state. */
export const stepTitle = (step: Step, paint: Painter = plain): string => {
  if (step.action === undefined) return paint.action("Initial predicate");
  const call = paint.action(callText(step.action, step.arguments));
  return step.location === "" ? call : `${call} ${paint.faint(step.location)}`;
};

const stateLines = (step: Step, before: Step | undefined, options: TextOptions): string[] => {
  const [paint, width] = [options.painter ?? plain, options.width ?? DEFAULT_WIDTH];
  const changes = before === undefined ? [] : changesOf(before.state, step.state);
  if (before === undefined || options.full === true) return fullLines(step.state, changes, paint, width);
  return changes.length === 0 ? [`    ${paint.faint("(nothing changes)")}`] : changes.map((c) => changeLine(c, paint, width));
};

/** What the trace shows, in one sentence. */
export const conclusion = (trace: Trace): string => {
  const length = `${String(trace.steps.length)} states`;
  const claim = trace.minimal
    ? `No behaviour with fewer than ${length} shows this.`
    : `The behaviour has ${length}; a shorter one may exist.`;
  if (trace.violated === undefined) return `${length}, and no property is violated.`;
  const { kind, property } = trace.violated;
  if (kind === "deadlock") return `Deadlock: no action is enabled in the last state. ${claim}`;
  if (kind === "witness") return `${property} is reached. ${claim}`;
  return kind === "invariant"
    ? `Invariant ${property} is violated in the last state. ${claim}`
    : `The last step violates ${property}. ${claim}`;
};

export const traceText = (trace: Trace, options: TextOptions = {}): string => {
  const paint = options.painter ?? plain;
  const states = trace.steps.flatMap((step, i) => [
    `State ${String(i + 1)}: <${stepTitle(step, paint)}>`,
    ...stateLines(step, trace.steps[i - 1], options),
    "",
  ]);
  const end = conclusion(trace);
  return [...states, trace.violated === undefined || trace.violated.kind === "witness" ? end : paint.bad(end)].join("\n");
};

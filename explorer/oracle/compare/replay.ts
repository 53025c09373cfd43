/** Is a trace of the search a behaviour by the oracle's own relation, and does its end show what it says? */
import type { Trace } from "../../trace.ts";
import { holds, initialStates, stateText, steps } from "../judge/relation.ts";
import type { State } from "../judge/evaluate.ts";
import type { SpecSyntax } from "../syntax/spec.ts";
import { read, readState } from "./read-state.ts";

const argumentText = (spec: SpecSyntax, action: string, given: Readonly<Record<string, unknown>>): string =>
  (spec.actions.find((a) => a.name === action)?.parameters ?? []).map((p) => read(spec, p.type, given[p.name]).text).join(" ");

const isViolated = (spec: SpecSyntax, violated: NonNullable<Trace["violated"]>, before: State | undefined, last: State): boolean => {
  if (violated.kind === "deadlock") return steps(spec, last).length === 0;
  const all = violated.kind === "invariant" ? spec.invariants : spec.actionProperties;
  const property = all.find((p) => p.name === violated.property);
  if (property === undefined) return false;
  return violated.kind === "invariant" ? !holds(spec, property, last) : before !== undefined && !holds(spec, property, before, last);
};

/** What is wrong with the trace, or undefined. */
export const traceFault = (spec: SpecSyntax, trace: Trace): string | undefined => {
  const states = trace.steps.map((s) => readState(spec, s.state));
  const texts = states.map((s) => stateText(spec, s));
  if (!initialStates(spec).some((s) => stateText(spec, s) === texts[0])) return `state 1 is not an initial state:\n${String(texts[0])}`;
  for (const [i, step] of trace.steps.entries()) {
    const before = states[i - 1];
    if (before === undefined) continue;
    const choice = argumentText(spec, step.action ?? "", step.arguments);
    const same = steps(spec, before).filter(
      (s) => s.action === step.action && [...s.arguments.values()].map((v) => v.text).join(" ") === choice,
    );
    if (same.length === 0) return `step ${String(i + 1)}: ${String(step.action)}(${choice}) is not enabled in\n${String(texts[i - 1])}`;
    const after = same.flatMap((s) => (s.state === undefined ? [] : [stateText(spec, s.state)]));
    if (!after.some((text) => text === texts[i]))
      return `step ${String(i + 1)}: ${String(step.action)}(${choice}) in\n${String(texts[i - 1])}\nleads to\n${after.join("\n")}\nand not to\n${String(texts[i])}`;
  }
  const last = states.at(-1);
  if (trace.violated === undefined || last === undefined) return "the trace shows nothing";
  return isViolated(spec, trace.violated, states.at(-2), last) ? undefined : `${trace.violated.property} is not violated at the end`;
};

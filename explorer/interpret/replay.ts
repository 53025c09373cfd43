/** Is a trace a behaviour of the spec, and does it violate what it says? The judge of every trace that we publish. */
import { SpecError } from "../../specs/language/errors.ts";
import type { Named, Predicate, SpecInstance, State } from "../../specs/language/instantiate.ts";
import { changeWithin, changesOf } from "../changes.ts";
import type { Step, Trace } from "../trace.ts";
import { callText } from "../value-text.ts";
import { canonicalState, sameState } from "./canonical.ts";
import { actionNamed, bind, enabled, holds, initialStates, refusalText, step } from "./step.ts";

export type ReplayResult =
  | { readonly ok: true }
  /** `step` numbers states as they are printed, the initial one is 1; the message is one line. */
  | { readonly ok: false; readonly step: number; readonly action: string | undefined; readonly message: string };

const MISMATCH_WIDTH = 300;

const mismatch = (expected: State, actual: State): string => {
  const first = changesOf(expected, actual)[0];
  return first === undefined ? "the state is not canonical" : changeWithin(first, MISMATCH_WIDTH);
};

const sameAs = (instance: SpecInstance, specState: State, traceState: State): string | undefined => {
  try {
    return sameState(instance, specState, traceState)
      ? undefined
      : `the spec's state and the trace's differ (spec → trace): ${mismatch(specState, traceState)}`;
  } catch (error) {
    if (error instanceof SpecError) return `the trace's state is not a state of the spec: ${error.message}`;
    throw error;
  }
};

const initialFault = (instance: SpecInstance, first: Step): string | undefined => {
  if (first.action !== undefined) return `a trace starts with an initial state, not with ${first.action}`;
  const faults = initialStates(instance).map((state) => sameAs(instance, state, first.state));
  return faults.includes(undefined) ? undefined : `not an initial state of ${instance.name}: ${faults[0] ?? ""}`;
};

const stepFault = (instance: SpecInstance, before: Step, { action: name, arguments: args, state }: Step): string | undefined => {
  if (name === undefined) return "only the first state has no action";
  if (!instance.actions.some((a) => a.name === name)) return `${instance.name} has no action ${name}`;
  const action = actionNamed(instance, name);
  const bound = bind(instance, before.state, action, args);
  if (bound.kind !== "enabled") return `${callText(name, args, 100)} is not enabled: ${refusalText(action, bound)}`;
  const fault = sameAs(instance, step(instance, before.state, name, bound.arguments).state, state);
  return fault === undefined ? undefined : `after ${callText(name, args, 100)}, ${fault}`;
};

const predicateOf = (instance: SpecInstance, trace: Trace): Named<Predicate> | undefined => {
  const { invariants, witnesses, actionProperties } = instance;
  const sources = { invariant: invariants, witness: witnesses, "action-property": actionProperties, deadlock: [] };
  return trace.violated === undefined ? undefined : sources[trace.violated.kind].find((p) => p.name === trace.violated?.property);
};

/** The state from which on the trace shows what it says, or why it does not show it. */
const shown = (instance: SpecInstance, trace: Trace): { readonly at: number } | string => {
  const violated = trace.violated;
  const states = trace.steps.map((s) => s.state);
  const last = states.length - 1;
  if (violated === undefined) return { at: last };
  if (violated.kind === "deadlock") {
    const possible = enabled(instance, states[last] ?? {})[0];
    return possible === undefined
      ? { at: last }
      : `the last state is no deadlock: ${callText(possible.action, possible.arguments, 100)} is enabled`;
  }
  const predicate = predicateOf(instance, trace);
  if (predicate === undefined) return `${instance.name} has no ${violated.kind} ${violated.property}`;
  const at = states.findIndex((state, i) => {
    if (violated.kind !== "action-property") return holds(instance, predicate, state) === (violated.kind === "witness");
    const before = states[i - 1];
    return before !== undefined && !sameState(instance, before, state) && !holds(instance, predicate, before, state);
  });
  if (at >= 0) return { at };
  return violated.kind === "witness"
    ? `${violated.property} is false in every state`
    : `${violated.property} holds throughout, although the trace says that it is violated`;
};

const failure = (trace: Trace, at: number, message: string): ReplayResult => {
  const action = trace.steps[at]?.action;
  return { ok: false, step: at + 1, action, message: `state ${String(at + 1)}: ${message}` };
};

/** Is every step a step of the spec that ends in exactly the trace's state? Throws SpecError when the spec misbehaves. */
export const replaySteps = (instance: SpecInstance, trace: Trace): ReplayResult => {
  const [first, ...rest] = trace.steps;
  if (first === undefined) return failure(trace, 0, "the trace has no states");
  const initial = initialFault(instance, first);
  if (initial !== undefined) return failure(trace, 0, initial);
  // The trace's states are somebody else's objects: the spec reads its own, frozen ones.
  const own = (s: Step): Step => ({ ...s, state: canonicalState(instance, s.state) });
  let before = own(first);
  for (const [i, current] of rest.entries()) {
    const fault = stepFault(instance, before, current);
    if (fault !== undefined) return failure(trace, i + 1, fault);
    before = own(current);
  }
  return { ok: true };
};

/** Is what the trace says is violated so in its last state, and not before? Of a trace that is a behaviour of the spec. */
export const replayClaim = (instance: SpecInstance, trace: Trace): ReplayResult => {
  const last = trace.steps.length - 1;
  const property = shown(instance, trace);
  if (typeof property === "string") return failure(trace, last, property);
  return property.at === last
    ? { ok: true }
    : failure(trace, property.at, `${trace.violated?.property ?? ""} is decided here already, before the last state`);
};

/**
 * Every step must be a step of the spec and end in exactly the trace's state; what is violated must be violated in the
 * last state and not before. Throws SpecError when the spec misbehaves.
 */
export const replay = (instance: SpecInstance, trace: Trace): ReplayResult => {
  const steps = replaySteps(instance, trace);
  return steps.ok ? replayClaim(instance, trace) : steps;
};

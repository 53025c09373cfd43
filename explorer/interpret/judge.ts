/** What of the claims of a trace from outside is so. Only a search can prove that a trace is the shortest; here it may be refuted. */
import type { SpecInstance, State } from "../../specs/language/instantiate.ts";
import type { Found, Judgement, Trace } from "../trace.ts";
import { canonicalState, sameState, stateText } from "./canonical.ts";
import { replayClaim } from "./replay.ts";
import { holds, initialStates, successors } from "./step.ts";

/** What a trace says of itself beside what `Trace` holds. */
export interface Claims {
  /** It says that something is violated. */
  readonly isViolation: boolean;
  /** It says that after its last state it goes on at this one, counted from 0. */
  readonly loop: number | undefined;
}

/** In longer traces only equal states are looked for: the successors of every state would take too long. */
const MAX_EXPANDED = 1_000;

const violations = (instance: SpecInstance, states: readonly State[]): readonly Found[] => {
  const invariants = instance.invariants.map((p) => ({
    kind: "invariant" as const,
    property: p.name,
    at: states.findIndex((state) => !holds(instance, p, state)),
  }));
  const steps = instance.actionProperties.map((p) => ({
    kind: "action-property" as const,
    property: p.name,
    at: states.findIndex((state, i) => {
      const before = states[i - 1];
      return before !== undefined && !sameState(instance, before, state) && !holds(instance, p, before, state);
    }),
  }));
  return [...invariants, ...steps].filter((f) => f.at >= 0).map((f) => ({ ...f, at: f.at + 1 }));
};

/** A way to a state of the trace that is shorter than the trace's own; of a violated step, both of its states must stay. */
const shorterWay = (instance: SpecInstance, states: readonly State[], isStep: boolean): string | undefined => {
  const end = isStep ? states.length - 1 : states.length;
  const texts = states.slice(0, end).map((state) => stateText(instance, state));
  const last = new Map(texts.map((text, i) => [text, i]));
  const again = texts.findIndex((text, i) => (last.get(text) ?? i) > i);
  if (again >= 0) return `states ${String(again + 1)} and ${String((last.get(texts[again] ?? "") ?? 0) + 1)} are the same`;
  const start = Math.max(0, ...initialStates(instance).map((state) => last.get(stateText(instance, state)) ?? 0));
  if (start > 0) return `state ${String(start + 1)} is an initial state`;
  if (states.length > MAX_EXPANDED) return undefined;
  // Nothing of the trace comes after its last state, and the spec may be at fault there.
  for (const [i, state] of states.slice(0, end - 1).entries()) {
    const to = Math.max(0, ...successors(instance, state).map((s) => last.get(stateText(instance, s.state)) ?? 0));
    if (to > i + 1) return `a step of the spec leads from state ${String(i + 1)} to state ${String(to + 1)}`;
  }
  return undefined;
};

/** The trace must be a behaviour of the instance; see `replaySteps`. Throws SpecError when the spec misbehaves. */
export const judge = (instance: SpecInstance, trace: Trace, claims: Claims): Judgement => {
  const states = trace.steps.map((s) => canonicalState(instance, s.state));
  const claim = replayClaim(instance, trace);
  const last = states.at(-1);
  const goesOn = (to: State | undefined): boolean =>
    last !== undefined &&
    to !== undefined &&
    (sameState(instance, last, to) || successors(instance, last).some((s) => sameState(instance, s.state, to)));
  return {
    claimed: trace.violated,
    refuted: claim.ok ? undefined : claim.message,
    claimsSomething: claims.isViolation && trace.violated === undefined,
    found: violations(instance, states),
    shorter: trace.minimal ? shorterWay(instance, states, trace.violated?.kind === "action-property") : undefined,
    loop: claims.loop === undefined ? undefined : { to: claims.loop + 1, possible: goesOn(states[claims.loop]) },
  };
};

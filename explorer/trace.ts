/** Behaviours as the tools exchange them: what the search returns, the interpreter replays and the reports print. */
import type { Constants } from "../specs/language/schema.ts";
import type { Design, State } from "../specs/language/instantiate.ts";

export interface Step {
  /** The TLA+ name of the action, or undefined in the initial state. */
  readonly action: string | undefined;
  /** The parameters of the action by name, as values of the language. */
  readonly arguments: Readonly<Record<string, unknown>>;
  /** `file:line` of the action's text; empty if unknown. */
  readonly location: string;
  /** The whole state after the step. */
  readonly state: State;
}

export type PropertyKind = "invariant" | "action-property" | "deadlock" | "witness";

export interface Trace {
  /** The name of the model that the trace belongs to. */
  readonly model: string;
  readonly constants: Constants;
  readonly design: Design;
  /** What is violated in the last state (or by the last step); undefined for a behaviour that violates nothing. */
  readonly violated: { readonly kind: PropertyKind; readonly property: string } | undefined;
  /** True only when breadth-first search exhausted every shorter behaviour. */
  readonly minimal: boolean;
  /** The initial state first; the length of a trace is the number of its states, as TLC counts. */
  readonly steps: readonly Step[];
}

/** A property that the states of a trace violate, and the number of the first state (1 is the initial one) where they do. */
export interface Found {
  readonly kind: PropertyKind;
  readonly property: string;
  readonly at: number;
}

/** What was found of the claims of a trace that comes from outside, such as a file, and is a behaviour of its spec. */
export interface Judgement {
  /** What the trace says is violated. */
  readonly claimed: Trace["violated"];
  /** Why that is not so; undefined when it is, or when nothing was claimed. */
  readonly refuted: string | undefined;
  /** The trace says that something is violated, and not what. */
  readonly claimsSomething: boolean;
  /** What its states and steps do violate: each invariant and action property once. */
  readonly found: readonly Found[];
  /** Why there is a shorter behaviour with the same end; undefined when none was found, which proves nothing. */
  readonly shorter: string | undefined;
  /** The trace says that it goes on at this state, by number; `possible` when a step of the spec leads there. */
  readonly loop: { readonly to: number; readonly possible: boolean } | undefined;
}

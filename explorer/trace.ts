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

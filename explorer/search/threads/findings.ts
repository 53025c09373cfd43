import type { SpecError } from "../../../specs/language/errors.ts";

/** What the expander tells about a state that matters. Ids are of states; `predicate` numbers the checked predicates. */
export interface Findings {
  violation(predicate: number, id: number): void;
  witness(predicate: number): void;
  deadlock(id: number): void;
  /** User code failed in a step from this state, or of this very state. */
  fault(id: number, isState: boolean, error: SpecError): void;
  /** A step from `from` (-1: an initial state) that ends outside the constraints and breaks an invariant, or breaks an action property. */
  badStep(kind: "invariant" | "action-property", predicate: number, from: number, successor: Uint32Array): void;
}

/** A model: a spec with constants, a design, bounds and what is expected of it. */
import type { Constants } from "../specs/language/schema.ts";
import type { Design } from "../specs/language/instantiate.ts";
import type { Spec } from "../specs/language/system.ts";

export type Expectation =
  | { readonly verdict: "holds" }
  /** `length`: number of states of the shortest trace. */
  | { readonly verdict: "violated"; readonly property: string; readonly length: number };

/** One point of the lattice of designs that `compare` runs. */
export interface Variant {
  readonly label: string;
  /** Overrides of the model's constants, so that the smallest model that shows the verdict is the one that runs. */
  readonly constants?: Constants;
  readonly design: Design;
  /** The invariants to check; default all. The first to fail may not be the one that the variant is about. */
  readonly invariants?: readonly string[];
  readonly expected: Expectation;
  /** Too long for the quick tests. */
  readonly isLarge?: true;
}

export interface Model {
  /** What `check NAME` takes. */
  readonly name: string;
  /** What `compare NAME` takes; the first part of the model's name. */
  readonly system: string;
  readonly title: string;
  readonly spec: Spec;
  /** Overrides of the spec's defaults. */
  readonly constants?: Constants;
  readonly design?: Design;
  /** The bounds of the model end every behaviour, so that a state without successors is no deadlock. */
  readonly allowDeadlock?: boolean;
  readonly expected: Expectation;
  readonly variants?: readonly Variant[];
  /** Why a design that differs from the model's in one switch, `name=choice`, violates nothing. */
  readonly harmless?: Readonly<Record<string, string>>;
  /** Why nothing changes without a conjunct of a guard, `Action 2` for the second of its `when`. */
  readonly redundantConjuncts?: Readonly<Record<string, string>>;
}

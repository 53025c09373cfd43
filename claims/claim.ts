/** What a document says of a system, and the searches that decide it. */
import type { Expectation } from "../explorer/model.ts";
import type { Constants } from "../specs/language/schema.ts";
import type { Design } from "../specs/language/instantiate.ts";

/** One search. Constants and design that are not given are the model's. */
export interface Check {
  /** The name of a model. */
  readonly model: string;
  readonly constants?: Constants;
  readonly design?: Design;
  /** An invariant, "deadlock", or "everything": all invariants and, unless the model allows it, deadlock. */
  readonly property: string;
  readonly expected: Expectation;
  /** The name of a committed counterexample that shows it. */
  readonly counterexample?: string;
  /** Too long for the quick tests. */
  readonly isLarge?: true;
}

export interface Claim {
  /** Where the document says so: its section, or "to decide" for a question that it leaves open. */
  readonly place: string;
  /** The claim, in our words. */
  readonly claim: string;
  /** What the model says of it: "holds", "wrong", "holds only if …", "vacuous: …", in a short sentence. */
  readonly verdict: string;
  /** Empty only for a claim that is out of the models' reach, which the verdict then explains. */
  readonly checks: readonly Check[];
}

export interface ClaimsTable {
  readonly system: string;
  /** The document, as a reader would name it. */
  readonly document: string;
  readonly claims: readonly Claim[];
}

/** What a counterexample is, and where the committed ones are defined. */
import { instanceOf as modelInstance } from "../cli/subject.ts";
import { findModel } from "../models/index.ts";
import type { Model } from "../explorer/model.ts";
import type { Constants } from "../specs/language/schema.ts";
import type { Design, SpecInstance } from "../specs/language/instantiate.ts";
import type { Trace } from "../explorer/trace.ts";
import type { LessonText } from "./lesson.ts";

export interface Counterexample {
  /** The name of its files, with their folder. */
  readonly name: string;
  /** The name of a model; constants and design that are not given are the model's. */
  readonly model: string;
  readonly constants: Constants;
  readonly design: Design;
  /** The invariant, or "deadlock". */
  readonly invariant: string;
  /** Number of states of the shortest behaviour. */
  readonly length: number;
  readonly lesson: LessonText;
}

/** The counterexamples of one system and what the index says of them; every text is Markdown. */
export interface Collection {
  readonly introduction: string;
  readonly counterexamples: readonly Counterexample[];
  readonly header: readonly string[];
  /** The cells of a counterexample's row below the header. */
  readonly row: (counterexample: Counterexample) => readonly string[];
  readonly conclusions: string;
  /** For the eye, beside the last state: its main part as a table. */
  readonly picture?: (trace: Trace) => string;
}

export const modelOf = ({ model }: Pick<Counterexample, "model">): Model => findModel(model);

/** The spec with the constants and the design of a counterexample, or with other constants. */
export const instanceOf = (counterexample: Pick<Counterexample, "model" | "constants" | "design">, others: Constants = {}): SpecInstance =>
  modelInstance(modelOf(counterexample), { ...counterexample.constants, ...others }, counterexample.design);

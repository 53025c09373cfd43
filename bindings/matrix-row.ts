/** What a system says of its counterexamples: which defect of the engine reproduces each, and which tour finds it. */
import type { TourOptions } from "../conformance/tour.ts";
import type { Design } from "../specs/language/instantiate.ts";
import type { Constants } from "../specs/language/schema.ts";

/** A tour of a model with the published design. */
export interface MatrixTour {
  readonly model: string;
  readonly constants?: Constants;
  /** Choices that are options of the engine; all others are the published ones. */
  readonly design?: Design;
  readonly options?: Partial<TourOptions>;
}
export type MatrixRow =
  | {
      readonly counterexample: string;
      readonly defect: string;
      readonly tour: MatrixTour;
      /** The action at which the tour leaves the defective engine. */
      readonly caughtAt: string;
      /** Choices of the counterexample's design that are options of the engine, so that the fixed spec keeps them. */
      readonly kept?: Design;
    }
  /** Why the engine cannot be driven along this counterexample. */
  | { readonly counterexample: string; readonly notDriven: string };
export type DrivenRow = Extract<MatrixRow, { readonly defect: string }>;
/** A defect that no committed counterexample shows, and a tour that finds it. */
export type ToursDefect = Pick<DrivenRow, "defect" | "tour" | "caughtAt">;

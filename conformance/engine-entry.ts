/** The engine of a system as commands know it: production, its defects, and what it does not do by its design. */
import { LockstepError } from "../specs/language/errors.ts";
import type { Design } from "../specs/language/instantiate.ts";
import type { Constants } from "../specs/language/schema.ts";
import type { Spec } from "../specs/language/system.ts";
import type { Driver } from "./driver.ts";

/** The engine with one thing wrong. */
export interface Defect {
  /** The choices of the spec's design that the defect stands for; those not named are as in production. */
  readonly design: Design;
  /** The names of the committed counterexamples that it reproduces, as `lazy-1` or `batch-store/late-timer`. */
  readonly counterexamples: readonly string[];
  make(): Driver;
}

/** What a tour takes of a model, where that is not all. */
export interface Driven {
  /** The spec without what the engine does not do. */
  readonly spec?: Spec;
  /** Choices that the engine has made otherwise than the published design. */
  readonly design?: Design;
  readonly constants?: Constants;
  /** What the engine does not do by its design, and why: said with every tour. */
  readonly leftOut: string;
}

/** The engine of one system, or of one of its specs. */
export interface EngineEntry {
  production(): Driver;
  /** By the name of the model. */
  readonly driven?: Readonly<Record<string, Driven>>;
  /** By the name that `--engine defect:NAME` takes. */
  readonly defects: Readonly<Record<string, Defect>>;
}

/** What loads the engine of a model. */
export type LoadEngine = () => EngineEntry | Promise<EngineEntry>;

/**
 * The engine of a model: `engines` has it under the model's name, or under the first part of that, its system; the longer
 * name decides. Throws LockstepError "usage" when there is none.
 */
export const engineNamed = async (engines: Readonly<Record<string, LoadEngine>>, model: string): Promise<EngineEntry> => {
  const name = [model, model.split("/")[0] ?? ""].find((n) => Object.hasOwn(engines, n));
  const load = name === undefined ? undefined : engines[name];
  if (load !== undefined) return load();
  const names = Object.keys(engines);
  const known = names.length === 0 ? "the project has no engines" : `there is one for ${names.join(", ")}`;
  throw new LockstepError("usage", `no engine of this project implements ${model}; ${known}`);
};

/** The defect that stands for most of a design's choices. Throws LockstepError "usage" when none does, or several do. */
export const defectOfDesign = ({ defects }: EngineEntry, design: Design): Defect => {
  const choicesOf = (defect: Defect): [string, unknown][] => Object.entries(defect.design);
  const fitting = Object.entries(defects).filter(([, d]) => choicesOf(d).every(([name, choice]) => design[name] === choice));
  const most = Math.max(0, ...fitting.map(([, d]) => choicesOf(d).length));
  const [best, ...others] = fitting.filter(([, d]) => choicesOf(d).length === most);
  const names = (those: readonly (readonly [string, Defect])[]): string => those.map(([name]) => `defect:${name}`).join(", ");
  if (best === undefined)
    throw new LockstepError("usage", `no defect of the engine has this design; name one of ${names(Object.entries(defects))}`);
  if (others.length > 0) throw new LockstepError("usage", `several defects have this design; name one of ${names([best, ...others])}`);
  return best[1];
};

/** What a command works on: a model of the repository or a spec of the user's own, with its constants and design filled in. */
import { LockstepError } from "../specs/language/errors.ts";
import { instantiate } from "../specs/language/instantiate.ts";
import type { Design, SpecInstance } from "../specs/language/instantiate.ts";
import type { Constants } from "../specs/language/schema.ts";
import type { Spec } from "../specs/language/system.ts";
import { findModel, models } from "../models/index.ts";
import type { Model } from "../explorer/model.ts";
import { constantsOf } from "./options.ts";
import type { Assignments } from "./options.ts";
import type { SpecOrigin } from "./run-search.ts";
import { loadSpec } from "./spec-file.ts";

export interface Subject {
  readonly model: Model;
  readonly origin: SpecOrigin;
  readonly instance: SpecInstance;
}
export interface SubjectWords {
  readonly model: string | undefined;
  /** The file of `--spec`. */
  readonly specFile: string | undefined;
  readonly constants: Assignments;
  readonly design: Assignments;
}

/** The models of a system, or else the one of that name. Throws LockstepError "load" when there is neither. */
export const modelsNamed = (name: string): readonly Model[] => {
  const ofSystem = models.filter((m) => m.system === name);
  return ofSystem.length > 0 ? ofSystem : [findModel(name)];
};

/** `true` and `false` are booleans where the switch has such choices; a text that is no choice is left for `instantiate` to refuse. */
export const designOf = (spec: Spec, given: Assignments): Design =>
  Object.fromEntries(Object.entries(given).map(([name, text]) => [name, spec.design[name]?.find((c) => String(c) === text) ?? text]));

export const instanceOf = (model: Model, constants: Constants = {}, design: Design = {}): SpecInstance =>
  instantiate(model.spec, { constants: { ...model.constants, ...constants }, design: { ...model.design, ...design } });

/** Throws LockstepError: "usage", "load", "constants", "assumption"; SpecError when the spec misbehaves at once. */
export const subjectOf = async (words: SubjectWords): Promise<Subject> => {
  if ((words.model === undefined) === (words.specFile === undefined))
    throw new LockstepError("usage", "name either a model or, with --spec, the file of a spec");
  let model: Model;
  let origin: SpecOrigin;
  if (words.specFile === undefined) {
    model = findModel(words.model ?? "");
    origin = { kind: "model", name: model.name };
  } else {
    const spec = await loadSpec(words.specFile);
    model = { name: spec.name, system: spec.name, title: words.specFile, spec, expected: { verdict: "holds" } };
    origin = { kind: "file", path: words.specFile };
  }
  return { model, origin, instance: instanceOf(model, constantsOf(words.constants), designOf(model.spec, words.design)) };
};

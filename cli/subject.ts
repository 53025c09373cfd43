/** What a command works on: a model of the project or a spec of the user's own, with its constants and design filled in. */
import { LockstepError } from "../specs/language/errors.ts";
import { instantiate } from "../specs/language/instantiate.ts";
import type { Design, SpecInstance } from "../specs/language/instantiate.ts";
import type { Constants } from "../specs/language/schema.ts";
import type { Spec } from "../specs/language/system.ts";
import type { Model } from "../explorer/model.ts";
import { constantsOf } from "./options.ts";
import type { Assignments } from "./options.ts";
import { projectOf } from "./project.ts";
import type { SpecOrigin } from "./run-search.ts";
import { isFileWord, modelOfFile, modelsOfFile } from "./spec-file.ts";

export interface Subject {
  readonly model: Model;
  readonly origin: SpecOrigin;
  readonly instance: SpecInstance;
}
export interface SubjectWords {
  /** A name, or a file. */
  readonly model: string | undefined;
  /** The file of `--spec`. */
  readonly specFile: string | undefined;
  readonly constants: Assignments;
  readonly design: Assignments;
}

/** A model and where a thread finds its spec. */
export interface Located {
  readonly model: Model;
  readonly origin: SpecOrigin;
}

/** The models of a system of the project or of a file, or else the one of that name. Throws LockstepError "load". */
export const modelsNamed = async (word: string): Promise<readonly Located[]> => {
  if (!isFileWord(word))
    return (await projectOf()).modelsNamed(word).map((model) => ({ model, origin: { kind: "model", name: model.name } }));
  const models = await modelsOfFile(word);
  const file = word.split("#")[0] ?? word;
  return models.map((model) => ({ model, origin: { kind: "file", path: models.length === 1 ? word : `${file}#${model.name}` } }));
};

/** The model of a name or a file. Throws LockstepError "load", "usage" for a file with several. */
export const modelNamed = async (word: string): Promise<Located> =>
  isFileWord(word)
    ? { model: await modelOfFile(word), origin: { kind: "file", path: word } }
    : { model: (await projectOf()).model(word), origin: { kind: "model", name: word } };

/** `true` and `false` are booleans where the switch has such choices; a text that is no choice is left for `instantiate` to refuse. */
export const designOf = (spec: Spec, given: Assignments): Design =>
  Object.fromEntries(Object.entries(given).map(([name, text]) => [name, spec.design[name]?.find((c) => String(c) === text) ?? text]));

export const instanceOf = (model: Model, constants: Constants = {}, design: Design = {}): SpecInstance =>
  instantiate(model.spec, { constants: { ...model.constants, ...constants }, design: { ...model.design, ...design } });

/** Throws LockstepError: "usage", "load", "constants", "assumption"; SpecError when the spec misbehaves at once. */
export const subjectOf = async (words: SubjectWords): Promise<Subject> => {
  const { model: name, specFile } = words;
  if ((name === undefined) === (specFile === undefined))
    throw new LockstepError("usage", "name either a model or the file of a spec (FILE.ts, or --spec FILE)");
  const located: Located =
    specFile === undefined
      ? await modelNamed(name ?? "")
      : { model: await modelOfFile(specFile), origin: { kind: "file", path: specFile } };
  const { model, origin } = located;
  return { model, origin, instance: instanceOf(model, constantsOf(words.constants), designOf(model.spec, words.design)) };
};

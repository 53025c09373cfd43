/** Specs and models of the user's own, from a file. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { LockstepError, messageOf } from "../specs/language/errors.ts";
import type { Spec } from "../specs/language/system.ts";
import { namedModel } from "../explorer/named-model.ts";
import type { Model } from "../explorer/model.ts";

const isSpec = (x: unknown): x is Spec =>
  typeof x === "object" &&
  x !== null &&
  ["constants", "design", "variables", "actions", "invariants"].every((part) => part in x) &&
  "init" in x &&
  typeof x.init === "function";

const isText = (x: unknown): x is string => typeof x === "string";

/** Whether a value of the user's own is a model. */
export const isModel = (x: unknown): x is Model =>
  typeof x === "object" &&
  x !== null &&
  "name" in x &&
  "system" in x &&
  "title" in x &&
  [x.name, x.system, x.title].every(isText) &&
  "spec" in x &&
  isSpec(x.spec) &&
  "expected" in x &&
  typeof x.expected === "object";

/** One module for the program and this, whether or not this lies in a bundle. */
const loader = new URL("../bundle/bundle.js", import.meta.url).href;

/** The exports of a TypeScript module of the user's own. Throws LockstepError "load". */
export const loadModule = async (file: string): Promise<Readonly<Record<string, unknown>>> => {
  try {
    const { addressFor } = (await import(loader)) as { readonly addressFor: (url: string) => Promise<string> }; // JavaScript
    const address = await addressFor(pathToFileURL(resolve(file)).href);
    return (await import(address)) as Readonly<Record<string, unknown>>; // a module namespace
  } catch (error) {
    throw new LockstepError("load", `${file} does not load: ${messageOf(error)}`, { cause: error });
  }
};

/** The default export, or the only export of a module, that is a spec. Throws LockstepError "load". */
const specIn = (exported: Readonly<Record<string, unknown>>, file: string): Spec => {
  if (isSpec(exported["default"])) return exported["default"];
  const specs = Object.values(exported).filter(isSpec);
  if (specs.length === 1 && specs[0] !== undefined) return specs[0];
  const found = specs.length === 0 ? "no spec" : `${specs.length} specs and none as default`;
  throw new LockstepError("load", `${file} exports ${found}: export what system(…).spec({…}) returns`);
};

/** Whether a word of the command line is a module and no name of a model: it ends as files do, with `#NAME` or without. */
export const isFileWord = (word: string): boolean => /\.[cm]?[jt]s(#.*)?$/.test(word);

const modelOfSpec = (spec: Spec, file: string): Model => ({
  name: spec.name,
  system: spec.name,
  title: file,
  spec,
  expected: { verdict: "holds" },
});

/** The models that `FILE` exports, alone or in lists, or else its spec as a model. Throws LockstepError "load". */
const modelsIn = async (file: string): Promise<readonly Model[]> => {
  const exported = await loadModule(file);
  const models = [...new Set(Object.values(exported).flat().filter(isModel))];
  return models.length > 0 ? models : [modelOfSpec(specIn(exported, file), file)];
};

/** All models of `FILE`, or the one of `FILE#NAME`. Throws LockstepError "load". */
export const modelsOfFile = async (word: string): Promise<readonly Model[]> => {
  const [file = "", name] = word.split("#");
  const models = await modelsIn(file);
  return name === undefined ? models : [namedModel(models, name)];
};

/** The only model of `FILE`, or the one of `FILE#NAME`. Throws LockstepError "load", "usage" when there are several. */
export const modelOfFile = async (word: string): Promise<Model> => {
  const [model, ...others] = await modelsOfFile(word);
  if (model === undefined) throw new LockstepError("load", `${word} has no models`);
  if (others.length === 0) return model;
  throw new LockstepError(
    "usage",
    `${word} has several models; name one: ${[model, ...others].map((m) => `${word}#${m.name}`).join(", ")}`,
  );
};

/** Specs of the user's own, from a file. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { LockstepError, messageOf } from "../specs/language/errors.ts";
import type { Spec } from "../specs/language/system.ts";

const isSpec = (x: unknown): x is Spec =>
  typeof x === "object" &&
  x !== null &&
  ["constants", "design", "variables", "actions", "invariants"].every((part) => part in x) &&
  "init" in x &&
  typeof x.init === "function";

/** One module for the program and this, whether or not this lies in a bundle. */
const loader = new URL("../bundle/bundle.js", import.meta.url).href;

/** The exports of a TypeScript module of the user's own. Throws LockstepError "load". */
export const loadModule = async (file: string): Promise<Readonly<Record<string, unknown>>> => {
  try {
    const { loadTypeScript } = (await import(loader)) as { readonly loadTypeScript: () => Promise<void> }; // JavaScript
    await loadTypeScript();
    return (await import(pathToFileURL(resolve(file)).href)) as Readonly<Record<string, unknown>>; // a module namespace
  } catch (error) {
    throw new LockstepError("load", `${file} does not load: ${messageOf(error)}`, { cause: error });
  }
};

/** The default export, or the only export, that is a spec. Throws LockstepError "load". */
export const loadSpec = async (file: string): Promise<Spec> => specIn(await loadModule(file), file);

/** The spec among the exports of a module. Throws LockstepError "load". */
export const specIn = (exported: Readonly<Record<string, unknown>>, file: string): Spec => {
  if (isSpec(exported["default"])) return exported["default"];
  const specs = Object.values(exported).filter(isSpec);
  if (specs.length === 1 && specs[0] !== undefined) return specs[0];
  const found = specs.length === 0 ? "no spec" : `${specs.length} specs and none as default`;
  throw new LockstepError("load", `${file} exports ${found}: export what system(…).spec({…}) returns`);
};

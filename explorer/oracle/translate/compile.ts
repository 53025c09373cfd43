/** Makes a spec of the text of one. */
import { compileFunction } from "node:vm";
import * as language from "../../../specs/language/index.ts";
import type { Spec } from "../../../specs/language/index.ts";
import { IMPORTS } from "./spec-text.ts";

/** The text is the body of a module that ends with `return` of a spec, as `specText` gives it. */
export const compile = (text: string): Spec => {
  const names = IMPORTS.split(", ");
  // Text that this folder has made itself; it gives a spec.
  const make = compileFunction(`"use strict";\n${text}`, names) as (...parts: unknown[]) => Spec;
  return make(...names.map((n) => Reflect.get(language, n)));
};

/** The same text as a file that the command line can check. */
export const asModule = (text: string): string =>
  `import { ${IMPORTS} } from "lockstep/language";\n\n${text.replace(/\nreturn sys\.spec/, "\nexport default sys.spec")}\n`;

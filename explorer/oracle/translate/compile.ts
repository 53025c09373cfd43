/** Makes a spec of the text of one. */
import { compileFunction } from "node:vm";
import * as language from "../../../specs/language/index.ts";
import type { Spec } from "../../../specs/language/index.ts";
import { IMPORTS } from "./spec-text.ts";

/** The text is the body of a module that ends with `return` of a spec, as `specText` gives it. */
export const compile = (text: string): Spec => {
  const names = IMPORTS.split(", ");
  // Text that this folder has made itself; it gives a spec.
  const make = compileFunction(`"use strict";\n${text}`, names) as (...parts: readonly unknown[]) => Spec;
  return make(...names.map((n): unknown => Reflect.get(language, n)));
};

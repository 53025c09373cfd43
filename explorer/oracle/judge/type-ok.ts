/** Is a value one of a type? */
import type { Fields, Type } from "../syntax/types.ts";
import type { SpecSyntax } from "../syntax/spec.ts";
import { setNamed } from "./evaluate.ts";
import type { State } from "./evaluate.ts";
import { apply, isNull, plain } from "./values.ts";
import type { Value } from "./values.ts";

const areFields = (spec: SpecSyntax, fields: Fields, v: Value, tag?: string): boolean => {
  if (v.kind !== "function") return false;
  const wanted = Object.entries(fields);
  return (
    v.entries.length === wanted.length + (tag === undefined ? 0 : 1) &&
    wanted.every(([name, type]) => {
      const value = apply(v, plain(name));
      return value !== undefined && isOfType(spec, type, value);
    })
  );
};

export const isOfType = (spec: SpecSyntax, type: Type, v: Value): boolean => {
  const isElement = (e: Value): boolean => "element" in type && isOfType(spec, type.element, e);
  switch (type.kind) {
    case "bool":
      return v.kind === "plain" && typeof v.plain === "boolean";
    case "int":
      return v.kind === "plain" && typeof v.plain === "number" && v.plain >= type.min && v.plain <= type.max;
    case "enum":
      return v.kind === "plain" && type.names.some((n) => n === v.plain);
    case "member":
      return setNamed(spec, type.set).some((m) => m.text === v.text);
    case "optional":
      return isNull(v) || isElement(v);
    case "seq":
      return v.kind === "seq" && v.items.every(isElement);
    case "set":
      return v.kind === "counted" && v.entries.every(([e, n]) => n === 1 && isElement(e));
    case "bag":
      return v.kind === "counted" && v.entries.every(([e, n]) => n >= 1 && isElement(e));
    case "network":
      return v.kind === "counted" && v.entries.every(([e, n]) => n >= 0 && isElement(e));
    case "record":
      return areFields(spec, type.fields, v);
    case "union": {
      const tag = v.kind === "function" ? apply(v, plain("type")) : undefined;
      const fields = tag?.kind === "plain" ? type.variants[String(tag.plain)] : undefined;
      return fields !== undefined && areFields(spec, fields, v, String(tag?.text));
    }
    case "map":
    case "partial":
      return (
        v.kind === "function" &&
        v.entries.every(([k, e]) => isOfType(spec, type.keys, k) && isOfType(spec, type.value, e)) &&
        (type.kind === "partial" || v.entries.length === keysOf(spec, type.keys).length)
      );
    case "group":
      return false;
  }
};

/** The values of a type that may index a map. */
export const keysOf = (spec: SpecSyntax, type: Type): readonly Value[] => {
  if (type.kind === "member") return setNamed(spec, type.set);
  if (type.kind === "enum") return type.names.map(plain);
  if (type.kind === "int") return Array.from({ length: type.max - type.min + 1 }, (_, i) => plain(type.min + i));
  return [];
};

/** The texts of values that have been found to be of a type: most of a state does not change in a step. */
const known = new WeakMap<Type, Set<string>>();
const isKnown = (spec: SpecSyntax, type: Type, v: Value): boolean => {
  const texts = known.get(type) ?? new Set<string>();
  known.set(type, texts);
  const isRight = texts.has(v.text) || isOfType(spec, type, v);
  if (isRight) texts.add(v.text);
  return isRight;
};

/** The name of the first variable that is not of its type. */
export const illTyped = (spec: SpecSyntax, state: State): string | undefined =>
  spec.variables.find(({ name, type }) => {
    const value = state.get(name);
    return value === undefined || !isKnown(spec, type, value);
  })?.name;

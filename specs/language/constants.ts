/**
 * The constants of a spec: integers with a range, and whatever JSON can say: booleans, names, lists, and records of them, as
 * a graph or a quorum system. They are given on the command line (`--const quorums='[["a","b"]]'`) or by a model.
 */
import { canonicalText, copyOf } from "./equality.ts";
import { LockstepError, messageOf } from "./errors.ts";
import type { Name } from "./value-set.ts";

/** What a constant can be: JSON without null. */
export type ConstantValue = number | boolean | string | readonly ConstantValue[] | { readonly [field: string]: ConstantValue };
export type Constants = Readonly<Record<string, ConstantValue>>;

/** An integer constant with its default and the range that is accepted. */
export interface IntegerDeclaration {
  readonly default: number;
  readonly min: number;
  readonly max: number;
}
/**
 * Any other constant. What is given must have the shape of the default: a list's elements that of its first one, a record's
 * parts that of the part of this name or of its first one. What that does not say is for `valid`, or for an assumption.
 */
export interface ValueDeclaration {
  readonly default: ConstantValue;
  readonly valid?: (value: never) => boolean;
}
export type ConstantDeclaration = IntegerDeclaration | ValueDeclaration;
export type ConstantDeclarations = Readonly<Record<string, ConstantDeclaration>>;

/** What a declared default says of any value of the constant: a text is a name. */
type Widened<T> = T extends number
  ? number
  : T extends boolean
    ? boolean
    : T extends string
      ? Name
      : T extends readonly (infer E)[]
        ? readonly Widened<E>[]
        : { readonly [K in keyof T]: Widened<T[K]> };
export type ConstantsOf<C extends ConstantDeclarations> = { readonly [K in keyof C]: Widened<C[K]["default"]> };

/** `[min, max]` of an integer constant. */
export const rangeOf = (d: ConstantDeclaration): readonly [number, number] | undefined =>
  "min" in d && typeof d.default === "number" ? [d.min, d.max] : undefined;

const kindOf = (value: unknown): string => (value === null ? "null" : Array.isArray(value) ? "list" : typeof value);
const words: Readonly<Record<string, string>> = {
  number: "a number",
  boolean: "true or false",
  string: "a name",
  list: "a list",
  object: "a record",
};

/** What is wrong with the shape of a value, if anything: where, and what would be right. */
const misshapen = (value: unknown, like: ConstantValue, path: string): string | undefined => {
  const [is, expected] = [kindOf(value), kindOf(like)];
  if (is !== expected) return `${path} is ${JSON.stringify(value)}, expected ${words[expected] ?? expected}`;
  if (Array.isArray(value)) {
    const [first] = like as readonly ConstantValue[]; // of the same kind
    if (first === undefined) return undefined;
    return value.map((v, i) => misshapen(v, first, `${path}[${String(i)}]`)).find((x) => x !== undefined);
  }
  if (typeof value !== "object" || value === null) return undefined;
  const parts = like as Readonly<Record<string, ConstantValue>>; // of the same kind
  const [any] = Object.values(parts);
  for (const [key, part] of Object.entries(value)) {
    const model = Object.hasOwn(parts, key) ? parts[key] : any;
    const wrong = model === undefined ? undefined : misshapen(part, model, `${path}.${key}`);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
};

const refuse = (message: string): never => {
  throw new LockstepError("constants", message);
};

const checked = (spec: string, name: string, declared: ConstantDeclaration, value: ConstantValue): ConstantValue => {
  const range = rangeOf(declared);
  if (range !== undefined) {
    if (typeof value !== "number" || !Number.isInteger(value) || value < range[0] || value > range[1])
      refuse(`${spec}: ${name} = ${constantText(value)} is out of range; it may be ${String(range[0])} to ${String(range[1])}`);
    return value;
  }
  const wrong = misshapen(value, declared.default, name);
  if (wrong !== undefined) refuse(`${spec}: the constant ${wrong}, as in its default ${constantText(declared.default)}`);
  if ("valid" in declared && !declared.valid(value as never))
    // of the default's shape, which is what it takes
    refuse(`${spec}: ${name} = ${constantText(value)} is not valid`);
  return copyOf(value) as ConstantValue; // a copy of one is one
};

/** The declared constants with the values given, or their defaults. Throws LockstepError "constants". */
export const constantsFrom = (spec: string, declared: ConstantDeclarations, given: Constants): Constants => {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(declared, name));
  if (unknown !== undefined) refuse(`${spec} has no constant ${unknown}; it has ${Object.keys(declared).join(", ") || "none"}`);
  return Object.fromEntries(Object.entries(declared).map(([name, d]) => [name, checked(spec, name, d, given[name] ?? d.default)]));
};

/** An integer constant of an instance, for code that knows the spec; `otherwise` where the spec has none of that name. */
export const integerConstant = (constants: Constants, name: string, otherwise: number): number => {
  const value = constants[name] ?? otherwise;
  return typeof value === "number" ? value : refuse(`the constant ${name} is ${constantText(value)}, expected an integer`);
};

/** A constant as it is written on a command line: JSON, names without quotes. */
export const constantText = (value: unknown): string =>
  typeof value === "string" && isName(value) ? value : value === undefined ? "nothing" : JSON.stringify(value);
const isName = (text: string): boolean => /^[A-Za-z_][\w-]*$/.test(text) && !["true", "false", "null"].includes(text);

/** The value that a text on the command line stands for. Throws LockstepError "constants". */
export const parseConstant = (name: string, text: string): ConstantValue => {
  if (isName(text)) return text;
  try {
    const value: unknown = JSON.parse(text);
    if (!holdsNull(value)) return value as ConstantValue; // JSON without null
  } catch (error) {
    return refuse(`constant ${name}=${text}: it must be a number, true, false, a name or JSON (${messageOf(error)})`);
  }
  return refuse(`constant ${name}=${text}: null is no value of a constant`);
};

const holdsNull = (value: unknown): boolean =>
  value === null || (typeof value === "object" && Object.values(value).some(holdsNull)); // prettier-ignore

export const sameConstant = (a: unknown, b: unknown): boolean => canonicalText(a) === canonicalText(b);

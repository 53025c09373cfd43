/** Values as ITF writes them, under a schema (variables) or by their shape (arguments of actions, which have none). */
import { encode, optionOf } from "../../specs/language/codec.ts";
import { BagValue, Counted, NetworkValue, SetValue } from "../../specs/language/collections.ts";
import { LockstepError } from "../../specs/language/errors.ts";
import type { Field, Schema } from "../../specs/language/schema.ts";
import { isRecord } from "../value-text.ts";

export type ItfValue = boolean | string | readonly ItfValue[] | ItfRecord;
/** Also `{"#bigint"}`, `{"#tup"}`, `{"#set"}`, `{"#map"}` and variants: what a record means shows in its keys. */
export interface ItfRecord {
  readonly [key: string]: ItfValue;
}

/** Deeper values are refused when read, before recursion on them could exhaust the stack. */
const MAX_NESTING = 64;

export const unit: ItfValue = { "#tup": [] };
export const none: ItfValue = { tag: "None", value: unit };
export const some = (value: ItfValue): ItfValue => ({ tag: "Some", value });

export const fail = (path: string, message: string): never => {
  throw new LockstepError("io", `${path}: ${message}`);
};

const has = (value: Readonly<Record<string, unknown>>, key: string): boolean => Object.hasOwn(value, key);

const integer = (n: number, path: string): ItfValue =>
  Number.isSafeInteger(n) ? { "#bigint": String(n) } : fail(path, `${String(n)} is not an integer that ITF can hold`);

const scalar = (value: unknown, path: string): ItfValue => {
  if (typeof value === "number") return integer(value, path);
  if (typeof value === "string" || typeof value === "boolean") return value;
  return fail(path, `a ${typeof value} has no form in ITF`);
};

const record = (entries: readonly (readonly [string, ItfValue])[], path: string): ItfValue => {
  const reserved = entries.find(([name]) => name.startsWith("#"));
  return reserved === undefined ? Object.fromEntries(entries) : fail(`${path}.${reserved[0]}`, "ITF reserves names that start with #");
};

const writeFields = (fields: readonly Field[], value: Readonly<Record<string, unknown>>, path: string): ItfValue =>
  record(
    fields.map((f) => [f.name, writeValue(f.schema, value[f.name], `${path}.${f.name}`)]),
    path,
  );

const recordOf = (value: unknown, path: string): Readonly<Record<string, unknown>> =>
  isRecord(value) ? value : fail(path, "expected a record");
const countedOf = (value: unknown, path: string): Counted<unknown> =>
  value instanceof Counted ? value : fail(path, "expected a set, bag or network");
const listOf = (value: unknown, path: string): readonly unknown[] => (Array.isArray(value) ? value : fail(path, "expected a list"));

/** The ITF form of a value of the schema. */
export const writeValue = (schema: Schema, value: unknown, path: string): ItfValue => {
  switch (schema.kind) {
    case "bool":
    case "int":
    case "enum":
      return scalar(value, path);
    case "seq":
      return listOf(value, path).map((v, i) => writeValue(schema.element, v, `${path}[${String(i)}]`));
    case "tuple":
      return { "#tup": listOf(value, path).map((v, i) => writeValue(schema.elements[i] ?? { kind: "bool" }, v, `${path}[${String(i)}]`)) };
    case "either":
      return writeValue(optionOf(schema, value, path), value, path);
    case "optional":
      return value === null ? none : some(writeValue(schema.element, value, path));
    case "record":
      return writeFields(schema.fields, recordOf(value, path), path);
    case "union": {
      const tagged = recordOf(value, path);
      const variant = schema.variants.find((v) => v.tag === tagged["type"]) ?? fail(path, "not a variant of its union");
      return { tag: variant.tag, value: variant.fields.length === 0 ? unit : writeFields(variant.fields, tagged, path) };
    }
    case "map": {
      const function_ = recordOf(value, path);
      const present = schema.keys.members.filter((k) => function_[k] !== undefined);
      return { "#map": present.map((k) => [scalar(k, path), writeValue(schema.value, function_[k], `${path}[${String(k)}]`)]) };
    }
    case "set":
      return {
        "#set": countedOf(value, path)
          .toArray()
          .map((e) => writeValue(schema.element, e, `${path}{…}`)),
      };
    case "bag":
    case "network":
      return {
        "#map": countedOf(value, path)
          .entries()
          .map(([e, n]) => [writeValue(schema.element, e, `${path}{…}`), integer(n, path)]),
      };
  }
};

/** The ITF form of an argument, by its shape. */
export const writeArgument = (value: unknown, path: string): ItfValue => {
  if (value === null) return none;
  if (Array.isArray(value)) return value.map((v, i) => writeArgument(v, `${path}[${String(i)}]`));
  if (value instanceof SetValue) return { "#set": value.toArray().map((v) => writeArgument(v, `${path}{…}`)) };
  if (!isRecord(value)) return scalar(value, path);
  if (value instanceof Counted) return fail(path, "a bag or a network cannot be an argument");
  const entries = Object.entries(value).map(([k, v]): [string, ItfValue] => [k, writeArgument(v, `${path}.${k}`)]);
  const tag = value["type"];
  if (typeof tag !== "string") return record(entries, path);
  const fields = entries.filter(([k]) => k !== "type");
  return { tag, value: fields.length === 0 ? unit : record(fields, path) };
};

const readInteger = (value: unknown, path: string): number => {
  if (!isRecord(value) || !has(value, "#bigint")) return fail(path, 'expected an integer, {"#bigint": "…"}');
  const digits = value["#bigint"];
  if (typeof digits !== "string" || !/^-?\d{1,16}$/.test(digits))
    return fail(path, "#bigint must hold an integer of at most 16 digits as a string");
  const n = Number(digits);
  return Number.isSafeInteger(n) ? n : fail(path, `${digits} is beyond the integers that are exact here`);
};

const readScalar = (value: unknown, path: string): string | number => (typeof value === "string" ? value : readInteger(value, path));

const tagged = (value: unknown, tag: "#set" | "#map", path: string): readonly unknown[] => {
  const elements = isRecord(value) && has(value, tag) ? value[tag] : undefined;
  return Array.isArray(elements) ? elements : fail(path, `expected {"${tag}": […]}`);
};

const pairs = (value: unknown, path: string): (readonly [unknown, unknown])[] =>
  tagged(value, "#map", path).map((pair, i) =>
    Array.isArray(pair) && pair.length === 2 ? ([pair[0], pair[1]] as const) : fail(`${path}.#map[${String(i)}]`, "expected [key, value]"),
  );

const variantOf = (value: unknown, path: string): { readonly tag: string; readonly value: unknown } => {
  if (!isRecord(value) || typeof value["tag"] !== "string" || !has(value, "value"))
    return fail(path, 'expected a variant, {"tag": …, "value": …}');
  return { tag: value["tag"], value: value["value"] };
};

const isUnit = (value: unknown): boolean => isRecord(value) && Array.isArray(value["#tup"]) && value["#tup"].length === 0;

const readFields = (fields: readonly Field[], value: unknown, path: string): Record<string, unknown> => {
  if (fields.length === 0 && isUnit(value)) return {};
  if (!isRecord(value)) return fail(path, "expected a record");
  const extra = Object.keys(value).find((k) => !fields.some((f) => f.name === k));
  if (extra !== undefined) fail(`${path}.${extra}`, "no such field in the spec");
  const missing = fields.find((f) => !has(value, f.name));
  if (missing !== undefined) fail(path, `the field ${missing.name} is missing`);
  return Object.fromEntries(fields.map((f) => [f.name, readValue(f.schema, value[f.name], `${path}.${f.name}`)]));
};

const readMap = (schema: Extract<Schema, { kind: "map" }>, value: unknown, path: string): Record<string, unknown> => {
  const result: Record<string, unknown> = {};
  for (const [k, v] of pairs(value, path)) {
    const key = readScalar(k, `${path}, a key`);
    if (!schema.keys.members.includes(key)) fail(path, `${String(key)} is not a key; the keys are ${schema.keys.members.join(", ")}`);
    if (has(result, String(key))) fail(path, `the key ${String(key)} comes twice`);
    result[key] = readValue(schema.value, v, `${path}[${String(key)}]`);
  }
  return result;
};

const readCounts = (element: Schema, value: unknown, path: string): (readonly [unknown, number])[] =>
  pairs(value, path).map(([e, n], i) => {
    const count = readInteger(n, `${path}.#map[${String(i)}][1]`);
    return count < 0
      ? fail(`${path}.#map[${String(i)}][1]`, "a count cannot be negative")
      : [readValue(element, e, `${path}.#map[${String(i)}][0]`), count];
  });

/** As the first option that the value can be read as, and that it is then a value of. */
const readEither = (schema: Extract<Schema, { kind: "either" }>, value: unknown, path: string): unknown => {
  for (const option of schema.options)
    try {
      const read = readValue(option, value, path);
      encode(option, read, path);
      return read;
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error;
    }
  return fail(path, `expected one of ${schema.options.map((o) => o.kind).join(", ")}`);
};

/** The value of the schema that an ITF value stands for. Throws LockstepError "io" with the path; ranges are the codec's to check. */
export const readValue = (schema: Schema, value: unknown, path: string): unknown => {
  switch (schema.kind) {
    case "bool":
      return typeof value === "boolean" ? value : fail(path, "expected true or false");
    case "int":
      return readInteger(value, path);
    case "enum":
      return readScalar(value, path);
    case "seq":
      return Array.isArray(value)
        ? value.map((v, i) => readValue(schema.element, v, `${path}[${String(i)}]`))
        : fail(path, "expected a list");
    case "tuple": {
      const parts =
        isRecord(value) && Array.isArray(value["#tup"]) ? (value["#tup"] as readonly unknown[]) : fail(path, 'expected {"#tup": […]}');
      if (parts.length !== schema.elements.length) return fail(path, `expected a tuple of ${String(schema.elements.length)}`);
      return schema.elements.map((e, i) => readValue(e, parts[i], `${path}[${String(i)}]`));
    }
    case "either":
      return readEither(schema, value, path);
    case "optional": {
      const { tag, value: inner } = variantOf(value, path);
      if (tag === "Some") return readValue(schema.element, inner, path);
      return tag === "None" ? null : fail(path, `expected Some or None, not ${tag}`);
    }
    case "record":
      return readFields(schema.fields, value, path);
    case "union": {
      const { tag, value: fields } = variantOf(value, path);
      const variant =
        schema.variants.find((v) => v.tag === tag) ?? fail(path, `${tag} is not one of ${schema.variants.map((v) => v.tag).join(", ")}`);
      return { type: tag, ...readFields(variant.fields, fields, path) };
    }
    case "map":
      return readMap(schema, value, path);
    case "set":
      return SetValue.of(tagged(value, "#set", path).map((v, i) => readValue(schema.element, v, `${path}.#set[${String(i)}]`)));
    case "bag":
      return new BagValue(readCounts(schema.element, value, path));
    case "network":
      return new NetworkValue(readCounts(schema.element, value, path), schema.by);
  }
};

/** The argument that an ITF value stands for, frozen as all that specs read. Replay compares it with the domains. */
export const readArgument = (value: unknown, path: string): unknown => {
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return Object.freeze(value.map((v, i) => readArgument(v, `${path}[${String(i)}]`)));
  if (!isRecord(value)) return fail(path, "expected an ITF value");
  if (has(value, "#bigint")) return readInteger(value, path);
  if (has(value, "#set")) return SetValue.of(tagged(value, "#set", path).map((v, i) => readArgument(v, `${path}.#set[${String(i)}]`)));
  if (typeof value["tag"] === "string" && has(value, "value")) {
    const inner = value["value"];
    if (isUnit(inner)) return value["tag"] === "None" ? null : Object.freeze({ type: value["tag"] });
    const fields = readArgument(inner, `${path}.value`);
    return isRecord(fields) ? Object.freeze({ type: value["tag"], ...fields }) : fail(`${path}.value`, "expected a record");
  }
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([k, v]) => [k, readArgument(v, `${path}.${k}`)])));
};

/** A JSON value as an ITF value: no null, no plain numbers, no unknown `#…` object. Throws LockstepError "io" with the path. */
export const checkedValue = (value: unknown, path: string, nesting = 0): ItfValue => {
  if (nesting > MAX_NESTING) return fail(path, `nested more than ${String(MAX_NESTING)} deep`);
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map((v, i) => checkedValue(v, `${path}[${String(i)}]`, nesting + 1));
  if (typeof value === "number") return fail(path, `the number ${String(value)} must be written {"#bigint": "${String(value)}"}`);
  if (!isRecord(value)) return fail(path, "null is not an ITF value");
  const special = Object.keys(value).find((k) => k.startsWith("#"));
  if (special !== undefined && !["#bigint", "#tup", "#set", "#map"].includes(special))
    fail(path, `${special} is not a form of ITF that is known here`);
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, checkedValue(v, `${path}.${k}`, nesting + 1)]));
};

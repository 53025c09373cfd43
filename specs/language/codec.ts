/**
 * The canonical text of a value under its schema: independent of the process, of insertion order and of object
 * identity. Enum members and union tags are written as their positions, so the text is digits, minus, commas and
 * brackets. Encoding is also TypeOK: it refuses what the schema does not allow and names the path.
 */
import { BagValue, NetworkValue, SetValue } from "./collections.ts";
import { COLLECTION, isCollection, knowSettled } from "./equality.ts";
import { isFields } from "./draft.ts";
import { SpecError } from "./errors.ts";
import { ownerOf } from "./schema.ts";
import type { EnumSchema, Field, Schema } from "./schema.ts";

const show = (value: unknown): string => {
  const text =
    value === undefined ? "undefined" : typeof value === "function" ? "a function" : (JSON.stringify(value) as string | undefined);
  return text === undefined ? "a value without a text" : text.length > 80 ? `${text.slice(0, 77)}…` : text;
};
const refuse = (path: string, value: unknown, expected: string): never => {
  throw new SpecError(`TypeOK: ${path} is ${show(value)}, expected ${expected}`);
};

const encodeFields = (fields: readonly Field[], value: Readonly<Record<string, unknown>>, path: string, tagged: boolean): string => {
  let known = tagged ? 1 : 0;
  let text = "";
  for (const field of fields) {
    if (!Object.hasOwn(value, field.name)) refuse(path, value, `the field ${field.name}`);
    known++;
    text += `,${encode(field.schema, value[field.name], `${path}.${field.name}`)}`;
  }
  const keys = Object.keys(value);
  if (keys.length > known) {
    const names = new Set(fields.map((f) => f.name));
    const extra = keys.find((k) => !names.has(k) && !(tagged && k === "type"));
    if (extra !== undefined) refuse(`${path}.${extra}`, value[extra], "no such field");
  }
  return text.slice(1);
};

const counted = (schema: Schema & { element: Schema }, value: unknown, path: string): string => {
  if (!isCollection(value) || value[COLLECTION] !== schema.kind) return refuse(path, value, `a ${schema.kind}`);
  const texts = value.sorted().map((e) => {
    const element = encode(schema.element, e.element, `${path}{…}`);
    return schema.kind === "set" ? element : `[${element},${String(e.count)}]`;
  });
  return `[${texts.sort().join(",")}]`;
};

const encodeMap = (schema: Extract<Schema, { kind: "map" }>, value: unknown, path: string): string => {
  if (!isFields(value)) return refuse(path, value, "a map");
  const parts: string[] = [];
  let present = 0;
  schema.keys.members.forEach((key, i) => {
    const v = Object.hasOwn(value, key) ? value[key] : undefined; // a key may have the name of something that all objects have
    if (v !== undefined) {
      present++;
      const text = encode(schema.value, v, `${path}[${String(key)}]`);
      parts.push(schema.partial ? `[${String(i)},${text}]` : text);
    } else if (!schema.partial) refuse(`${path}[${String(key)}]`, v, "a value for every key");
  });
  const keys = Object.keys(value).filter((k) => value[k] !== undefined);
  if (keys.length > present) {
    const allowed = new Set(schema.keys.members.map(String));
    refuse(`${path}[${keys.find((k) => !allowed.has(k)) ?? "?"}]`, "a value", `keys among ${schema.keys.members.join(", ")}`);
  }
  return `[${parts.join(",")}]`;
};

/** What can be seen at once: that a value is none of a schema. */
const cannotFit = (schema: Schema, value: unknown): boolean => {
  switch (schema.kind) {
    case "bool":
      return typeof value !== "boolean";
    case "int":
      return typeof value !== "number";
    case "enum":
      return !(schema.members as readonly unknown[]).includes(value);
    case "seq":
    case "tuple":
      return !Array.isArray(value);
    case "record":
      return !isFields(value) || schema.fields.some((f) => !Object.hasOwn(value, f.name));
    case "set":
    case "bag":
    case "network":
      return !isCollection(value) || value[COLLECTION] !== schema.kind;
    case "union":
    case "map":
      return !isFields(value);
    default:
      return false;
  }
};

/** The first option that a value fits, with its text; undefined where it fits none. */
const fitting = (options: readonly Schema[], value: unknown, path: string): readonly [at: number, text: string] | undefined => {
  for (const [i, option] of options.entries()) {
    if (cannotFit(option, value)) continue;
    try {
      return [i, encode(option, value, path)];
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
    }
  }
  return undefined;
};
const encodeEither = (schema: Extract<Schema, { kind: "either" }>, value: unknown, path: string): string => {
  const found = fitting(schema.options, value, path);
  return found === undefined
    ? refuse(path, value, `one of ${schema.options.map((o) => o.kind).join(", ")}`)
    : `[${String(found[0])},${found[1]}]`;
};
/** The option of an untagged union that a value belongs to. */
export const optionOf = (schema: Extract<Schema, { kind: "either" }>, value: unknown, path: string): Schema => {
  const option = schema.options[fitting(schema.options, value, path)?.[0] ?? -1];
  return option ?? refuse(path, value, `one of ${schema.options.map((o) => o.kind).join(", ")}`);
};

/** Throws SpecError when the value does not fit its schema. */
export const encode = (schema: Schema, value: unknown, path: string): string => {
  switch (schema.kind) {
    case "bool":
      return value === true ? "1" : value === false ? "0" : refuse(path, value, "true or false");
    case "int":
      if (typeof value !== "number" || !Number.isInteger(value) || value < schema.min || value > schema.max)
        return refuse(path, value, `an integer from ${String(schema.min)} to ${String(schema.max)}`);
      return String(value);
    case "enum": {
      const at = (schema.members as readonly unknown[]).indexOf(value);
      return at < 0 ? refuse(path, value, `one of ${schema.members.join(", ")}`) : String(at);
    }
    case "seq":
      if (!Array.isArray(value)) return refuse(path, value, "a sequence (array)");
      return `[${Array.from(value, (v, i) => encode(schema.element, v, `${path}[${String(i)}]`)).join(",")}]`;
    case "record":
      if (!isFields(value)) return refuse(path, value, "a record");
      return `[${encodeFields(schema.fields, value, path, false)}]`;
    case "tuple": {
      if (!Array.isArray(value) || value.length !== schema.elements.length)
        return refuse(path, value, `a tuple of ${String(schema.elements.length)}`);
      return `[${schema.elements.map((e, i) => encode(e, value[i], `${path}[${String(i)}]`)).join(",")}]`;
    }
    case "either":
      return encodeEither(schema, value, path);
    case "union": {
      const at = isFields(value) ? schema.variants.findIndex((v) => v.tag === value["type"]) : -1;
      const variant = schema.variants[at];
      if (variant === undefined || !isFields(value))
        return refuse(path, value, `a record whose type is one of ${schema.variants.map((v) => v.tag).join(", ")}`);
      const fields = encodeFields(variant.fields, value, path, true);
      return fields === "" ? `[${String(at)}]` : `[${String(at)},${fields}]`;
    }
    case "optional":
      return value === null ? "null" : encode(schema.element, value, path);
    case "map":
      return encodeMap(schema, value, path);
    case "set":
    case "bag":
    case "network":
      return counted(schema, value, path);
  }
};

const decodeFields = (fields: readonly Field[], packed: readonly unknown[], from: number): Record<string, unknown> => {
  const value: Record<string, unknown> = {};
  fields.forEach((field, i) => (value[field.name] = unpack(field.schema, packed[from + i])));
  return value;
};

const unpackList = (packed: unknown): readonly unknown[] => {
  if (!Array.isArray(packed)) throw new TypeError(`a canonical text holds ${show(packed)} where a list belongs`);
  return packed;
};

const unpack = (schema: Schema, packed: unknown): unknown => {
  switch (schema.kind) {
    case "bool":
      return packed === 1;
    case "int":
      return packed;
    case "enum":
      return schema.members[Number(packed)];
    case "seq":
      return knowSettled(Object.freeze(unpackList(packed).map((p) => unpack(schema.element, p))));
    case "record":
      return knowSettled(Object.freeze(decodeFields(schema.fields, unpackList(packed), 0)));
    case "tuple": {
      const list = unpackList(packed);
      return knowSettled(Object.freeze(schema.elements.map((e, i) => unpack(e, list[i]))));
    }
    case "either": {
      const [at, inner] = unpackList(packed);
      const option = schema.options[Number(at)];
      if (option === undefined) throw new TypeError(`a canonical text names the option ${show(at)}, which does not exist`);
      return unpack(option, inner);
    }
    case "union": {
      const list = unpackList(packed);
      const variant = schema.variants[Number(list[0])];
      if (variant === undefined) throw new TypeError(`a canonical text names the variant ${show(list[0])}, which does not exist`);
      return knowSettled(Object.freeze({ type: variant.tag, ...decodeFields(variant.fields, list, 1) }));
    }
    case "optional":
      return packed === null ? null : unpack(schema.element, packed);
    case "map": {
      const value: Record<string, unknown> = {};
      unpackList(packed).forEach((p, i) => {
        const [at, v] = schema.partial ? unpackList(p) : [i, p];
        value[schema.keys.members[Number(at)] ?? "?"] = unpack(schema.value, v);
      });
      return knowSettled(Object.freeze(value));
    }
    case "set":
      return SetValue.of(unpackList(packed).map((p) => unpack(schema.element, p)));
    case "bag":
    case "network": {
      const entries = unpackList(packed).map((p) => {
        const [element, count] = unpackList(p);
        return [unpack(schema.element, element), Number(count)] as const;
      });
      return schema.kind === "bag" ? new BagValue(entries) : new NetworkValue(entries, schema.by);
    }
  }
};

/** The deeply frozen value of a canonical text made by `encode` with the same schema. */
export const decode = (schema: Schema, text: string): unknown => unpack(schema, JSON.parse(text));

/** For each symmetric set: member -> image. */
export type Permutation = Readonly<Record<string, ReadonlyMap<unknown, unknown>>>;

/** The image of a member of a value set. */
export const memberImage = (schema: EnumSchema, member: unknown, p: Permutation): unknown =>
  p[ownerOf(schema, member) ?? ""]?.get(member) ?? member;

const permuteFields = (fields: readonly Field[], value: Readonly<Record<string, unknown>>, p: Permutation): [string, unknown][] =>
  fields.map((f) => [f.name, permute(f.schema, value[f.name], p)]);

/** The value with the members of symmetric sets renamed, by their place in the schema (never by spelling). */
export const permute = (schema: Schema, value: unknown, p: Permutation): unknown => {
  switch (schema.kind) {
    case "bool":
    case "int":
      return value;
    case "enum":
      return memberImage(schema, value, p);
    case "tuple":
      return (value as readonly unknown[]).map((v, i) => permute(schema.elements[i] ?? { kind: "bool" }, v, p)); // a value of this schema
    case "either":
      return permute(optionOf(schema, value, "a permuted value"), value, p);
    case "seq":
      return (value as readonly unknown[]).map((v) => permute(schema.element, v, p)); // a value of this schema
    case "optional":
      return value === null ? null : permute(schema.element, value, p);
    case "record":
      return Object.fromEntries(permuteFields(schema.fields, value as Record<string, unknown>, p)); // a value of this schema
    case "union": {
      const record = value as Record<string, unknown>; // a value of this schema
      const variant = schema.variants.find((v) => v.tag === record["type"]);
      return { type: record["type"], ...Object.fromEntries(permuteFields(variant?.fields ?? [], record, p)) };
    }
    case "map": {
      const image: Record<string, unknown> = {};
      for (const key of schema.keys.members) {
        const v = (value as Record<string, unknown>)[key]; // a value of this schema
        if (v !== undefined) image[String(permute(schema.keys, key, p))] = permute(schema.value, v, p);
      }
      return image;
    }
    case "set":
      return SetValue.of((value as SetValue<unknown>).toArray().map((v) => permute(schema.element, v, p)));
    case "bag":
      return new BagValue((value as BagValue<unknown>).entries().map(([v, n]) => [permute(schema.element, v, p), n] as const));
    case "network":
      return new NetworkValue(
        (value as NetworkValue<unknown>).entries().map(([v, n]) => [permute(schema.element, v, p), n] as const),
        schema.by,
      );
  }
};

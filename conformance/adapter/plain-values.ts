/** Values of a spec from the plain JSON in which a mapping gives them. Ranges are not checked here: they are compared. */
import { isRecord } from "../../explorer/value-text.ts";
import { encode } from "../../specs/language/codec.ts";
import { SpecError } from "../../specs/language/errors.ts";
import { BagValue, NetworkValue, SetValue } from "../../specs/language/collections.ts";
import type { Field, Schema } from "../../specs/language/schema.ts";
import { HarnessError } from "../driver.ts";

const fail = (path: string, wanted: string): never => {
  throw new HarnessError(`the mapping's state: ${path} must be ${wanted}`);
};
const recordAt = (value: unknown, path: string): Readonly<Record<string, unknown>> => (isRecord(value) ? value : fail(path, "a record"));
const listAt = (value: unknown, path: string): readonly unknown[] => (Array.isArray(value) ? value : fail(path, "a list"));

const fieldsOf = (fields: readonly Field[], value: Readonly<Record<string, unknown>>, path: string): Record<string, unknown> => {
  const extra = Object.keys(value).find((key) => !fields.some(({ name }) => name === key));
  if (extra !== undefined) fail(`${path}.${extra}`, "left out: the spec has no such field");
  return Object.fromEntries(fields.map((f) => [f.name, fromPlain(f.schema, value[f.name], `${path}.${f.name}`)]));
};

const countsOf = (element: Schema, value: unknown, path: string): (readonly [unknown, number])[] =>
  listAt(value, path).map((pair, i) => {
    const [e, count] = listAt(pair, `${path}[${String(i)}]`);
    return typeof count === "number"
      ? [fromPlain(element, e, `${path}[${String(i)}][0]`), count]
      : fail(`${path}[${String(i)}]`, "[element, count]");
  });

/** As the first option that fits. */
const eitherOf = (schema: Extract<Schema, { kind: "either" }>, value: unknown, path: string): unknown => {
  for (const option of schema.options)
    try {
      const read = fromPlain(option, value, path);
      encode(option, read, path);
      return read;
    } catch (error) {
      if (!(error instanceof HarnessError || error instanceof SpecError)) throw error;
    }
  return fail(path, `one of ${schema.options.map((o) => o.kind).join(", ")}`);
};

/** Throws HarnessError with the path of what does not fit. */
export const fromPlain = (schema: Schema, value: unknown, path: string): unknown => {
  switch (schema.kind) {
    case "bool":
      return typeof value === "boolean" ? value : fail(path, "true or false");
    case "int":
      return Number.isSafeInteger(value) ? value : fail(path, "an integer");
    case "enum":
      return typeof value === "string" || typeof value === "number" ? value : fail(path, "a string or an integer");
    case "seq":
      return listAt(value, path).map((v, i) => fromPlain(schema.element, v, `${path}[${String(i)}]`));
    case "tuple":
      return listAt(value, path).map((v, i) => fromPlain(schema.elements[i] ?? { kind: "bool" }, v, `${path}[${String(i)}]`));
    case "either":
      return eitherOf(schema, value, path);
    case "optional":
      return value === null ? null : fromPlain(schema.element, value, path);
    case "record":
      return fieldsOf(schema.fields, recordAt(value, path), path);
    case "union": {
      const { type, ...fields } = recordAt(value, path);
      const variant = schema.variants.find(({ tag }) => tag === type);
      if (variant === undefined) return fail(`${path}.type`, `one of ${schema.variants.map(({ tag }) => tag).join(", ")}`);
      return { type, ...fieldsOf(variant.fields, fields, path) };
    }
    case "map":
      return Object.fromEntries(Object.entries(recordAt(value, path)).map(([k, v]) => [k, fromPlain(schema.value, v, `${path}[${k}]`)]));
    case "set":
      return SetValue.of(listAt(value, path).map((v, i) => fromPlain(schema.element, v, `${path}[${String(i)}]`)));
    case "bag":
      return new BagValue(countsOf(schema.element, value, path));
    case "network":
      return new NetworkValue(countsOf(schema.element, value, path), schema.by);
  }
};

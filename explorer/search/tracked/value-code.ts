/**
 * The values of a schema that has few, as numbers from 0: what lets a leaf lie in some bits of a word. The numbers follow
 * from the schema alone, so that every thread gives the same.
 */
import { SetValue } from "../../../specs/language/collections.ts";
import type { Field, Schema } from "../../../specs/language/schema.ts";

type Fields = Readonly<Record<string, unknown>>;

const product = (fields: readonly Field[]): number => fields.reduce((n, f) => n * cardinality(f.schema), 1);

/** How many values a schema has; Infinity where there is no bound. */
export const cardinality = (schema: Schema): number => {
  switch (schema.kind) {
    case "bool":
      return 2;
    case "int":
      return schema.max - schema.min + 1;
    case "enum":
      return schema.members.length;
    case "optional":
      return 1 + cardinality(schema.element);
    case "record":
      return product(schema.fields);
    case "union":
      return schema.variants.reduce((n, v) => n + product(v.fields), 0);
    case "map":
      return (cardinality(schema.value) + (schema.partial ? 1 : 0)) ** schema.keys.members.length;
    case "set":
      return 2 ** cardinality(schema.element);
    default: // of sequences and counts there is no end
      return Infinity;
  }
};

/** Digits of different bases, the first is the lowest. */
const join = (digits: readonly (readonly [digit: number, base: number])[]): number =>
  digits.reduceRight((code, [digit, base]) => code * base + digit, 0);

const fieldsCode = (fields: readonly Field[], value: Fields): number =>
  join(fields.map((f) => [valueCode(f.schema, value[f.name]), cardinality(f.schema)]));

const fieldsOf = (fields: readonly Field[], code: number): Record<string, unknown> => {
  const value: Record<string, unknown> = {};
  for (const { name, schema } of fields) {
    const base = cardinality(schema);
    value[name] = codedValue(schema, code % base);
    code = Math.floor(code / base);
  }
  return value;
};

/** The number of a value that fits its schema. */
export const valueCode = (schema: Schema, value: unknown): number => {
  switch (schema.kind) {
    case "bool":
      return value === true ? 1 : 0;
    case "int":
      return (value as number) - schema.min; // by its schema, as below
    case "enum":
      return (schema.members as readonly unknown[]).indexOf(value);
    case "optional":
      return value === null ? 0 : 1 + valueCode(schema.element, value);
    case "record":
      return fieldsCode(schema.fields, value as Fields);
    case "union": {
      let from = 0;
      for (const { tag, fields } of schema.variants) {
        if ((value as Fields)["type"] === tag) return from + fieldsCode(fields, value as Fields);
        from += product(fields);
      }
      throw new RangeError("a value of no variant");
    }
    case "map": {
      const base = cardinality(schema.value) + (schema.partial ? 1 : 0);
      const digit = (v: unknown): number =>
        schema.partial ? (v === undefined ? 0 : 1 + valueCode(schema.value, v)) : valueCode(schema.value, v);
      return join(schema.keys.members.map((key) => [digit((value as Fields)[key]), base]));
    }
    case "set":
      return (value as SetValue<unknown>).toArray().reduce<number>((code, e) => code + 2 ** valueCode(schema.element, e), 0);
    default:
      throw new RangeError(`the values of a ${schema.kind} have no numbers`);
  }
};

/** The value of a number. */
export const codedValue = (schema: Schema, code: number): unknown => {
  switch (schema.kind) {
    case "bool":
      return code === 1;
    case "int":
      return schema.min + code;
    case "enum":
      return schema.members[code];
    case "optional":
      return code === 0 ? null : codedValue(schema.element, code - 1);
    case "record":
      return fieldsOf(schema.fields, code);
    case "union": {
      for (const { tag, fields } of schema.variants) {
        const count = product(fields);
        if (code < count) return { type: tag, ...fieldsOf(fields, code) };
        code -= count;
      }
      throw new RangeError("a number of no variant");
    }
    case "map": {
      const base = cardinality(schema.value) + (schema.partial ? 1 : 0);
      const value: Record<string, unknown> = {};
      for (const key of schema.keys.members) {
        const digit = code % base;
        code = Math.floor(code / base);
        if (!schema.partial) value[key] = codedValue(schema.value, digit);
        else if (digit > 0) value[key] = codedValue(schema.value, digit - 1);
      }
      return value;
    }
    case "set":
      return SetValue.of(
        Array.from({ length: cardinality(schema.element) }, (_, e) => e)
          .filter((e) => Math.floor(code / 2 ** e) % 2 === 1)
          .map((e) => codedValue(schema.element, e)),
      );
    default:
      throw new RangeError(`the values of a ${schema.kind} have no numbers`);
  }
};

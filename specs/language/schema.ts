/** Types with the constants of one model filled in: what codecs, searches and printers work on. */
import type { Constants } from "./constants.ts";
import { LockstepError } from "./errors.ts";
import type { Bound, TypeNode, Variables } from "./types.ts";
import { isValueSet } from "./value-set.ts";
import type { Scalar, ValueSet } from "./value-set.ts";

export type { ConstantValue, Constants } from "./constants.ts";

export interface Field {
  readonly name: string;
  readonly schema: Schema;
}
export type Schema =
  | { readonly kind: "bool" }
  | { readonly kind: "int"; readonly min: number; readonly max: number }
  /** `set` names the value set that the members come from, if they come from one. */
  | { readonly kind: "enum"; readonly members: readonly Scalar[]; readonly set?: string; readonly parts?: readonly SetPart[] }
  | { readonly kind: "seq"; readonly element: Schema }
  | { readonly kind: "record"; readonly fields: readonly Field[] }
  | { readonly kind: "tuple"; readonly elements: readonly Schema[] }
  /** An untagged union: a value belongs to the first option that it fits. */
  | { readonly kind: "either"; readonly options: readonly Schema[] }
  | { readonly kind: "union"; readonly variants: readonly { readonly tag: string; readonly fields: readonly Field[] }[] }
  | { readonly kind: "optional"; readonly element: Schema }
  | { readonly kind: "map"; readonly keys: EnumSchema; readonly value: Schema; readonly partial: boolean }
  | { readonly kind: "set"; readonly element: Schema }
  | { readonly kind: "bag"; readonly element: Schema }
  /** `owners` names, by destination, the value set that it is a member of, if it is one of a set. */
  | {
      readonly kind: "network";
      readonly element: Schema;
      readonly by: string;
      readonly destinations: EnumSchema;
      readonly owners: Readonly<Record<string, string>>;
    };
/** One of the sets that a union of value sets is made of. */
export interface SetPart {
  readonly set: string;
  readonly members: readonly Scalar[];
}
export type EnumSchema = Extract<Schema, { kind: "enum" }>;
/** The value set that a member comes from; of a union, the part. */
export const ownerOf = (schema: EnumSchema, member: unknown): string | undefined =>
  schema.parts?.find((p) => (p.members as readonly unknown[]).includes(member))?.set ?? schema.set;
export type CollectionSchema = Extract<Schema, { kind: "set" | "bag" | "network" }>;

export interface Variable {
  readonly name: string;
  readonly schema: Schema;
}

/** The members of a value set under the constants of a model. Throws if they repeat, or if there are none and that is not allowed. */
export const membersOf = <K extends Scalar>(set: ValueSet<K>, constants: Constants): readonly K[] => {
  // A spec types the constants that it declared; `instantiate` has made sure that they are all there.
  const members = set.members(constants as never);
  if (members.length === 0 && !set.mayBeEmpty)
    throw new LockstepError("load", `the value set ${set.name} is empty: give it at least one member`);
  const alike = members.find((m, i) => members.some((other, j) => j < i && String(other) === String(m) && other !== m));
  if (alike !== undefined)
    throw new LockstepError(
      "load",
      `the value set ${set.name} has the members ${String(alike)} and "${String(alike)}", which as keys of a map are one`,
    );
  const symmetricFactor = set.factors?.find((f) => f.symmetric);
  if (symmetricFactor !== undefined)
    throw new LockstepError(
      "load",
      `${set.name} is a product with ${symmetricFactor.name}, which is symmetric: declare that ordered, or use a map of maps`,
    );
  if (new Set(members).size < members.length) throw new LockstepError("load", `the value set ${set.name} names a member twice`);
  return members;
};

const bound = (b: Bound, constants: Constants): number => (typeof b === "number" ? b : b(constants as never)); // as above

/** The one name that cannot be a key of an object: writing it changes what the object inherits. */
const usable = (name: Scalar, path: string): Scalar => {
  if (name === "__proto__") throw new LockstepError("load", `${path}: __proto__ cannot be the name of a field or key; choose another`);
  return name;
};

const fieldsOf = (fields: Readonly<Record<string, TypeNode>>, constants: Constants, path: string): Field[] =>
  Object.entries(fields).map(([name, node]) => ({ name: String(usable(name, path)), schema: resolve(node, constants, `${path}.${name}`) }));

const keysOf = (node: TypeNode, constants: Constants, path: string, partial: boolean): EnumSchema => {
  const schema = resolve(node, constants, path);
  if (schema.kind === "enum") {
    for (const key of schema.members) {
      usable(key, path);
      if (partial && key in Object.prototype)
        throw new LockstepError(
          "load",
          `${path}: every object has a ${String(key)}, so it cannot be a key that may be absent; choose another`,
        );
    }
    return schema;
  }
  if (schema.kind === "int")
    return { kind: "enum", members: Array.from({ length: schema.max - schema.min + 1 }, (_, i) => schema.min + i) };
  throw new LockstepError("load", `${path}: the keys of a map must be a value set, a oneOf or an int, not a ${schema.kind}`);
};

type NetworkSchema = Extract<Schema, { kind: "network" }>;
const destinationsOf = (element: Schema, by: string, path: string): Pick<NetworkSchema, "destinations" | "owners"> => {
  const variants = element.kind === "union" ? element.variants : element.kind === "record" ? [{ tag: "", fields: element.fields }] : [];
  const members = new Set<Scalar>();
  const owners: Record<string, string> = {};
  for (const variant of variants) {
    const field = variant.fields.find((f) => f.name === by);
    if (field?.schema.kind !== "enum")
      throw new LockstepError(
        "load",
        `${path}: every message of a network needs a field "${by}" whose type is a value set or a oneOf; ${variant.tag} has none`,
      );
    for (const m of field.schema.members) {
      members.add(m);
      // A member of two sets belongs to the first that is named: all that matters is that messages to it lie in one place.
      if (field.schema.set !== undefined) owners[String(m)] ??= field.schema.set;
    }
  }
  if (members.size === 0) throw new LockstepError("load", `${path}: the messages of a network must be records or a union`);
  return { destinations: { kind: "enum", members: [...members] }, owners };
};

/** Fills in the constants. Throws LockstepError "load" naming the path of a type that makes no sense. */
export const resolve = (node: TypeNode, constants: Constants, path: string): Schema => {
  switch (node.kind) {
    case "bool":
      return node;
    case "int": {
      const [min, max] = [bound(node.min, constants), bound(node.max, constants)];
      if (!(Number.isInteger(min) && Number.isInteger(max) && min <= max))
        throw new LockstepError("load", `${path}: int(${String(min)}, ${String(max)}) is empty or not of integers`);
      return { kind: "int", min, max };
    }
    case "enum":
      if (node.members.length === 0) throw new LockstepError("load", `${path}: oneOf() without members has no values`);
      return node;
    case "member": {
      const { name, parts } = node.set;
      const members = membersOf(node.set, constants);
      if (parts === undefined) return { kind: "enum", members, set: name };
      return { kind: "enum", members, set: name, parts: parts.map((p) => ({ set: p.name, members: membersOf(p, constants) })) };
    }
    case "tuple":
      return { kind: "tuple", elements: node.elements.map((e, i) => resolve(e, constants, `${path}[${String(i)}]`)) };
    case "either":
      return { kind: "either", options: node.options.map((o) => resolve(o, constants, path)) };
    case "seq":
    case "optional":
    case "set":
    case "bag":
      return { kind: node.kind, element: resolve(node.element, constants, path) };
    case "record":
      return { kind: "record", fields: fieldsOf(node.fields, constants, path) };
    case "union":
      return {
        kind: "union",
        variants: Object.entries(node.variants).map(([tag, f]) => ({ tag, fields: fieldsOf(f, constants, `${path}.${tag}`) })),
      };
    case "map":
      return {
        kind: "map",
        keys: keysOf(node.keys, constants, path, node.partial),
        value: resolve(node.value, constants, path),
        partial: node.partial,
      };
    case "network": {
      const element = resolve(node.element, constants, path);
      return { kind: "network", element, by: node.by, ...destinationsOf(element, node.by, path) };
    }
  }
};

export const resolveVariables = (variables: Variables, constants: Constants): Variable[] =>
  Object.entries(variables).map(([name, type]) => ({
    name,
    schema: resolve(isValueSet(type) ? { kind: "member", set: type } : type, constants, name),
  }));

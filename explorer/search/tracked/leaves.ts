/**
 * A state as the search holds it: a vector of leaves, each an id. A variable that is a function on a finite set has a
 * leaf per key, a network has one per destination, every other variable is one leaf. Sets, bags and inboxes are lists
 * of (element, count); all else is a canonical text.
 */
import { BagValue, NetworkValue, SetValue, destinationOf } from "../../../specs/language/collections.ts";
import type { Counted } from "../../../specs/language/collections.ts";
import { SpecError } from "../../../specs/language/errors.ts";
import type { SpecInstance, State } from "../../../specs/language/instantiate.ts";
import { ownerOf } from "../../../specs/language/schema.ts";
import type { Schema } from "../../../specs/language/schema.ts";
import type { Scalar } from "../../../specs/language/value-set.ts";
import type { Lists } from "../kernel/lists.ts";
import type { TextTable } from "../kernel/text-table.ts";
import { ValueTable } from "./value-table.ts";

export interface Leaf {
  readonly index: number;
  readonly variable: string;
  readonly variableSchema: Schema;
  /** The key of a map or the destination of a network. */
  readonly key: Scalar | undefined;
  /** The value set that the key belongs to: leaves of one key may form the state of one process. */
  readonly keySet: string | undefined;
  /** What errors call it: `replicas[2]`. */
  readonly path: string;
  /** The values of a text leaf, or the elements of a list leaf. */
  readonly values: ValueTable;
  readonly isList: boolean;
}

/** Values of equal schemas share a table, so that equal values of different leaves are decoded once. */
export const leavesOf = (instance: SpecInstance, texts: TextTable): Leaf[] => {
  const tables = new Map<string, ValueTable>();
  const tableOf = (schema: Schema): ValueTable => {
    const key = JSON.stringify(schema);
    const known = tables.get(key);
    if (known) return known;
    const table = new ValueTable(schema, texts);
    tables.set(key, table);
    return table;
  };
  const leaves: Leaf[] = [];
  const add = (variable: string, variableSchema: Schema, schema: Schema, isList: boolean, key?: Scalar, keySet?: string): void => {
    const path = key === undefined ? variable : `${variable}[${String(key)}]`;
    leaves.push({ index: leaves.length, variable, variableSchema, key, keySet, path, values: tableOf(schema), isList });
  };
  for (const { name, schema } of instance.variables) {
    if (schema.kind === "map" && !schema.partial)
      for (const key of schema.keys.members) add(name, schema, schema.value, false, key, ownerOf(schema.keys, key));
    else if (schema.kind === "network") {
      for (const key of schema.destinations.members) add(name, schema, schema.element, true, key, schema.owners[String(key)]);
    } else if (schema.kind === "set" || schema.kind === "bag") add(name, schema, schema.element, true);
    else add(name, schema, schema, false);
  }
  return leaves;
};

const isCounted = (x: unknown): x is Counted<unknown> => x instanceof SetValue || x instanceof BagValue || x instanceof NetworkValue;

/** Converts between plain states and vectors of leaf ids. */
export class LeafCodec {
  constructor(
    private readonly instance: SpecInstance,
    readonly leaves: readonly Leaf[],
    private readonly lists: Lists,
  ) {}

  encode(state: State): Uint32Array {
    return Uint32Array.from(this.leaves, (leaf) => {
      const variable = state[leaf.variable];
      if (leaf.isList) {
        if (!isCounted(variable)) throw new SpecError(`TypeOK: ${leaf.path} is not a ${leaf.variableSchema.kind}`);
        return this.encodeList(leaf, variable);
      }
      const value = leaf.key === undefined ? variable : (variable as Record<Scalar, unknown>)[leaf.key]; // a map by its schema
      return leaf.values.id(value, leaf.path);
    });
  }

  encodeList(leaf: Leaf, collection: Counted<unknown>): number {
    const entries = collection.entries().filter(([e]) => leaf.key === undefined || this.destination(leaf, e) === leaf.key);
    return this.lists.from(entries.map(([e, n]) => [leaf.values.id(e, `${leaf.path}{…}`), n]));
  }

  private destination(leaf: Leaf, message: unknown): unknown {
    return leaf.variableSchema.kind === "network" ? destinationOf(message, leaf.variableSchema.by) : undefined;
  }

  /** The plain, frozen state of a vector. */
  decode(ids: ArrayLike<number>): State {
    const state: Record<string, unknown> = {};
    for (const { name, schema } of this.instance.variables) {
      const leaves = this.leaves.filter((l) => l.variable === name);
      const first = leaves[0];
      if (first?.isList === true)
        state[name] = collectionOf(
          schema,
          leaves.flatMap((l) => this.entries(l, ids[l.index] ?? 0)),
        );
      else if (first !== undefined && first.key === undefined) state[name] = first.values.value(ids[first.index] ?? 0);
      else state[name] = Object.freeze(Object.fromEntries(leaves.map((l) => [l.key, l.values.value(ids[l.index] ?? 0)])));
    }
    return Object.freeze(state);
  }

  entries(leaf: Leaf, list: number): (readonly [unknown, number])[] {
    return this.lists.entries(list).map(([e, n]) => [leaf.values.value(e), n] as const);
  }
}

/** A network that has no destination has no schema and no messages either. */
export const collectionOf = (schema: Schema | undefined, entries: readonly (readonly [unknown, number])[]): Counted<unknown> => {
  if (schema?.kind === "set") return new SetValue(entries);
  if (schema?.kind === "bag") return new BagValue(entries);
  return new NetworkValue(entries, schema?.kind === "network" ? schema.by : "");
};

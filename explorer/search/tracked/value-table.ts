/** The values of one schema by id: decoded, taken apart and permuted once each. */
import { canonicalText } from "../../../specs/language/equality.ts";
import { decode, encode, memberImage, permute } from "../../../specs/language/codec.ts";
import type { Permutation } from "../../../specs/language/codec.ts";
import type { Schema } from "../../../specs/language/schema.ts";
import { GrowingArray } from "../kernel/memo-table.ts";
import type { TextTable } from "../kernel/text-table.ts";

/** What a field's answer is when a partial map has no value there. */
export const ABSENT = 0xfffffffe;

export class ValueTable {
  private readonly decoded: unknown[] = [];
  /** Ids of parts, +1, side by side for each value. */
  private readonly parts = new GrowingArray();
  private readonly images: number[][] = [];
  private readonly order: (string | undefined)[] = [];
  /** The names of what may be read apart: the fields of a record, the keys of a map. */
  readonly partNames: readonly string[];
  private readonly partSchemas: readonly Schema[];
  /** Values without parts have no identity. */
  readonly isScalar: boolean;

  constructor(
    readonly schema: Schema,
    private readonly texts: TextTable,
  ) {
    const fields =
      schema.kind === "record"
        ? schema.fields.map((f) => [f.name, f.schema] as const)
        : schema.kind === "map"
          ? schema.keys.members.map((k) => [String(k), schema.value] as const)
          : [];
    this.isScalar = schema.kind === "bool" || schema.kind === "int" || schema.kind === "enum";
    this.partNames = fields.map(([name]) => name);
    this.partSchemas = fields.map(([, s]) => s);
  }

  /** Throws SpecError when the value does not fit the schema. */
  id(value: unknown, path: string): number {
    return this.texts.intern(encode(this.schema, value, path));
  }

  /** The deeply frozen value. */
  value(id: number): unknown {
    const known = this.decoded[id];
    if (known !== undefined) return known;
    return (this.decoded[id] = decode(this.schema, this.texts.text(id)));
  }

  /** The id of the value of a field or key; ABSENT where a partial map has none. */
  part(id: number, part: number): number {
    const known = this.parts.get(id * this.partNames.length + part);
    return known !== 0 ? known - 1 : this.takeApart(id, part);
  }

  private takeApart(id: number, wanted: number): number {
    const value = this.value(id) as Readonly<Record<string, unknown>>; // a record or map by its schema
    const ids = this.partSchemas.map((schema, i) => {
      const name = this.partNames[i] ?? "";
      return value[name] === undefined ? ABSENT : this.texts.intern(encode(schema, value[name], name));
    });
    ids.forEach((part, i) => this.parts.set(id * ids.length + i, part + 1));
    return ids[wanted] ?? ABSENT;
  }

  /** The id of the image under permutation number `k`. */
  image(id: number, k: number, permutation: Permutation): number {
    const images = (this.images[id] ??= []);
    return (images[k] ??= this.id(permute(this.schema, this.value(id), permutation), "a permuted value"));
  }

  /** The place of the image of a part: keys of a map may be members of a symmetric set, fields of a record never are. */
  partImage(part: number, permutation: Permutation): number {
    if (this.schema.kind !== "map") return part;
    const { keys } = this.schema;
    const key = keys.members[part];
    return (keys.members as readonly unknown[]).indexOf(memberImage(keys, key, permutation));
  }

  /** The text that orders elements for enumeration, the same in every process. */
  orderText(id: number): string {
    return (this.order[id] ??= canonicalText(this.value(id)));
  }
}

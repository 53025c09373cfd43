/**
 * The rows of a restore in its tables, and what is the same for both. Every row of a space begins with the name of its side and
 * of the space. In the table of the key-value pairs: `pair/<key>`, `progress`; in that of the tree: `node/<path>`, `root`; in both
 * `snapshot`, which says of which snapshot the rows are, and goes with the first of them in one write.
 */
import { z } from "zod";
import { decode, encode } from "../codec.ts";
import type { Table, Write } from "../ports.ts";
import { OtherSnapshotError } from "./errors.ts";
import { hashSchema } from "./merkle/hash.ts";
import { snapshotIdSchema, spaceSchema } from "./snapshot.ts";
import type { Manifest } from "./snapshot.ts";

export type Side = "kv" | "tree";
const sideName = { kv: "key-value pairs", tree: "nodes of the tree" } as const satisfies Record<Side, string>;

/** All rows of a side, and of a space, begin with these; "/" cannot be in an encoded name. */
export const rowsOfSide = (side: Side): string => `${side}/`;
export const rowsOf = (side: Side, space: string): string => `${rowsOfSide(side)}${encodeURIComponent(space)}/`;
/** What comes after all rows that begin with `prefix`, which ends with "/". */
export const endOf = (prefix: string): string => `${prefix.slice(0, -1)}0`;

const ownerSchema = z.strictObject({ ...snapshotIdSchema.shape, space: spaceSchema, root: hashSchema });
type Owner = z.infer<typeof ownerSchema>;

/** The snapshot that the rows of one side of a space belong to. */
export class RowOwner {
  private readonly row: string;
  private readonly owner: Owner;

  constructor(
    private readonly table: Table,
    private readonly side: Side,
    { clusterId, version, position, space, root }: Manifest,
  ) {
    this.row = `${rowsOf(side, space)}snapshot`;
    this.owner = { clusterId, version, position, space, root };
  }

  /** Part of every write that may be the first. */
  claim(): Write {
    return { put: this.row, value: encode(this.owner) };
  }

  /** Throws OtherSnapshotError. */
  async check(): Promise<void> {
    const bytes = await this.table.get(this.row);
    if (bytes === undefined) return;
    const found = decode(ownerSchema, bytes, `row ${this.row}`);
    const what = `the ${sideName[this.side]} of ${this.owner.space}`;
    const differs = (["clusterId", "version", "position", "space", "root"] as const).find((field) => found[field] !== this.owner[field]);
    if (differs === undefined) return;
    throw new OtherSnapshotError(
      `${what} are of a restore whose ${differs} is ${found[differs]}; that of the given snapshot is ${this.owner[differs]}`,
    );
  }
}

const batchRows = 1000;

/** In batches; the last is synced, and with it those before. */
export const deleteRows = async (table: Table, prefix: string): Promise<void> => {
  let writes: Write[] = [];
  for await (const [row] of table.entries({ from: prefix, to: endOf(prefix) })) {
    if (writes.length === batchRows) {
      await table.write(writes, { sync: false });
      writes = [];
    }
    writes.push({ delete: row });
  }
  if (writes.length > 0) await table.write(writes, { sync: true });
};

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
export const sideName = { kv: "key-value pairs", tree: "tree" } as const satisfies Record<Side, string>;

/** All rows of a space begin with this; "/" cannot be in an encoded name. */
export const rowsOf = (side: Side, space: string): string => `${side}/${encodeURIComponent(space)}/`;
/** What comes after all rows that begin with `prefix`, which ends with "/". */
export const endOf = (prefix: string): string => `${prefix.slice(0, -1)}0`;

const ownerSchema = z.strictObject({ ...snapshotIdSchema.shape, space: spaceSchema, root: hashSchema, discarding: z.boolean() });
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
    this.owner = { clusterId, version, position, space, root, discarding: false };
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
    const begun = `the ${sideName[this.side]} of ${found.space} hold a restore of version ${found.version} of cluster ${found.clusterId}`;
    if (found.discarding) throw new OtherSnapshotError(`${begun} that is being discarded; discard it again`);
    const differs = (["clusterId", "version", "position", "space", "root"] as const).find((field) => found[field] !== this.owner[field]);
    if (differs === undefined) return;
    throw new OtherSnapshotError(`${begun}: its ${differs} is ${found[differs]}, that of the given snapshot ${this.owner[differs]}`);
  }
}

const batchRows = 1000;

/** In batches. Not synced: a later synced write to the table makes it last. */
export const deleteRows = async (table: Table, prefix: string, except?: string): Promise<void> => {
  let writes: Write[] = [];
  for await (const [row] of table.entries({ from: prefix, to: endOf(prefix) })) {
    if (row !== except) writes.push({ delete: row });
    if (writes.length < batchRows) continue;
    await table.write(writes, { sync: false });
    writes = [];
  }
  await table.write(writes, { sync: false });
};

/**
 * Deletes what one side holds of a space. Its owner is marked first and deleted last, so that after a crash in between nothing
 * takes the remains for a restore that can go on.
 */
export const discardSide = async (table: Table, side: Side, space: string): Promise<void> => {
  const prefix = rowsOf(side, space);
  const row = `${prefix}snapshot`;
  const bytes = await table.get(row);
  if (bytes === undefined) return;
  const owner = decode(ownerSchema, bytes, `row ${row}`);
  await table.write([{ put: row, value: encode({ ...owner, discarding: true }) }], { sync: true });
  await deleteRows(table, prefix, row);
  await table.write([{ delete: row }], { sync: true });
};

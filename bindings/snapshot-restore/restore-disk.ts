/** What a restore has on disk, in the numbers of the specs: read from the rows of its two tables. */
import { z } from "zod";
import { decode } from "../../engine/codec.ts";
import { frontierSchema } from "../../engine/snapshot-restore/merkle/frontier.ts";
import { EMPTY, hashOfNode, hashSchema, isLeaf, nodeSchema } from "../../engine/snapshot-restore/merkle/hash.ts";
import type { Hash } from "../../engine/snapshot-restore/merkle/hash.ts";
import { rowsOf } from "../../engine/snapshot-restore/rows.ts";
import { usageSchema } from "../../engine/snapshot-restore/snapshot.ts";
import { space } from "./numbered-snapshot.ts";
import type { Content, NumberedSnapshot } from "./numbered-snapshot.ts";

export type Rows = ReadonlyMap<string, Uint8Array>;

const progressSchema = z.strictObject({ usage: usageSchema, frontier: frontierSchema });
const rootSchema = z.strictObject({ root: hashSchema });
const [kvRows, treeRows] = [rowsOf("kv", space), rowsOf("tree", space)];

export interface KvOnDisk {
  /** By the number of the key. */
  readonly values: Readonly<Record<number, Content>>;
  /** The key in the progress record; 0 without one. */
  readonly progress: number;
  /** How many pairs the progress record counts. */
  readonly usage: number;
}
export const kvOnDisk = (rows: Rows, snapshot: NumberedSnapshot): KvOnDisk => {
  const value = (k: number): Content => snapshot.contentOfPair(k, rows.get(`${kvRows}pair/${snapshot.nameOf(k)}`));
  const bytes = rows.get(`${kvRows}progress`);
  const record = bytes === undefined ? undefined : decode(progressSchema, bytes, "the progress record");
  return {
    values: Object.fromEntries(snapshot.keyNumbers.map((k) => [k, value(k)])),
    progress: snapshot.numberOf(record?.frontier.last?.keyHash),
    usage: record?.usage.count ?? 0,
  };
};

export interface TreeOnDisk {
  readonly leaves: Readonly<Record<number, Content>>;
  /** The hashes of the inner nodes by their paths. */
  readonly inner: ReadonlyMap<string, Hash>;
  readonly root: "none" | "good" | "bad" | "empty";
}
export const treeOnDisk = (rows: Rows, snapshot: NumberedSnapshot): TreeOnDisk => {
  const leaves: Record<number, Content> = Object.fromEntries(snapshot.keyNumbers.map((k) => [k, "none"]));
  const inner = new Map<string, Hash>();
  const nodes = `${treeRows}node/`;
  for (const [row, bytes] of rows) {
    if (!row.startsWith(nodes)) continue;
    const node = decode(nodeSchema, bytes, row);
    if (isLeaf(node)) leaves[snapshot.numberOf(node.keyHash)] = snapshot.contentOfLeaf(node);
    else inner.set(row.slice(nodes.length), hashOfNode(node));
  }
  const bytes = rows.get(`${treeRows}root`);
  const root = bytes === undefined ? undefined : decode(rootSchema, bytes, "the root record").root;
  const rootText = root === undefined ? "none" : root === snapshot.manifest.root ? "good" : root === EMPTY ? "empty" : "bad";
  return { leaves, inner, root: rootText };
};

/** The last leaf on disk; 0 without one. */
export const rightmostLeaf = ({ leaves }: TreeOnDisk): number =>
  Math.max(0, ...Object.entries(leaves).flatMap(([k, content]) => (content === "none" ? [] : [Number(k)])));

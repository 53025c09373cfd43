/** What a finished restore leaves behind: the pairs, for the store to import; and the rows of both tables, which then go. */
import type { Table } from "../ports.ts";
import { discardSide, endOf, rowsOf } from "./rows.ts";
import type { RestoreTables } from "./restore.ts";
import type { Pair } from "./snapshot.ts";

/** In the order of the keys' UTF-8 bytes. Only of use after the restore of the space has finished. */
export async function* restoredPairs(kv: Table, space: string): AsyncGenerator<Pair> {
  const prefix = `${rowsOf("kv", space)}pair/`;
  for await (const [row, value] of kv.entries({ from: prefix, to: endOf(prefix) })) yield [row.slice(prefix.length), value];
}

/** Deletes all rows of a space, whether its restore has finished or not. After a crash in between it is called again. */
export const discardRestore = async ({ kv, tree }: RestoreTables, space: string): Promise<void> => {
  await discardSide(kv, "kv", space);
  await discardSide(tree, "tree", space);
};

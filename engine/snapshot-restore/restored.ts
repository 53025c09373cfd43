/** What a finished restore leaves behind for the store to import. */
import type { Table } from "../ports.ts";
import { endOf, rowsOf } from "./rows.ts";
import type { Pair } from "./snapshot.ts";

/** In the order of the keys' UTF-8 bytes. Only of use after the restore of the space has finished. */
export async function* restoredPairs(kv: Table, space: string): AsyncGenerator<Pair> {
  const prefix = `${rowsOf("kv", space)}pair/`;
  for await (const [row, value] of kv.entries({ from: prefix, to: endOf(prefix) })) yield [row.slice(prefix.length), value];
}

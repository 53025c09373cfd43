/**
 * Version chains: what the store keeps of one key, the newest first, and what one transaction does to them. A
 * transaction may buffer a put, a delete, and a compare-and-set of one key: put and delete cancel each other, the
 * compare-and-set is kept apart from both (so in the audited code; the audit's section 3 tells only of put and delete).
 */
import { int, oneOf, record, seq } from "../../language/index.ts";
import type { ValueOf } from "../../language/index.ts";

export const MOST = 8;
export const Kind = oneOf("put", "delete", "deleteAndCas");
export type Kind = ValueOf<typeof Kind>;
export const KINDS = ["put", "delete", "deleteAndCas"] as const;

export const Entry = record({ version: int(1, MOST), is: oneOf("value", "tombstone") });
export type Entry = ValueOf<typeof Entry>;
export const Chain = seq(Entry);
export type Chain = readonly Entry[];

/** The commit applies puts, then deletes, then compare-and-sets. */
const live = { put: ["value"], delete: ["tombstone"], deleteAndCas: ["tombstone", "value"] } as const;
/** The log record keeps two lists, puts (with the compare-and-sets) and deletes, which are replayed in this order. */
const fromTwoLists = { put: ["value"], delete: ["tombstone"], deleteAndCas: ["value", "tombstone"] } as const;

export const operations = (kind: Kind, order: "asLive" | "putsThenDeletes"): readonly Entry["is"][] =>
  order === "asLive" ? live[kind] : fromTwoLists[kind];

/** At the front, whatever is there; or where the version belongs, in place of an entry of the same version. */
export const inserted = (chain: Chain, entry: Entry, where: "ordered" | "pushFront"): Chain => {
  if (where === "pushFront") return [entry, ...chain];
  const newer = chain.filter((e) => e.version > entry.version);
  return [...newer, entry, ...chain.filter((e) => e.version < entry.version)];
};

/** What a snapshot of this version reads: the first entry that is not newer. */
export const readAt = (chain: Chain, version: number): Entry | undefined => {
  const found = chain.find((e) => e.version <= version);
  return found?.is === "value" ? found : undefined;
};

export const chainText = (chain: Chain): string => chain.map((e) => `${e.is === "value" ? "v" : "x"}${String(e.version)}`).join(" ");

/**
 * Version chains: what the store keeps of one key, the newest version first. A chain is never changed in place, so that
 * branches may share it. An entry without a value is a tombstone.
 */
export interface Entry {
  readonly version: number;
  readonly value: Uint8Array | undefined;
}
export type Chain = readonly Entry[];

/** The newest entry that is not above the snapshot. */
export const readAt = (chain: Chain | undefined, snapshot: number): Entry | undefined => chain?.find((e) => e.version <= snapshot);

/** What a read set records: the entry's version, 0 if the key is absent (never written, or deleted). */
export const versionOf = (entry: Entry | undefined): number => (entry?.value === undefined ? 0 : entry.version);

/** What validation compares a recorded read with: the newest version of all. */
export const current = (chain: Chain | undefined): number => versionOf(chain?.[0]);

/** To its place in the order of versions, in place of an entry of the same version: a record replayed twice changes nothing. */
export const inserted = (chain: Chain, entry: Entry): Chain => [
  ...chain.filter((e) => e.version > entry.version),
  entry,
  ...chain.filter((e) => e.version < entry.version),
];

/** Drops what no snapshot at or above `minimum` can read: the newest entry not above it stays, unless it is a tombstone. */
export const collected = (chain: Chain, minimum: number): Chain => {
  const kept = readAt(chain, minimum);
  if (kept === undefined) return chain;
  return chain.filter((e) => e.version > kept.version || (e === kept && e.value !== undefined));
};

/**
 * Version chains and the version that new snapshots take: what the specs of the commit protocol share. A chain lists
 * the versions of one key from its front. A version stands for the value that its transaction wrote; 0 is "absent".
 */
export type Chain = readonly number[];

/** VersionChain::get_at_version: the first entry from the front that is not above the snapshot. */
export const readAt = (chain: Chain, snapshot: number): number => chain.find((v) => v <= snapshot) ?? 0;

/** What `store.get` returns: the entry at the front. */
export const current = (chain: Chain): number => chain[0] ?? 0;

export type ChainInsert = "pushFront" | "ordered";
export const inserted = (chain: Chain, version: number, how: ChainInsert): Chain => {
  const at = how === "pushFront" ? 0 : chain.filter((v) => v > version).length;
  return [...chain.slice(0, at), version, ...chain.slice(at)];
};

export type Publish = "lowestPending" | "onceAfterAll" | "perKey";
/** The store's version once a transaction with all its keys applied, or given up, is no longer pending. */
export const publishedAtEnd = (
  publish: Publish,
  { store, manager, version, stillPending, gaveUp }: {
    readonly store: number;
    readonly manager: number;
    readonly version: number;
    readonly stillPending: readonly number[];
    readonly gaveUp: boolean;
  },
): number => {
  if (publish === "lowestPending") return Math.max(store, stillPending.length === 0 ? manager : Math.min(...stillPending) - 1);
  return publish === "onceAfterAll" && !gaveUp ? Math.max(store, version) : store;
};

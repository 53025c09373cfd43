/** All committed counterexamples, by system. */
import { batchStoreCollection } from "./batch-store.ts";
import type { Collection, Counterexample } from "./counterexample.ts";
import { snapshotRestoreCollection } from "./snapshot-restore.ts";
import { viewstampedReplicationCollection } from "./viewstamped-replication.ts";
import { transactionalStoreCollection } from "./transactional-store.ts";

export const collections: readonly Collection[] = [
  viewstampedReplicationCollection,
  snapshotRestoreCollection,
  batchStoreCollection,
  transactionalStoreCollection,
];

export const counterexamples: readonly Counterexample[] = collections.flatMap((c) => c.counterexamples);

export const collectionOf = (counterexample: Counterexample): Collection | undefined =>
  collections.find((c) => c.counterexamples.includes(counterexample));

/** All committed counterexamples, by system. */
import type { Collection, Counterexample } from "./counterexample.ts";
import { transactionalStoreRecoveryCollection } from "./transactional-store-recovery.ts";
import { viewstampedReplicationCollection } from "./viewstamped-replication.ts";

export const collections: readonly Collection[] = [viewstampedReplicationCollection, transactionalStoreRecoveryCollection];

export const counterexamples: readonly Counterexample[] = collections.flatMap((c) => c.counterexamples);

export const collectionOf = (counterexample: Counterexample): Collection | undefined =>
  collections.find((c) => c.counterexamples.includes(counterexample));

/** All committed counterexamples, by system. */
import type { Collection, Counterexample } from "./counterexample.ts";
import { transactionalStoreCollection } from "./transactional-store.ts";
import { viewstampedReplicationCollection } from "./viewstamped-replication.ts";

export const collections: readonly Collection[] = [viewstampedReplicationCollection, transactionalStoreCollection];

export const counterexamples: readonly Counterexample[] = collections.flatMap((c) => c.counterexamples);

export const collectionOf = (counterexample: Counterexample): Collection | undefined =>
  collections.find((c) => c.counterexamples.includes(counterexample));

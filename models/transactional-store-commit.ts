/** The transactional store's commit protocol. */
import { garbageCollection } from "../specs/transactional-store/commit/garbage-collection.ts";
import { holdAndWait, locks } from "../specs/transactional-store/commit/locks.ts";
import { snapshots } from "../specs/transactional-store/commit/snapshots.ts";
import { transactions } from "../specs/transactional-store/commit/transactions.ts";
import { versions } from "../specs/transactional-store/commit/versions.ts";
import type { Model } from "./model.ts";
const common = { system: "transactional-store", expected: { verdict: "holds" } } as const;
export const transactionalStoreCommit: readonly Model[] = [
  { ...common, name: "transactional-store/snapshot-reads", title: "", spec: snapshots, allowDeadlock: true },
  { ...common, name: "transactional-store/serialisability", title: "", spec: transactions, allowDeadlock: true },
  { ...common, name: "transactional-store/cross-branch", title: "", spec: transactions, constants: {branches: 2}, allowDeadlock: true },
  { ...common, name: "transactional-store/locks", title: "", spec: locks },
  { ...common, name: "transactional-store/hold-and-wait", title: "", spec: holdAndWait, design: { walLock: "none" } },
  { ...common, name: "transactional-store/versions", title: "", spec: versions, allowDeadlock: true },
  { ...common, name: "transactional-store/garbage-collection", title: "", spec: garbageCollection, allowDeadlock: false },
];

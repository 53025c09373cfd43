/** The counterexamples of the transactional store's commit protocol. */
import type { Counterexample } from "./counterexample.ts";
import { forgetfulReadSet } from "./lessons/transactional-store/forgetful-read-set.ts";
import { indexedTwice } from "./lessons/transactional-store/indexed-twice.ts";
import { lateVersion } from "./lessons/transactional-store/late-version.ts";
import { lostAcrossBranches } from "./lessons/transactional-store/lost-across-branches.ts";
import { mapEntryKept } from "./lessons/transactional-store/map-entry-kept.ts";
import { newestVersionCollected } from "./lessons/transactional-store/newest-version-collected.ts";
import { oldVersionInFront } from "./lessons/transactional-store/old-version-in-front.ts";
import { openWhileReplaying } from "./lessons/transactional-store/open-while-replaying.ts";
import { ownBranchFirst } from "./lessons/transactional-store/own-branch-first.ts";
import { pendingTooLate } from "./lessons/transactional-store/pending-too-late.ts";
import { tornSnapshot } from "./lessons/transactional-store/torn-snapshot.ts";
import { twoLockOrders } from "./lessons/transactional-store/two-lock-orders.ts";
import { waitsForItself } from "./lessons/transactional-store/waits-for-itself.ts";
import { walOutOfOrder } from "./lessons/transactional-store/wal-out-of-order.ts";

export const commitCounterexamples: readonly Counterexample[] = [
  {
    name: "transactional-store/torn-snapshot",
    model: "transactional-store/snapshot-reads",
    constants: { writers: 1, branches: 1 },
    design: { publish: "perKey" },
    invariant: "ReadsAreAtomic",
    length: 8,
    lesson: tornSnapshot,
  },
  {
    name: "transactional-store/late-version",
    model: "transactional-store/snapshot-reads",
    constants: { keys: 1 },
    design: { publish: "onceAfterAll" },
    invariant: "ReadsAreRepeatable",
    length: 13,
    lesson: lateVersion,
  },
  {
    name: "transactional-store/pending-too-late",
    model: "transactional-store/snapshot-reads",
    constants: {},
    design: { markPending: "afterAllocation" },
    invariant: "ReadsAreTheStateAtTheirVersion",
    length: 11,
    lesson: pendingTooLate,
  },
  {
    name: "transactional-store/open-while-replaying",
    model: "transactional-store/snapshot-reads",
    constants: { branches: 1, keys: 1, crashes: 1 },
    design: { open: "whileReplaying" },
    invariant: "VersionsAreUnique",
    length: 8,
    lesson: openWhileReplaying,
  },
  {
    name: "transactional-store/forgetful-read-set",
    model: "transactional-store/serialisability",
    constants: {},
    design: { publish: "perKey", readSet: "overwrite" },
    invariant: "ReadWriteTransactionsAreSerialisable",
    length: 19,
    lesson: forgetfulReadSet,
  },
  {
    name: "transactional-store/lost-across-branches",
    model: "transactional-store/cross-branch",
    constants: { keys: 1 },
    design: { crossBranch: "oneLock" },
    invariant: "ReadWriteTransactionsAreSerialisable",
    length: 16,
    lesson: lostAcrossBranches,
  },
  {
    name: "transactional-store/old-version-in-front",
    model: "transactional-store/cross-branch",
    constants: {},
    design: { crossBranch: "oneLock", chainInsert: "pushFront" },
    invariant: "ChainsAreInVersionOrder",
    length: 13,
    lesson: oldVersionInFront,
  },
  {
    name: "transactional-store/two-lock-orders",
    model: "transactional-store/locks",
    constants: {},
    design: { lockOrder: "either" },
    invariant: "NoCircularWait",
    length: 6,
    lesson: twoLockOrders,
  },
  {
    name: "transactional-store/own-branch-first",
    model: "transactional-store/locks",
    constants: {},
    design: { crossBranch: "allLocks", branchOrder: "ownFirst" },
    invariant: "NoCircularWait",
    length: 5,
    lesson: ownBranchFirst,
  },
  {
    name: "transactional-store/map-entry-kept",
    model: "transactional-store/locks",
    constants: {},
    design: { mapEntry: "kept" },
    invariant: "BranchesDoNotWaitForEachOther",
    length: 5,
    lesson: mapEntryKept,
  },
  {
    name: "transactional-store/waits-for-itself",
    model: "transactional-store/locks",
    constants: { threads: 1 },
    design: { crossBranch: "allLocks", mapEntry: "kept" },
    invariant: "NoCircularWait",
    length: 4,
    lesson: waitsForItself,
  },
  {
    name: "transactional-store/wal-out-of-order",
    model: "transactional-store/versions",
    constants: {},
    design: { walLock: "aroundAppend", failedVersion: "unused" },
    invariant: "WalIsInVersionOrder",
    length: 5,
    lesson: walOutOfOrder,
  },
  {
    name: "transactional-store/newest-version-collected",
    model: "transactional-store/garbage-collection",
    constants: {},
    design: { gc: "dropBelowMin" },
    invariant: "SnapshotsReadTheirVersion",
    length: 7,
    lesson: newestVersionCollected,
  },
  {
    name: "transactional-store/indexed-twice",
    model: "transactional-store/search-index",
    constants: {},
    design: { documentLock: "none" },
    invariant: "ADocumentIsListedOnce",
    length: 9,
    lesson: indexedTwice,
  },
];

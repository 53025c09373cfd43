/**
 * The transactional store's commit protocol, one model for each aspect. The design that a model has as it stands is the
 * one that keeps every promise; the document's own choices are variants, and so are the fixes that do not suffice.
 * Transactions are bounded, so every behaviour ends (but for the locks, whose threads commit for ever).
 */
import type { Design } from "../specs/language/instantiate.ts";
import { findOrCreate } from "../specs/transactional-store/commit/find-or-create.ts";
import { garbageCollection } from "../specs/transactional-store/commit/garbage-collection.ts";
import { holdAndWait, locks } from "../specs/transactional-store/commit/locks.ts";
import { searchIndex } from "../specs/transactional-store/commit/search-index.ts";
import { snapshots } from "../specs/transactional-store/commit/snapshots.ts";
import { transactions } from "../specs/transactional-store/commit/transactions.ts";
import { versions } from "../specs/transactional-store/commit/versions.ts";
import type { Constants } from "../specs/language/schema.ts";
import type { Expectation, Model, Variant } from "../explorer/model.ts";

const holds: Expectation = { verdict: "holds" };
const ends = { system: "transactional-store", allowDeadlock: true, expected: holds } as const;
const goesOn = { system: "transactional-store", expected: holds } as const;

/** A design that breaks `property`, which alone is checked: others may fail earlier. */
const broken = (label: string, design: Design, property: string, length: number, constants?: Constants): Variant => ({
  label,
  design,
  invariants: [property],
  expected: { verdict: "violated", property, length },
  ...(constants === undefined ? {} : { constants }),
});
const sound = (label: string, design: Design, constants?: Constants, invariants?: readonly string[]): Variant => ({
  label,
  design,
  expected: holds,
  ...(constants === undefined ? {} : { constants }),
  ...(invariants === undefined ? {} : { invariants }),
});
const large = (variant: Variant): Variant => ({ ...variant, isLarge: true });

const [state, atomic, repeatable] = ["ReadsAreTheStateAtTheirVersion", "ReadsAreAtomic", "ReadsAreRepeatable"];
const [unique, order, gaps] = ["VersionsAreUnique", "WalIsInVersionOrder", "VersionsHaveNoGaps"];
const [readWrite, all] = ["ReadWriteTransactionsAreSerialisable", "AllTransactionsAreSerialisable"];
const oneWriter = { writers: 1, branches: 1 };
const three = { branches: 2, transactions: 3 };
const opened: Design = { open: "whileReplaying" };
const document: Design = { publish: "perKey", walLock: "wholeCommit" };
const rest = "with one branch no transaction can reach for another; see transactional-store/cross-branch";

const snapshotReads: Model = {
  ...ends,
  name: "transactional-store/snapshot-reads",
  title: "Reads of a snapshot while others commit: two writers and a reader, two branches of two keys",
  spec: snapshots,
  variants: [
    broken("published at the first key (the document)", { publish: "perKey" }, atomic, 8, oneWriter),
    broken("published at the first key, read anew", { publish: "perKey" }, repeatable, 9, oneWriter),
    broken("published at the first key, two branches", { publish: "perKey" }, state, 7),
    broken("published at the first key, WAL locked throughout", document, state, 7),
    broken("published once, after all keys", { publish: "onceAfterAll" }, repeatable, 14),
    broken("published once, one key a branch", { publish: "onceAfterAll" }, repeatable, 13, { keys: 1 }),
    broken("published once, two branches", { publish: "onceAfterAll" }, state, 12),
    sound("published once, one branch", { publish: "onceAfterAll" }, { branches: 1 }),
    sound("published once, WAL locked throughout", { publish: "onceAfterAll", walLock: "wholeCommit" }),
    broken("snapshots of the manager's version", { snapshotFrom: "managerVersion" }, state, 6),
    broken("the same, WAL locked throughout", { snapshotFrom: "managerVersion", walLock: "wholeCommit" }, state, 6),
    broken("pending only after the allocation", { markPending: "afterAllocation" }, state, 11),
    broken("applied before the append", { apply: "beforeAppend" }, "ReadsAreCommitted", 7),
    broken("a failed version stays pending", { failedVersion: "leaked" }, "NothingStaysUnpublished", 10),
    broken("acknowledged before it is published", { acknowledge: "whenApplied" }, "AcknowledgedCommitsAreVisible", 10),
    broken("open before the WAL is replayed: versions", opened, unique, 8, { branches: 1, keys: 1, crashes: 1 }),
    broken("open before the WAL is replayed: snapshots", opened, state, 10, { crashes: 1 }),
    broken("open before the WAL is replayed, read anew", opened, repeatable, 12, { crashes: 1 }),
    broken("open before the WAL is replayed: visibility", opened, "AcknowledgedCommitsAreVisible", 5, { crashes: 1 }),
    sound("with a crash", {}, { crashes: 1 }),
    sound("two crashes, also during recovery", {}, { crashes: 2 }),
    large(sound("three writers, two crashes, also during recovery", {}, { writers: 3, crashes: 2 })),
    large(sound("three writers, two readers, a crash", {}, { writers: 3, readers: 2, crashes: 1 })),
  ],
  harmless: { "walLock=wholeCommit": "it only adds mutual exclusion between branches" },
};

const serialisability: Model = {
  ...ends,
  name: "transactional-store/serialisability",
  title: "Read-write transactions on one branch: two of them, two keys",
  spec: transactions,
  variants: [
    broken("validated before the lock is taken", { validate: "beforeLock" }, readWrite, 16, { keys: 1 }),
    broken("validated before the lock is taken, two keys", { validate: "beforeLock" }, readWrite, 16),
    broken("not validated", { validate: "never" }, readWrite, 14),
    broken("published at the first key", { publish: "perKey" }, all, 14),
    sound("published at the first key: read-write only", { publish: "perKey" }, {}, [readWrite]),
    broken("the same, and the read set forgets", { publish: "perKey", readSet: "overwrite" }, readWrite, 19),
    large(
      broken("published once, two branches, read set forgets", { publish: "onceAfterAll", readSet: "overwrite" }, readWrite, 24, three),
    ),
    large(sound("published once, two branches: read-write only", { publish: "onceAfterAll" }, three, [readWrite])),
    large(broken("published once, two branches", { publish: "onceAfterAll" }, all, 19, three)),
    large(sound("three transactions", {}, { transactions: 3 })),
  ],
  harmless: {
    "readSet=overwrite": "reads of a sound snapshot are repeatable, so that the record is overwritten with the same version",
    "crossBranch=allLocks": rest,
    "crossBranch=oneLock": rest,
    "chainInsert=pushFront": "under the branch's lock versions arrive in their order",
    "publish=onceAfterAll": "on one branch the lock makes commits finish in the order of their versions",
  },
};

const crossBranch: Model = {
  ...ends,
  name: "transactional-store/cross-branch",
  title: "Transactions that reach for another branch: two of them, two branches of one key",
  spec: transactions,
  constants: { branches: 2 },
  variants: [
    broken("the lock of its own branch only (the document)", { crossBranch: "oneLock" }, readWrite, 16),
    broken("one lock, one key", { crossBranch: "oneLock" }, readWrite, 16, { keys: 1 }),
    broken("one lock, versions go to the front", { crossBranch: "oneLock", chainInsert: "pushFront" }, "ChainsAreInVersionOrder", 13),
    sound("the locks of all branches", { crossBranch: "allLocks" }),
    sound("all locks, versions go to the front", { crossBranch: "allLocks", chainInsert: "pushFront" }),
    sound("all locks, published once", { crossBranch: "allLocks", publish: "onceAfterAll" }),
    broken("all locks, published at the first key", { crossBranch: "allLocks", publish: "perKey" }, all, 14),
    broken("validated before the lock is taken", { validate: "beforeLock" }, readWrite, 16),
    broken("not validated", { validate: "never" }, readWrite, 14),
  ],
  harmless: {
    "readSet=overwrite": "reads of a sound snapshot are repeatable, so that the record is overwritten with the same version",
    "crossBranch=allLocks": "every lock that protects a key is held; see transactional-store/locks for the price",
    "chainInsert=pushFront": "no transaction writes to a branch without its lock",
    "publish=onceAfterAll": "it takes three transactions; see transactional-store/serialisability",
    "publish=perKey": "a transaction has one key here, and the commits of the other branch are out of its sight",
  },
};

const circle = "NoCircularWait";
const foreign = "BranchesDoNotWaitForEachOther";
const deadlockFree: Model = {
  ...goesOn,
  name: "transactional-store/locks",
  title: "The locks of a commit, one at a time: two threads, two branches",
  spec: locks,
  variants: [
    broken("WAL first", { lockOrder: "walThenBranch" }, foreign, 5),
    sound("WAL first: deadlock only", { lockOrder: "walThenBranch" }, { threads: 3 }, [circle]),
    sound("WAL first, throughout: deadlock only", { lockOrder: "walThenBranch", walLock: "wholeCommit" }, { threads: 3 }, [circle]),
    broken("either order", { lockOrder: "either" }, circle, 6),
    broken("WAL locked throughout", { walLock: "wholeCommit" }, foreign, 6),
    sound("WAL locked throughout: deadlock only", { walLock: "wholeCommit" }, { threads: 3 }, [circle]),
    broken("cross-branch with one lock", { crossBranch: "oneLock" }, "OneCommitAtATimeInABranch", 11),
    sound("cross-branch with one lock: deadlock only", { crossBranch: "oneLock" }, { threads: 3 }, [circle]),
    sound("cross-branch with all locks", { crossBranch: "allLocks" }),
    sound("cross-branch with all locks, three branches", { crossBranch: "allLocks" }, { threads: 3, branches: 3 }),
    broken("all locks, own branch first", { crossBranch: "allLocks", branchOrder: "ownFirst" }, circle, 5),
    sound("the same, WAL first: deadlock only", { crossBranch: "allLocks", branchOrder: "ownFirst", lockOrder: "walThenBranch" }, {}, [
      circle,
    ]),
    broken("the map's entry is kept (section 5's code)", { mapEntry: "kept" }, foreign, 5),
    sound("the map's entry is kept: deadlock only", { mapEntry: "kept" }, { threads: 3, branches: 3, shards: 2 }, [circle]),
    broken("all locks, the map's entry is kept", { crossBranch: "allLocks", mapEntry: "kept" }, circle, 4, { threads: 1 }),
    broken("the same, two shards, three branches", { crossBranch: "allLocks", mapEntry: "kept" }, circle, 4, { shards: 2, branches: 3 }),
    sound("three threads, three branches", {}, { threads: 3, branches: 3 }),
  ],
  harmless: {
    "walLock=none": "one lock fewer",
    "crossBranch=allLocks": "in the order of the branches; the order is what matters",
    "branchOrder=ownFirst": "without crossBranch=allLocks a commit has one branch",
  },
};

const hold = "NobodyHoldsAndWaits";
const oneBranch = "a commit has one lock";
const conditions: Model = {
  ...goesOn,
  name: "transactional-store/hold-and-wait",
  title: "Does a commit wait for a lock while it has another? Without a WAL: no",
  spec: holdAndWait,
  design: { walLock: "none" },
  variants: [
    broken("branch first, WAL around the append (the document)", { walLock: "aroundAppend" }, hold, 8),
    broken("WAL first, let go after the append", { walLock: "aroundAppend", lockOrder: "walThenBranch" }, hold, 8),
    broken("WAL locked throughout", { walLock: "wholeCommit" }, hold, 6),
    broken("cross-branch with all locks", { crossBranch: "allLocks" }, hold, 5),
  ],
  harmless: {
    "lockOrder=walThenBranch": oneBranch,
    "lockOrder=either": oneBranch,
    "crossBranch=oneLock": oneBranch,
    "branchOrder=ownFirst": oneBranch,
    "mapEntry=kept": "whoever has a shard's lock has the only way to the mutexes in it, and finds them free",
  },
};

const versionModel: Model = {
  ...ends,
  name: "transactional-store/versions",
  title: "Versions and their order in the WAL: three threads on branches of their own, a crash",
  spec: versions,
  variants: [
    broken("WAL locked around the append", { walLock: "aroundAppend" }, order, 5),
    broken("the document's design: in order", { walLock: "aroundAppend", failedVersion: "unused" }, order, 5),
    broken("a failed version is given back without a lock", { walLock: "aroundAppend" }, unique, 7),
    sound("the document's design: unique", { walLock: "aroundAppend", failedVersion: "unused" }, {}, [unique]),
    broken("a load and a store", { walLock: "aroundAppend", failedVersion: "unused", allocate: "loadThenStore" }, unique, 7),
    broken("a failed version stays unused (the document)", { failedVersion: "unused" }, gaps, 7),
    broken("a failed version stays unused, without a crash", { failedVersion: "unused" }, gaps, 7, { crashes: 0 }),
    broken("the counter restarts from zero", { restart: "zero" }, unique, 8),
    sound("four threads, two crashes", {}, { threads: 4, crashes: 2 }),
  ],
  harmless: { "allocate=loadThenStore": "the WAL's lock is held over load and store" },
};

const collection: Model = {
  ...ends,
  name: "transactional-store/garbage-collection",
  title: "Old versions are dropped while snapshots are open: three versions, two readers",
  spec: garbageCollection,
  constants: { readers: 1 },
  variants: [
    broken("everything below the minimum is dropped", { gc: "dropBelowMin" }, "SnapshotsReadTheirVersion", 7),
    broken("even the newest version", { gc: "dropBelowMin" }, "TheNewestVersionStays", 5),
    broken("a snapshot is registered late", { register: "afterSnapshot" }, "SnapshotsReadTheirVersion", 8),
    broken("the open snapshots are not looked at", { minimum: "storeVersion" }, "SnapshotsReadTheirVersion", 7),
    sound("two readers", {}, { readers: 2 }),
  ],
};

const finding: Model = {
  ...ends,
  name: "transactional-store/find-or-create",
  title: "Two threads find or create the same object in a shared map",
  spec: findOrCreate,
  variants: [
    broken("a lookup and a later insert", { lookup: "getThenInsert" }, "OneObjectForAKey", 5),
    broken("the same, with a poisonable lock", { lookup: "getThenInsert", mutex: "poisonable" }, "OneObjectForAKey", 5),
    broken("the lock is poisonable (the document's #855)", { mutex: "poisonable" }, "OneThreadsPanicIsItsOwn", 3),
    sound("three threads", {}, { threads: 3 }),
  ],
  redundantConjuncts: { "Find 2": "whoever panics finds the map empty, and after that nobody can insert" },
};

const indexModel: Model = {
  ...ends,
  name: "transactional-store/search-index",
  title: "Two threads index the same document",
  spec: searchIndex,
  variants: [
    broken("only the maps' own locks: listed twice", { documentLock: "none" }, "ADocumentIsListedOnce", 9),
    broken("only the maps' own locks: counted twice", { documentLock: "none" }, "ADocumentIsCountedOnce", 9),
    sound("three threads", {}, { threads: 3 }),
  ],
};

export const transactionalStoreCommit: readonly Model[] = [
  snapshotReads,
  serialisability,
  crossBranch,
  deadlockFree,
  conditions,
  versionModel,
  collection,
  finding,
  indexModel,
];

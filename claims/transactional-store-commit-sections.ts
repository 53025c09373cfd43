/** Sections 1, 3 to 6 and 10 of the transactional store's audit: isolation, locks, branches. */
import type { Claim } from "./claim.ts";
import {
  holds,
  violated,
  repeatable,
  readWrite,
  all,
  circle,
  hold,
  torn,
  late,
  lost,
  entryKept,
  branchFirst,
  walFirst,
  walFirstThroughout,
  eitherOrder,
  waitsForWal,
  twoMutexes,
  atomicEntry,
} from "./transactional-store-commit-checks.ts";

export const isolation: readonly Claim[] = [
  {
    place: "1",
    claim: "The inventory: 21 pieces of shared state, their types and orderings, two unsafe casts.",
    verdict: "out of reach: a list of code, of which the models take those pieces that commits, reads and opening use.",
    checks: [],
  },
  {
    place: "3, snapshot immutability",
    claim: "Reads always skip newer entries, so a snapshot never changes although others commit.",
    verdict: "Wrong: an entry may be late without being newer. The first repair, publishing once, suffices on one branch only.",
    checks: [
      torn,
      violated("snapshot-reads", repeatable, 9, { constants: { writers: 1, branches: 1 }, design: { publish: "perKey" } }),
      late,
      holds("snapshot-reads", "everything", { constants: { branches: 1 }, design: { publish: "onceAfterAll" } }),
      holds("snapshot-reads", "everything", { design: { publish: "onceAfterAll", walLock: "wholeCommit" } }),
      holds("snapshot-reads", "everything", { constants: { crashes: 2 } }),
      holds("snapshot-reads", "everything", { constants: { writers: 3, crashes: 2 }, isLarge: true }),
      holds("snapshot-reads", "everything", { constants: { writers: 3, readers: 2, crashes: 1 }, isLarge: true }),
    ],
  },
  {
    place: "3, snapshot immutability",
    claim: "Chains are append-only (push_front), so existing entries are never modified.",
    verdict: "Holds, but the front is the newest version only as long as every writer has the lock of the key's branch.",
    checks: [
      holds("serialisability", "ChainsAreInVersionOrder", { design: { chainInsert: "pushFront" } }),
      violated("cross-branch", "ChainsAreInVersionOrder", 13, {
        design: { crossBranch: "oneLock", chainInsert: "pushFront" },
        counterexample: "old-version-in-front",
      }),
    ],
  },
  {
    place: "3, read path",
    claim: "Each read is recorded in the read set as key and version.",
    verdict:
      "Holds only if snapshots are sound or the first record is kept: torn snapshots and an overwritten record together lose updates.",
    checks: [
      holds("serialisability", "everything", { design: { readSet: "overwrite" } }),
      violated("serialisability", readWrite, 19, {
        design: { publish: "perKey", readSet: "overwrite" },
        counterexample: "forgetful-read-set",
      }),
    ],
  },
  {
    place: "3, write path",
    claim: "Writes are invisible to all others until they are applied.",
    verdict: "Holds: chains change in step 4 only, and reads return committed versions.",
    checks: [holds("snapshot-reads", "ReadsAreCommitted"), holds("serialisability", all)],
  },
  {
    place: "3, validation",
    claim: "The first committer wins: whoever read what has changed since is refused.",
    verdict:
      "Holds for transactions that have read and that write. Blind writes are never refused, and read-only ones are never validated.",
    checks: [
      holds("serialisability", readWrite),
      holds("serialisability", "everything", { constants: { transactions: 3 }, isLarge: true }),
      violated("serialisability", all, 14, { design: { publish: "perKey" } }),
    ],
  },
  {
    place: "3, validation",
    claim: "A key that was absent and now exists is a phantom read, and found; a changed version is a write-write conflict.",
    verdict:
      "Holds for single keys. What is found is a read that went stale, not a write-write conflict, and scans are not validated (not modelled).",
    checks: [holds("serialisability", readWrite), violated("serialisability", readWrite, 14, { design: { validate: "never" } })],
  },
];

export const lockClaims: readonly Claim[] = [
  {
    place: "4, deadlock conditions: mutual exclusion",
    claim: "Present.",
    verdict: "Holds, by what a mutex is; with one lock it does not extend to another branch's keys.",
    checks: [
      holds("locks", "OneCommitAtATimeInABranch"),
      violated("locks", "OneCommitAtATimeInABranch", 11, { design: { crossBranch: "oneLock" } }),
    ],
  },
  {
    place: "4, deadlock conditions: hold and wait",
    claim: "Absent: each commit takes one branch lock, and the WAL's lock is a separate scope.",
    verdict: "Wrong: with either order a commit waits for one of the two while it has the other. Absent only without a WAL.",
    checks: [
      waitsForWal,
      violated("hold-and-wait", hold, 8, { design: { lockOrder: "walThenBranch", walLock: "aroundAppend" } }),
      holds("hold-and-wait", hold),
    ],
  },
  {
    place: "4, deadlock conditions: no preemption",
    claim: "Present.",
    verdict: "Holds, by construction: in the model nothing takes a lock from its owner.",
    checks: [branchFirst],
  },
  {
    place: "4, deadlock conditions: circular wait",
    claim: "Absent: a single lock type for each branch, no lock across branches.",
    verdict: "Holds while there is one order; it is the only one of the four conditions that is absent.",
    checks: [holds("locks", circle, { constants: { threads: 3, branches: 3 } }), walFirst, eitherOrder],
  },
  {
    place: "4, verdict",
    claim: "Deadlock is impossible: always branch first, then WAL.",
    verdict: "Holds for that order, for its reverse, and for cross-branch writes under one lock; not when both orders are in use.",
    checks: [
      branchFirst,
      walFirst,
      walFirstThroughout,
      holds("locks", circle, { constants: { threads: 3 }, design: { crossBranch: "oneLock" } }),
      eitherOrder,
    ],
  },
  {
    place: "4, acquisition order",
    claim: "The map's shard lock is taken briefly, before the branch's mutex.",
    verdict:
      "Wrong for the code of section 5, in which the entry lives as long as the guard. No deadlock comes of it as long as a commit has one branch.",
    checks: [
      entryKept,
      holds("locks", circle, { constants: { threads: 3, branches: 3, shards: 2 }, design: { mapEntry: "kept" } }),
      violated("locks", circle, 4, {
        constants: { threads: 1 },
        design: { crossBranch: "allLocks", mapEntry: "kept" },
        counterexample: "waits-for-itself",
      }),
    ],
  },
  {
    place: "5, commit_locks",
    claim: "entry().or_insert_with() initialises once; of two threads on a branch one waits.",
    verdict: "Holds; with a lookup and a later insert there would be two mutexes.",
    checks: [atomicEntry, twoMutexes],
  },
  {
    place: "5, shards: put",
    claim: "put uses entry(), and the map serialises access to a shard: safe.",
    verdict: "Holds for a single key. It is not enough for the keys of one transaction, which are put one by one.",
    checks: [holds("snapshot-reads", "everything"), torn],
  },
  {
    place: "5, shards: apply_batch",
    claim: "All writes of a branch are applied under one shard lock: no partial visibility within a branch.",
    verdict:
      "Holds only if commits use it and the version is published at its end: that is `publish=onceAfterAll` on one branch. Overlapping branches stay unsound.",
    checks: [holds("snapshot-reads", "everything", { constants: { branches: 1 }, design: { publish: "onceAfterAll" } }), torn, late],
  },
  {
    place: "5, extensions",
    claim: "Several callers get the same instance.",
    verdict: "Holds.",
    checks: [atomicEntry, twoMutexes],
  },
  {
    place: "5, inverted index",
    claim: "The race between contains_key and remove_document is benign.",
    verdict: "Wrong if two threads may index one document at once: it is listed and counted twice.",
    checks: [
      violated("search-index", "ADocumentIsListedOnce", 9, { design: { documentLock: "none" }, counterexample: "indexed-twice" }),
      violated("search-index", "ADocumentIsCountedOnce", 9, { design: { documentLock: "none" } }),
      holds("search-index", "everything", { constants: { threads: 3 } }),
    ],
  },
  {
    place: "6, TransactionManager.version, next_txn_id",
    claim: "SeqCst gives a total order of versions across branches and unique ids.",
    verdict:
      "out of reach: an atomic increment is unique under any ordering. That the order of versions is not the order of commits is shown for row 3.",
    checks: [],
  },
  {
    place: "6, ShardedStore.version",
    claim: "Acquire and Release: a snapshot sees all prior writes.",
    verdict:
      "Wrong even when every step is sequentially consistent: the counter is raised before the transaction's other keys are written.",
    checks: [torn],
  },
  {
    place: "6, Relaxed counters and flags",
    claim: "Relaxed is used only where approximate values will do (metrics, accepting_transactions).",
    verdict: "out of reach: neither weak memory nor metrics nor the shutdown flag are modelled.",
    checks: [],
  },
];

export const crossBranch: readonly Claim[] = [
  {
    place: "10, diagram",
    claim: "Only the transaction's own branch is locked and validated; a commit on the other branch can interleave.",
    verdict: "Holds: that is what breaks it. (Validation here covers every key that was read; that does not help without the lock.)",
    checks: [lost, violated("locks", "OneCommitAtATimeInABranch", 11, { design: { crossBranch: "oneLock" } })],
  },
  {
    place: "10, by design",
    claim: "The model is branch-scoped, which is consistent with the specification: branches are isolated namespaces.",
    verdict: "Holds only if the store refuses what leaves the branch. If it allows it, isolation of the other branch is gone.",
    checks: [holds("cross-branch", "everything", { constants: { transactions: 3 } }), lost],
  },
  {
    place: "10, by design",
    claim: "The branch's lock prevents TOCTOU within a branch.",
    verdict: "Wrong for a branch that others write to: the trace's loser reads and writes its own branch only.",
    checks: [lost, violated("cross-branch", readWrite, 16, { design: { crossBranch: "oneLock" } })],
  },
];

/** The claims of the transactional store's audit on commits, reads, locks and branches: its summary, section 2, and what it leaves open. */
import type { Claim } from "./claim.ts";
import {
  holds,
  violated,
  state,
  repeatable,
  readWrite,
  all,
  circle,
  foreign,
  unique,
  gaps,
  torn,
  late,
  lost,
  entryKept,
  documentVersions,
  outOfOrder,
  branchFirst,
  walFirst,
  walFirstThroughout,
  eitherOrder,
  twoMutexes,
  atomicEntry,
} from "./transactional-store-commit-checks.ts";
import { crossBranch, isolation, lockClaims } from "./transactional-store-commit-sections.ts";

const summary: readonly Claim[] = [
  {
    place: "11, row 1",
    claim: "Validation and apply are one unit: a lock for each branch keeps others out in between.",
    verdict:
      "Holds as long as transactions stay in their branch; with one that writes elsewhere it is wrong for the branch that is written to.",
    checks: [
      holds("serialisability", readWrite),
      holds("cross-branch", "everything", { constants: { transactions: 3 } }),
      violated("serialisability", readWrite, 16, { constants: { keys: 1 }, design: { validate: "beforeLock" } }),
      lost,
    ],
  },
  {
    place: "11, row 2",
    claim: "Lock ordering is correct: a single lock type, no cycles, deadlock impossible.",
    verdict:
      "Holds for either order if all commits take the same one; there are two lock types, and a second way in with the other order deadlocks.",
    checks: [branchFirst, walFirst, walFirstThroughout, eitherOrder],
  },
  {
    place: "11, row 3",
    claim: "Version allocation is unique and monotonic.",
    verdict:
      "Unique: holds, across a restart, too. Monotonic: at the counter only; commits of several branches reach the WAL out of order.",
    checks: [holds("versions", unique, { design: documentVersions }), outOfOrder],
  },
  {
    place: "11, row 4",
    claim: "Snapshot isolation: append-only chains and a version filter give true immutability.",
    verdict: "Wrong. The first key of a transaction publishes its version, and with several branches a lower version may arrive late.",
    checks: [torn, late, holds("snapshot-reads", "everything")],
  },
  {
    place: "11, row 6",
    claim: "DashMap access patterns are correct: atomic entries, no get-then-insert races.",
    verdict: "Holds for what it claims. But the entry is kept over the commit, so that branches of one shard wait for each other.",
    checks: [atomicEntry, twoMutexes, entryKept],
  },
  {
    place: "11, row 7",
    claim: "Memory ordering is correct: SeqCst where needed, Relaxed for metrics only.",
    verdict: "out of reach: every step of the models is sequentially consistent. What they show to be wrong is wrong under SeqCst as well.",
    checks: [],
  },
  {
    place: "11, row 10",
    claim: "Transactions are not atomic across branches, by design.",
    verdict:
      "Understated: with one lock they also lose writes of well-behaved transactions of the other branch. All locks, or refusal, suffice.",
    checks: [lost, holds("cross-branch", "everything", { design: { crossBranch: "allLocks" } }), holds("cross-branch", "everything")],
  },
  {
    place: "11, row 11",
    claim: "The mutex of OPEN_DATABASES can be poisoned.",
    verdict: "Holds: after one panic while opening, every later open is refused. A mutex that does not poison suffices.",
    checks: [
      violated("find-or-create", "OneThreadsPanicIsItsOwn", 3, { design: { mutex: "poisonable" } }),
      holds("find-or-create", "everything", { constants: { threads: 3 } }),
    ],
  },
  {
    place: "11, severities",
    claim: "Row 10 and row 11 are of low severity.",
    verdict: "out of reach: a model says whether something can happen, not how often or how bad it is.",
    checks: [],
  },
  {
    place: "11, overall",
    claim: "The core concurrency model is correct.",
    verdict: "Wrong for readers (row 4). Transactions that write are serialisable within a branch even on torn snapshots.",
    checks: [
      torn,
      violated("serialisability", all, 14, { design: { publish: "perKey" } }),
      holds("serialisability", readWrite, { design: { publish: "perKey" } }),
      holds("serialisability", readWrite, { constants: { transactions: 3 }, design: { publish: "perKey" }, isLarge: true }),
    ],
  },
];

const protocol: readonly Claim[] = [
  {
    place: "2, key properties: TOCTOU prevention",
    claim: "The branch's mutex is held from validation through apply.",
    verdict: "Holds, and is needed: validation before the lock, or none, loses updates.",
    checks: [
      holds("serialisability", readWrite),
      violated("serialisability", readWrite, 16, { constants: { keys: 1 }, design: { validate: "beforeLock" } }),
      violated("serialisability", readWrite, 14, { design: { validate: "never" } }),
    ],
  },
  {
    place: "2, key properties: version uniqueness",
    claim: "fetch_add makes versions unique.",
    verdict: "Holds; a load and a store would not, nor a counter that restarts from zero.",
    checks: [
      holds("versions", unique, { design: documentVersions }),
      violated("versions", unique, 7, { design: { ...documentVersions, allocate: "loadThenStore" } }),
      violated("versions", unique, 8, { design: { restart: "zero" } }),
    ],
  },
  {
    place: "2, key properties: version gaps",
    claim: "A commit that fails after the allocation leaves a gap, by design.",
    verdict:
      "Holds, and is right: giving the version back is safe only under a lock from allocation to append. A set of pending versions must let go of it.",
    checks: [
      violated("versions", gaps, 7, { design: { failedVersion: "unused" } }),
      violated("versions", unique, 7, { design: { walLock: "aroundAppend" } }),
      holds("versions", gaps),
      violated("snapshot-reads", "NothingStaysUnpublished", 10, { design: { failedVersion: "leaked" } }),
    ],
  },
  {
    place: "2, key properties: durability before visibility",
    claim: "The WAL is flushed before anything is applied.",
    verdict:
      "Holds here: what a reader has seen is committed, with a crash at any step, also during recovery. What a flush is worth is for the models of the WAL.",
    checks: [
      holds("snapshot-reads", "ReadsAreCommitted", { constants: { crashes: 2 } }),
      holds("snapshot-reads", "ReadsAreCommitted", { constants: { crashes: 2 }, design: { publish: "perKey" } }),
      violated("snapshot-reads", "ReadsAreCommitted", 7, { design: { apply: "beforeAppend" } }),
    ],
  },
  {
    place: "2, key properties: per-branch parallelism",
    claim: "Branches commit in parallel, each with a mutex of its own.",
    verdict:
      "Holds only if the WAL's lock is taken last and for the append alone, and the map's entry is let go; the code of section 5 keeps it.",
    checks: [
      holds("locks", foreign, { constants: { threads: 3, branches: 3 } }),
      entryKept,
      violated("locks", foreign, 6, { design: { walLock: "wholeCommit" } }),
      violated("locks", foreign, 5, { design: { lockOrder: "walThenBranch" } }),
    ],
  },
  {
    place: "2, diagram",
    claim: "Durability point (flush), then visibility point (apply).",
    verdict: "There is no point of visibility: with several keys a transaction becomes visible key by key.",
    checks: [torn],
  },
  {
    place: "2, diagram",
    claim: "A commit on another branch meets no contention.",
    verdict: "Holds only if the two branches lie in different shards of the map, or its entry is let go.",
    checks: [entryKept, holds("locks", foreign, { constants: { shards: 2 }, design: { mapEntry: "kept" } })],
  },
];

const toDecide: readonly Claim[] = [
  {
    place: "to decide (a)",
    claim: "Torn snapshot: the first applied key publishes the version.",
    verdict: "Yes, with one writer and one reader; a WAL lock over the whole commit does not help.",
    checks: [torn, violated("snapshot-reads", state, 7, { design: { publish: "perKey", walLock: "wholeCommit" } })],
  },
  {
    place: "to decide (b)",
    claim: "Several branches, no WAL lock: a snapshot of a higher version later sees a lower one.",
    verdict:
      "Yes, even if versions are published once. lowestPending suffices, if allocation and marking are one step and clients wait for it.",
    checks: [
      late,
      holds("snapshot-reads", "everything"),
      violated("snapshot-reads", state, 11, { design: { markPending: "afterAllocation" }, counterexample: "pending-too-late" }),
      violated("snapshot-reads", "AcknowledgedCommitsAreVisible", 10, { design: { acknowledge: "whenApplied" } }),
    ],
  },
  {
    place: "to decide (h)",
    claim: "Unordered chain insert leaves an older version newest.",
    verdict: "Only with writes across branches under one lock. Ordered insert repairs the chain, not the lost update.",
    checks: [
      violated("cross-branch", "ChainsAreInVersionOrder", 13, {
        design: { crossBranch: "oneLock", chainInsert: "pushFront" },
        counterexample: "old-version-in-front",
      }),
      holds("cross-branch", "everything", { design: { crossBranch: "allLocks", chainInsert: "pushFront" } }),
      violated("cross-branch", readWrite, 16, { design: { crossBranch: "oneLock" } }),
    ],
  },
  {
    place: "to decide (i)",
    claim: "Collection drops the newest version that is not above the oldest snapshot.",
    verdict: "Yes, with dropBelowMin. keepNewestAtMin suffices, if a snapshot is registered in the step that takes its version.",
    checks: [
      violated("garbage-collection", "SnapshotsReadTheirVersion", 7, {
        design: { gc: "dropBelowMin" },
        counterexample: "newest-version-collected",
      }),
      violated("garbage-collection", "SnapshotsReadTheirVersion", 8, { design: { register: "afterSnapshot" } }),
      holds("garbage-collection", "everything", { constants: { readers: 2 } }),
    ],
  },
  {
    place: "to decide: lockOrder",
    claim: "branchThenWal or walThenBranch?",
    verdict:
      "Neither deadlocks; both at once do. branchThenWal keeps branches parallel, walThenBranch makes even unsorted branch locks safe.",
    checks: [
      branchFirst,
      walFirst,
      eitherOrder,
      violated("locks", circle, 5, { design: { crossBranch: "allLocks", branchOrder: "ownFirst" }, counterexample: "own-branch-first" }),
      holds("locks", circle, { design: { crossBranch: "allLocks", branchOrder: "ownFirst", lockOrder: "walThenBranch" } }),
    ],
  },
  {
    place: "to decide: crossBranch",
    claim: "oneLock, allLocks or reject?",
    verdict: "reject and allLocks are sound. allLocks needs one order of the branches and must not keep the map's entry.",
    checks: [
      holds("locks", "everything", { constants: { threads: 3, branches: 3 }, design: { crossBranch: "allLocks" } }),
      holds("cross-branch", "everything", { design: { crossBranch: "allLocks" } }),
      lost,
      violated("locks", circle, 4, {
        constants: { threads: 1 },
        design: { crossBranch: "allLocks", mapEntry: "kept" },
        counterexample: "waits-for-itself",
      }),
    ],
  },
  {
    place: "to decide: snapshotFrom",
    claim: "Snapshots of the manager's counter instead of the store's.",
    verdict: "Worse: the version is given away when it is allocated, before anything is written, whatever the locks.",
    checks: [
      violated("snapshot-reads", state, 6, { design: { snapshotFrom: "managerVersion" } }),
      violated("snapshot-reads", state, 6, { design: { snapshotFrom: "managerVersion", walLock: "wholeCommit" } }),
    ],
  },
  {
    place: "beyond the document",
    claim: "After a crash, commits and snapshots may begin while the WAL is being replayed.",
    verdict:
      "No: a version is allocated twice, snapshots miss commits and change, clients do not find theirs. When the replay is over, they may.",
    checks: [
      violated("snapshot-reads", unique, 8, {
        constants: { branches: 1, keys: 1, crashes: 1 },
        design: { open: "whileReplaying" },
        counterexample: "open-while-replaying",
      }),
      violated("snapshot-reads", state, 10, { constants: { crashes: 1 }, design: { open: "whileReplaying" } }),
      violated("snapshot-reads", repeatable, 12, { constants: { crashes: 1 }, design: { open: "whileReplaying" } }),
      violated("snapshot-reads", "AcknowledgedCommitsAreVisible", 5, { constants: { crashes: 1 }, design: { open: "whileReplaying" } }),
      holds("snapshot-reads", "everything", { constants: { crashes: 2 } }),
    ],
  },
];

export const commitClaims: readonly Claim[] = [...summary, ...protocol, ...isolation, ...lockClaims, ...crossBranch, ...toDecide];

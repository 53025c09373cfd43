/** What the audit of the transactional store says of its log, its recovery and its vectors, and what the models say. */
import type { Claim } from "./claim.ts";
import { on, shown } from "./transactional-store-checks.ts";
import { vectorClaims } from "./transactional-store-vectors.ts";

const durability = on("durability");
const tail = on("torn-tail");
const recovery = on("recovery");
const checkpoint = on("checkpoint");
const snapshotReads = on("snapshot-reads");

const ghost = durability("AbortedNeverAppears", 10, { design: { walFailure: "ignore" }, ...shown("ghost-commit") });
const unsyncedRecovery = durability("VersionMeansOneWrite", 17, {
  design: { recoverySync: "serveAtOnce" },
  ...shown("recovered-unsynced"),
});
const tornTail = tail("AcknowledgedSurvives", 12, {
  constants: { spoilt: 0 },
  design: { tail: "appendAfterTorn" },
  ...shown("torn-tail"),
});
const hole = tail("RecoveredIsPrefix", 15, {
  constants: { spoilt: 0, transactions: 3 },
  design: { tail: "appendAfterTorn", segments: "continueAfterBad" },
  ...shown("hole"),
});
const sameKey = recovery("StoreMatchesLog", 9, {
  constants: { repeats: 0, failures: 0, commits: 1 },
  design: { replayOrder: "putsThenDeletes" },
  ...shown("replay-order"),
});
const oldRecordAgain = recovery("StoreMatchesLog", 15, { design: { chainInsert: "pushFront" } });
const crashTable = durability("CrashTable", "holds");
const modes: readonly Claim[] = [
  {
    place: "section 7, durability modes",
    claim: "strict: every record is durable before commit returns",
    verdict:
      "holds for what is acknowledged, if log failures are handled; wrong for what is visible: after a restart, recovery serves a record that was written and never synced, and the next machine crash takes it back",
    checks: [
      durability("SurvivesMachineCrash", "holds"),
      durability("SurvivesMachineCrash", "holds", { design: { recoverySync: "serveAtOnce" } }),
      durability("DurableBeforeVisible", 8, { design: { recoverySync: "serveAtOnce" } }),
      durability("SurvivesProcessCrash", 17, { design: { walFailure: "ignore" } }),
    ],
  },
  {
    place: "section 7, durability modes",
    claim: "batched: up to batch size - 1 records are not synced",
    verdict:
      "holds for each machine crash, if recovery syncs what it has read; if it does not, the next process starts to count anew, and two batches may be lost. A process crash loses nothing",
    checks: [
      durability("SurvivesProcessCrash", "holds", { design: { durability: "batched" } }),
      durability("LossWithinBatch", "holds", {
        constants: { transactions: 3, machineCrashes: 2, failures: 0 },
        design: { durability: "batched" },
      }),
      durability("LossWithinBatch", 23, {
        design: { durability: "batched", recoverySync: "serveAtOnce" },
        ...shown("more-than-a-batch"),
      }),
      durability("SurvivesMachineCrash", 13, { design: { durability: "batched" } }),
    ],
  },
  {
    place: "section 7, durability modes",
    claim: "none: all data is in memory only",
    verdict: "holds: already a process crash loses what was acknowledged",
    checks: [durability("SurvivesProcessCrash", 11, { design: { durability: "none" } })],
  },
  {
    place: "section 7, WAL access",
    claim: "whoever appends holds the WAL mutex from the first byte to the flush",
    verdict: "needed: without it two branches write into each other's records, and both are acknowledged and lost",
    checks: [
      recovery("everything", "holds", { constants: { branches: 2, commits: 2, crashes: 1 } }),
      recovery("AcknowledgedIsVisible", 11, {
        constants: { branches: 2, commits: 2, crashes: 1, failures: 0, repeats: 0 },
        design: { walLock: "none" },
      }),
    ],
  },
  {
    place: "section 7, commit protocol",
    claim: "the log is flushed before the store is changed",
    verdict: "holds while the engine runs in strict mode; not for what recovery reads back, and not in batched mode",
    checks: [
      durability("DurableBeforeVisible", "holds"),
      durability("DurableBeforeVisible", 7, { design: { durability: "batched" } }),
      durability("DurableBeforeVisible", 8, { design: { recoverySync: "serveAtOnce" } }),
    ],
  },
];

const protocol: readonly Claim[] = [
  {
    place: "section 8, replay protocol",
    claim: "puts, then deletes, each at the record's version, give back the state before the crash",
    verdict:
      "holds only if no transaction deletes a key and compares-and-sets it: the commit applies the compare-and-set last, the replay the delete",
    checks: [recovery("StoreMatchesLog", "holds"), sameKey],
  },
  {
    place: "section 8, replay protocol",
    claim: "version and transaction counters are restored to the highest seen",
    verdict:
      "holds, and must be the highest: versions do not stand in the log in order when two branches commit, so that of the last record is too low",
    checks: [
      recovery("VersionsAreUnique", "holds"),
      recovery("VersionsAreUnique", 15, {
        constants: { branches: 2, commits: 3, crashes: 1, failures: 0, repeats: 0 },
        design: { counters: "lastSeen" },
      }),
    ],
  },
  {
    place: "section 8, idempotency 1",
    claim: "replaying the same record twice is safe, because chains only grow and the first match wins",
    verdict:
      "holds for the record replayed last and for the whole log once more; wrong for an older record, which goes to the front of the chain and hides newer ones",
    checks: [
      recovery("everything", "holds", { constants: { olderAgain: 0, repeats: 2 }, design: { chainInsert: "pushFront" } }),
      oldRecordAgain,
      recovery("StoreMatchesLog", "holds"),
    ],
  },
  {
    place: "section 8, idempotency 2",
    claim: "a partial record at the end of the file is discarded",
    verdict: "holds for reading; but it stays in the file unless recovery cuts it off, and what is appended behind it is discarded as well",
    checks: [tail("AcknowledgedSurvives", "holds"), tornTail],
  },
  {
    place: "section 8, idempotency 3",
    claim: "a corrupted record is discarded; a wrong checksum stops reading",
    verdict:
      "holds for one segment; reading goes on with the next segment, so that a piece is missing from the middle; and what is written after the damage is lost if the bad record stays",
    checks: [
      tail("everything", "holds"),
      tail("RecoveredIsPrefix", 15, { design: { segments: "continueAfterBad" } }),
      tail("AcknowledgedSurvives", 20, { design: { tail: "truncateLast" }, ...shown("bad-record-stays") }),
    ],
  },
  {
    place: "section 8, idempotency 4",
    claim: "restoring the version counter is idempotent",
    verdict: "holds; a failed replay may be started again in the same store",
    checks: [recovery("everything", "holds", { design: { retryInto: "sameStore" } })],
  },
  {
    place: "section 8, idempotency 5",
    claim: "a crash during replay is safe",
    verdict: "holds: replay changes memory only. Cutting a bad record off changes the disk, and there the order of the steps matters",
    checks: [
      recovery("everything", "holds"),
      snapshotReads("everything", "holds", { constants: { crashes: 2 } }),
      tail("everything", "holds", { constants: { crashes: 3, spoilt: 2 } }),
      tail("RecoveredIsPrefix", 17, { design: { dropOrder: "cutThenDrop" } }),
    ],
  },
];

const crashPoints: readonly Claim[] = [
  {
    place: "section 8, crash point 1",
    claim: "during validate: the transaction is lost",
    verdict: "holds",
    checks: [crashTable],
  },
  {
    place: "section 8, crash point 2",
    claim: "during the append: a partial record, discarded; the transaction is lost",
    verdict:
      "wrong as written: between write and sync the record may be whole, and then the transaction comes back. That is allowed, its client was never answered. A partial record is discarded",
    checks: [crashTable, durability("CrashTable", 9, { design: { crashTable: "asWritten" } })],
  },
  {
    place: "section 8, crash point 3",
    claim: "after the flush, before apply: replayed",
    verdict: "holds in strict mode; in batched mode the flush may not have happened, and a machine crash loses the record",
    checks: [crashTable, durability("CrashTable", 10, { design: { durability: "batched" } })],
  },
  {
    place: "section 8, crash point 4",
    claim: "during apply: the partial apply is completed by the replay",
    verdict: "holds; no partial apply is left to complete, because the store was in memory only",
    checks: [crashTable, recovery("StoreMatchesLog", "holds")],
  },
  {
    place: "section 8, crash point 5",
    claim: "after apply: committed, the replay changes nothing",
    verdict: "holds in strict mode; not in batched mode after a machine crash",
    checks: [crashTable, durability("SurvivesMachineCrash", 13, { design: { durability: "batched" } })],
  },
  {
    place: "section 11, row 5",
    claim: "WAL recovery is correct: idempotent replay, checksums, crash-safe",
    verdict:
      "wrong as it stands: holds only if failed log writes stop the engine, recovery syncs before it serves, bad records are cut off, later segments are not replayed behind them, and replay keeps the order of the commit",
    checks: [
      durability("everything", "holds"),
      tail("everything", "holds"),
      recovery("everything", "holds"),
      ghost,
      unsyncedRecovery,
      tornTail,
      hole,
      sameKey,
    ],
  },
];

const toDecide: readonly Claim[] = [
  {
    place: "to decide (c)",
    claim: "ghost commit: the write succeeds, the sync fails, the client hears of an abort, and the record is replayed",
    verdict:
      "holds. Cutting the record off without a sync does not help; cutting and syncing, or stopping with an unknown outcome, does. After a short write the opposite happens, too: later commits stand behind garbage and are lost",
    checks: [
      ghost,
      durability("AbortedNeverAppears", 11, { design: { walFailure: "truncate" }, ...shown("cut-without-sync") }),
      durability("everything", "holds", { constants: { failures: 2 }, design: { walFailure: "truncateAndSync" } }),
      durability("everything", "holds"),
    ],
  },
  {
    place: "to decide (d)",
    claim: "a record appended behind a torn one is acknowledged and lost at the next recovery",
    verdict: "holds; stopping at the first bad record does not help, the torn record must be cut off",
    checks: [tornTail, tail("AcknowledgedSurvives", "holds", { constants: { spoilt: 0 }, design: { tail: "truncateLast" } })],
  },
  {
    place: "to decide (e)",
    claim: "hole: after a bad record in a segment, the next segment is still replayed",
    verdict:
      "holds, with a torn tail left in the file or with a record spoilt on disk. Stopping is not enough: the bad record must be cut off and the later segments dropped, the segments first",
    checks: [
      hole,
      tail("RecoveredIsPrefix", 15, { design: { segments: "continueAfterBad" } }),
      tail("RecoveredIsPrefix", "holds", { constants: { spoilt: 0 }, design: { segments: "continueAfterBad" } }),
      tail("AcknowledgedSurvives", 20, { design: { tail: "truncateLast" }, ...shown("bad-record-stays") }),
      tail("RecoveredIsPrefix", 17, { design: { dropOrder: "cutThenDrop" } }),
    ],
  },
  {
    place: "to decide (f)",
    claim: "an apply that fails behind the log: acknowledged, invisible until a restart",
    verdict: "holds. Telling the client does not repair the store: it differs from its log until the engine recovers",
    checks: [
      recovery("AcknowledgedIsVisible", 5, { design: { applyFailure: "reportOk" }, ...shown("apply-failure") }),
      recovery("StoreMatchesLog", 5, { design: { applyFailure: "durableButNotVisible" } }),
      recovery("everything", "holds"),
    ],
  },
  {
    place: "to decide (g)",
    claim: "delete and put of one key in one transaction: live order and replay order differ",
    verdict: "holds for a delete and a compare-and-set; a plain put and a delete cancel each other in the buffers and never meet",
    checks: [sameKey],
  },
  {
    place: "to decide (j)",
    claim: "compaction without a checkpoint loses data",
    verdict:
      "holds; and a checkpoint alone is not enough: recovery must read it, it must be synced before it counts, its mark must be a place in the log, and it must be copied while no commit is between log and store",
    checks: [
      checkpoint("everything", "holds"),
      checkpoint("AcknowledgedSurvives", 10, { constants: { threads: 1 }, design: { checkpoint: "compactWithoutSnapshot" } }),
      checkpoint("AcknowledgedSurvives", 14, {
        constants: { threads: 1 },
        design: { recovery: "logOnly" },
        ...shown("checkpoint-unread"),
      }),
      checkpoint("AcknowledgedSurvives", 13, { design: { copySync: "never" } }),
      checkpoint("AcknowledgedSurvives", 14, { design: { mark: "transactionId" } }),
      checkpoint("AcknowledgedSurvives", 14, { design: { mark: "version" }, ...shown("checkpoint-mark") }),
      checkpoint("AcknowledgedSurvives", 11, { design: { copy: "anytime" } }),
    ],
  },
  {
    place: "to decide (k)",
    claim: "a lost tail reuses versions, so that compare-and-set by version succeeds against another value",
    verdict:
      "holds in batched mode after a machine crash, and in strict mode, too, when recovery serves what it has not synced; a mark on disk ahead of every version in use prevents it",
    checks: [
      durability("VersionMeansOneWrite", 17, { design: { durability: "batched" } }),
      unsyncedRecovery,
      durability("VersionMeansOneWrite", "holds", {
        constants: { machineCrashes: 2, transactions: 3 },
        design: { durability: "batched", versions: "reserved" },
      }),
    ],
  },
  {
    place: "beyond the document",
    claim: "if recovery fails, the engine starts with an empty store",
    verdict: "wrong to do: whatever was acknowledged is not there, and new transactions use the versions of those in the log again",
    checks: [
      recovery("AcknowledgedIsVisible", 9, { design: { recoveryFailure: "startEmpty" }, ...shown("empty-start") }),
      recovery("VersionsAreUnique", 10, { design: { recoveryFailure: "startEmpty" } }),
    ],
  },
];

export const recoveryClaims: readonly Claim[] = [...modes, ...protocol, ...crashPoints, ...vectorClaims, ...toDecide];

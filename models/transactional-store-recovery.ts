/**
 * The transactional store's log, recovery, checkpoints and vectors: each model holds as it stands, and its variants take
 * back one choice each, or combine fixes. What the audited code does is named `as audited`.
 */
import { checkpoint } from "../specs/transactional-store/recovery/checkpoint.ts";
import { durability } from "../specs/transactional-store/recovery/durability.ts";
import { replay } from "../specs/transactional-store/recovery/replay.ts";
import { tornTail } from "../specs/transactional-store/recovery/torn-tail.ts";
import { vectorInsert } from "../specs/transactional-store/vectors/insert.ts";
import type { Expectation, Model, Variant } from "../explorer/model.ts";

const system = "transactional-store";
const holds: Expectation = { verdict: "holds" };
/** Checks only the property that the variant is about: others may fail earlier. */
const violates = (property: string, length: number): Pick<Variant, "invariants" | "expected"> => ({
  invariants: [property],
  expected: { verdict: "violated", property, length },
});

const durabilityModel: Model = {
  name: "transactional-store/durability",
  system,
  title: "One writer, its log, and crashes of process and machine",
  spec: durability,
  allowDeadlock: true,
  expected: holds,
  variants: [
    { label: "batched: a machine crash", design: { durability: "batched" }, ...violates("SurvivesMachineCrash", 13) },
    { label: "batched: what is seen may vanish", design: { durability: "batched" }, ...violates("DurableBeforeVisible", 7) },
    { label: "batched: a version is used again", design: { durability: "batched" }, ...violates("VersionMeansOneWrite", 17) },
    { label: "batched: after apply is not on disk", design: { durability: "batched" }, ...violates("CrashTable", 10) },
    {
      label: "batched: survives process crashes",
      design: { durability: "batched" },
      invariants: ["SurvivesProcessCrash", "LossWithinBatch", "AbortedNeverAppears"],
      expected: holds,
    },
    {
      label: "batched: at most a batch a crash",
      constants: { transactions: 3, machineCrashes: 2, failures: 0 },
      design: { durability: "batched" },
      invariants: ["LossWithinBatch"],
      expected: holds,
    },
    {
      label: "batched: more than a batch",
      design: { durability: "batched", recoverySync: "serveAtOnce" },
      ...violates("LossWithinBatch", 23),
    },
    {
      label: "batched, versions reserved",
      constants: { machineCrashes: 2, transactions: 3 },
      design: { durability: "batched", versions: "reserved" },
      invariants: ["VersionMeansOneWrite"],
      expected: holds,
    },
    { label: "none: a process crash", design: { durability: "none" }, ...violates("SurvivesProcessCrash", 11) },
    { label: "none: more than a batch", design: { durability: "none" }, ...violates("LossWithinBatch", 11) },
    { label: "ignore: a ghost commit", design: { walFailure: "ignore" }, ...violates("AbortedNeverAppears", 10) },
    { label: "ignore: commits behind garbage", design: { walFailure: "ignore" }, ...violates("SurvivesProcessCrash", 17) },
    {
      label: "truncate without sync: a ghost commit",
      design: { walFailure: "truncate" },
      ...violates("AbortedNeverAppears", 11),
    },
    { label: "truncate and sync", constants: { failures: 2 }, design: { walFailure: "truncateAndSync" }, expected: holds },
    { label: "recovery serves before it syncs", design: { recoverySync: "serveAtOnce" }, ...violates("DurableBeforeVisible", 8) },
    {
      label: "strict, and a version is used again",
      design: { recoverySync: "serveAtOnce" },
      ...violates("VersionMeansOneWrite", 17),
    },
    { label: "the crash-point table as written", design: { crashTable: "asWritten" }, ...violates("CrashTable", 9) },
    {
      label: "as audited",
      design: { walFailure: "ignore", recoverySync: "serveAtOnce" },
      expected: { verdict: "violated", property: "DurableBeforeVisible", length: 8 },
    },
    { label: "two crashes of each kind", constants: { processCrashes: 2, machineCrashes: 2, failures: 2 }, design: {}, expected: holds },
  ],
  harmless: {
    "walFailure=truncateAndSync":
      "the abort is reported only after the record has been cut off and the cut is on disk; a cut that cannot be synced must stop the engine, as poison does",
    "versions=reserved": "with strict durability and a synced recovery nothing that was seen is lost, so no version is used again anyway",
  },
};

const tornTailModel: Model = {
  name: "transactional-store/torn-tail",
  system,
  title: "Segments, torn tails and spoilt records",
  spec: tornTail,
  allowDeadlock: true,
  expected: holds,
  variants: [
    {
      label: "append behind a torn record",
      constants: { spoilt: 0 },
      design: { tail: "appendAfterTorn" },
      ...violates("AcknowledgedSurvives", 12),
    },
    { label: "cut the last segment only, no spoilt record", constants: { spoilt: 0 }, design: { tail: "truncateLast" }, expected: holds },
    { label: "cut the last segment only", design: { tail: "truncateLast" }, ...violates("AcknowledgedSurvives", 20) },
    {
      label: "go on with the next segment, no spoilt record",
      constants: { spoilt: 0 },
      design: { segments: "continueAfterBad" },
      expected: holds,
    },
    { label: "go on with the next segment", design: { segments: "continueAfterBad" }, ...violates("RecoveredIsPrefix", 15) },
    { label: "cut first, drop segments afterwards", design: { dropOrder: "cutThenDrop" }, ...violates("RecoveredIsPrefix", 17) },
    {
      label: "as audited: a hole without a spoilt record",
      constants: { spoilt: 0, transactions: 3 },
      design: { tail: "appendAfterTorn", segments: "continueAfterBad" },
      ...violates("RecoveredIsPrefix", 15),
    },
    {
      label: "stop at the first bad record, tail left as it is",
      constants: { spoilt: 0 },
      design: { tail: "appendAfterTorn", segments: "stopAtFirstBad" },
      ...violates("AcknowledgedSurvives", 12),
    },
    {
      label: "as audited",
      design: { tail: "appendAfterTorn", segments: "continueAfterBad" },
      expected: { verdict: "violated", property: "AcknowledgedSurvives", length: 12 },
    },
    {
      label: "as audited, the last segment cut, no spoilt record",
      constants: { spoilt: 0, crashes: 3 },
      design: { tail: "truncateLast", segments: "continueAfterBad" },
      expected: holds,
    },
    {
      label: "as audited, the last segment cut",
      design: { tail: "truncateLast", segments: "continueAfterBad" },
      expected: { verdict: "violated", property: "RecoveredIsPrefix", length: 14 },
    },
    { label: "three crashes, two spoilt records", constants: { crashes: 3, spoilt: 2 }, design: {}, expected: holds },
  ],
};

const recoveryModel: Model = {
  name: "transactional-store/recovery",
  system,
  title: "Replay, operation by operation",
  spec: replay,
  allowDeadlock: true,
  expected: holds,
  variants: [
    {
      label: "puts replayed before deletes",
      constants: { repeats: 0, failures: 0, commits: 1 },
      design: { replayOrder: "putsThenDeletes" },
      ...violates("StoreMatchesLog", 9),
    },
    {
      label: "an old record replayed again, pushed to the front",
      design: { chainInsert: "pushFront" },
      ...violates("StoreMatchesLog", 15),
    },
    {
      label: "the last record replayed again, pushed to the front",
      constants: { olderAgain: 0, repeats: 2 },
      design: { chainInsert: "pushFront" },
      expected: holds,
    },
    {
      label: "a failed replay goes on in the same store",
      constants: { olderAgain: 0, repeats: 2, crashes: 1 },
      design: { chainInsert: "pushFront", retryInto: "sameStore" },
      expected: holds,
    },
    { label: "a failed apply is reported as success", design: { applyFailure: "reportOk" }, ...violates("AcknowledgedIsVisible", 5) },
    {
      label: "a failed apply is told, and the engine goes on",
      design: { applyFailure: "durableButNotVisible" },
      ...violates("StoreMatchesLog", 5),
    },
    {
      label: "a failed apply is told: no lie",
      design: { applyFailure: "durableButNotVisible" },
      invariants: ["AcknowledgedIsVisible", "VersionsAreUnique"],
      expected: holds,
    },
    {
      label: "the counter of the last record",
      constants: { branches: 2, commits: 3, crashes: 1, failures: 0, repeats: 0 },
      design: { counters: "lastSeen" },
      ...violates("VersionsAreUnique", 15),
    },
    {
      label: "no lock around the log",
      constants: { branches: 2, commits: 2, crashes: 1, failures: 0, repeats: 0 },
      design: { walLock: "none" },
      ...violates("AcknowledgedIsVisible", 11),
    },
    {
      label: "a recovery that fails starts with an empty store",
      design: { recoveryFailure: "startEmpty" },
      ...violates("AcknowledgedIsVisible", 9),
    },
    {
      label: "a recovery that fails: versions are used again",
      design: { recoveryFailure: "startEmpty" },
      ...violates("VersionsAreUnique", 10),
    },
    {
      label: "as audited",
      design: { replayOrder: "putsThenDeletes", chainInsert: "pushFront", applyFailure: "reportOk", recoveryFailure: "startEmpty" },
      expected: { verdict: "violated", property: "StoreMatchesLog", length: 5 },
    },
    {
      label: "as audited, three fixes, no older record replayed again",
      constants: { olderAgain: 0 },
      design: { chainInsert: "pushFront" },
      expected: holds,
    },
    { label: "two branches", constants: { branches: 2, commits: 2, crashes: 1 }, design: {}, expected: holds },
  ],
  harmless: {
    "retryInto=sameStore":
      "a replay that starts again from the first record leaves the chains as one replay does: idempotent, as the audit says",
  },
};

const checkpointModel: Model = {
  name: "transactional-store/checkpoint",
  system,
  title: "Checkpoint, compaction, crashes between their steps",
  spec: checkpoint,
  allowDeadlock: true,
  expected: holds,
  variants: [
    {
      label: "compaction without a checkpoint",
      constants: { threads: 1 },
      design: { checkpoint: "compactWithoutSnapshot" },
      ...violates("AcknowledgedSurvives", 10),
    },
    { label: "the mark is a transaction id", design: { mark: "transactionId" }, ...violates("AcknowledgedSurvives", 14) },
    { label: "the mark is a version, compared with ids", design: { mark: "version" }, ...violates("AcknowledgedSurvives", 14) },
    {
      label: "the mark is a version, one thread",
      constants: { threads: 1 },
      design: { mark: "version" },
      expected: holds,
    },
    {
      label: "as audited",
      constants: { threads: 1 },
      design: { mark: "version", copy: "anytime", recovery: "logOnly" },
      ...violates("AcknowledgedSurvives", 14),
    },
    {
      label: "as audited, and recovery reads the copy",
      design: { mark: "version", copy: "anytime" },
      ...violates("AcknowledgedSurvives", 11),
    },
    { label: "copied while commits are under way", design: { copy: "anytime" }, ...violates("AcknowledgedSurvives", 11) },
    { label: "the copy is not synced", design: { copySync: "never" }, ...violates("AcknowledgedSurvives", 13) },
    { label: "recovery reads the log only", design: { recovery: "logOnly" }, ...violates("AcknowledgedSurvives", 14) },
    {
      label: "two crashes, two checkpoints",
      constants: { crashes: 2, checkpoints: 2, threads: 1 },
      design: {},
      expected: holds,
    },
  ],
  harmless: { "checkpoint=none": "nothing is deleted, so nothing is lost; the log grows and every recovery replays all of it" },
};

const vectorModel: Model = {
  name: "transactional-store/vector-insert",
  system,
  title: "Vectors: an index in memory beside a record in the store",
  spec: vectorInsert,
  allowDeadlock: true,
  expected: holds,
  variants: [
    {
      label: "check outside: two ids",
      constants: { failures: 0, crashes: 0, deletes: 0 },
      design: { vectorInsert: "checkOutside" },
      ...violates("OneIdPerKey", 13),
    },
    {
      label: "check inside: two ids",
      constants: { failures: 0, crashes: 0, deletes: 0 },
      design: { vectorInsert: "checkInside" },
      ...violates("OneIdPerKey", 13),
    },
    { label: "check outside: a failed commit", design: { vectorInsert: "checkOutside" }, ...violates("IndexEqualsStore", 7) },
    { label: "check inside: a failed commit", design: { vectorInsert: "checkInside" }, ...violates("IndexEqualsStore", 7) },
    {
      label: "check outside: two updates cross",
      constants: { failures: 0, crashes: 0, deletes: 0, existing: 1 },
      design: { vectorInsert: "checkOutside" },
      ...violates("IndexEqualsStore", 13),
    },
    {
      label: "check inside: two updates cross",
      constants: { failures: 0, crashes: 0, deletes: 0, existing: 1 },
      design: { vectorInsert: "checkInside" },
      ...violates("IndexEqualsStore", 13),
    },
    {
      label: "check outside: a search finds what is not stored",
      constants: { failures: 0, crashes: 0, deletes: 0, threads: 1 },
      design: { vectorInsert: "checkOutside" },
      ...violates("SearchFindsOnlyStored", 6),
    },
    {
      label: "check outside: a restart clears the index",
      constants: { tasks: 3 },
      design: { vectorInsert: "checkOutside", vectorDelete: "outside" },
      invariants: ["FreshIndexEqualsStore"],
      expected: holds,
    },
    {
      label: "as audited",
      design: { vectorInsert: "checkOutside", vectorDelete: "outside" },
      expected: { verdict: "violated", property: "SearchFindsOnlyStored", length: 6 },
    },
    { label: "delete outside the lock", design: { vectorDelete: "outside" }, ...violates("StoredIsIndexed", 11) },
    { label: "no rebuild", design: { rebuild: "none" }, ...violates("FreshIndexEqualsStore", 6) },
    { label: "no rebuild: records without a vector", design: { rebuild: "none" }, ...violates("StoredIsIndexed", 6) },
    {
      label: "three tasks on an existing vector",
      constants: { tasks: 3, deletes: 2, crashes: 2, existing: 1 },
      design: {},
      expected: holds,
    },
  ],
};

export const transactionalStoreRecovery: readonly Model[] = [durabilityModel, tornTailModel, recoveryModel, checkpointModel, vectorModel];

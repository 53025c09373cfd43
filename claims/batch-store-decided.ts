/** The batch store: the questions that its document leaves open, what it does not see, and in which crash model each promise is made. */
import { asInTheCode, optionOne, optionTwo } from "../models/batch-store-persist.ts";
import { holds, violated } from "./batch-store-check.ts";
import type { Claim } from "./claim.ts";

const inTurn = { overlapping: 0, processCrashes: 0, machineCrashes: 2 } as const;
const both = { calls: 2, digests: 1 } as const;

export const toDecide: readonly Claim[] = [
  {
    place: "To decide (a)",
    claim: "The notification precedes durability",
    verdict: "yes, for machine crashes; for process crashes only through the look into the cache",
    checks: [
      violated("notify", "NotifiedIsKept", 7, {
        design: { ...asInTheCode, recheck: "durable" },
        counterexample: "notified-before-durable",
      }),
      holds("notify", { constants: { processCrashes: 1, machineCrashes: 0 }, design: { ...asInTheCode, recheck: "durable" } }),
      violated("notify", "NotifiedIsKept", 6, {
        constants: { processCrashes: 1, machineCrashes: 0 },
        design: optionTwo,
        counterexample: "answered-from-the-cache",
      }),
    ],
  },
  {
    place: "To decide (b)",
    claim: "What binds is the signature, not the notification",
    verdict:
      "yes: with a late notification alone signatures are lost, and with early notifications alone none is; the two promises are independent",
    checks: [
      violated("notify", "SignedIsServed", 6, {
        design: { sync: "relaxed", notify: "after", duplicatePersist: "signNow" },
        counterexample: "only-the-notification-waits",
      }),
      holds("persist", {
        constants: both,
        design: { sync: "groupFlush", notify: "before", recheck: "cache" },
        property: "SignedIsServed",
      }),
      violated("persist", "NotifiedIsKept", 6, {
        constants: both,
        design: { sync: "groupFlush", notify: "before", recheck: "cache" },
      }),
    ],
  },
  {
    place: "To decide (c)",
    claim: "Options 1 and 2 do not suffice: a second persist of a digest signs with nothing written",
    verdict: "yes, for process crashes; waiting for the put repairs that, and only waiting for durability repairs machine crashes",
    checks: [
      violated("duplicate-persist", "SignedIsServed", 7, { design: optionOne, counterexample: "duplicate-persist" }),
      violated("duplicate-persist", "SignedIsServed", 7, { design: optionTwo, counterexample: "duplicate-flush" }),
      holds("duplicate-persist", { design: { ...asInTheCode, duplicatePersist: "waitWritten" } }),
      violated("duplicate-persist", "SignedIsServed", 8, {
        constants: { machineCrashes: 1 },
        design: { duplicatePersist: "waitWritten" },
        counterexample: "duplicate-waits-for-the-put",
      }),
      holds("duplicate-persist", { constants: { machineCrashes: 1 } }),
    ],
  },
  {
    place: "To decide (d)",
    claim: "After a restart before an epoch's first commit, signed batches are on the disk and cannot be served",
    verdict: "yes, for process crashes too; two restarts in turn make a certified batch unservable, with every put synced",
    checks: [
      violated("restart", "SignedIsServed", 4, { design: { restart: "noPopulate" }, counterexample: "unloaded-in-a-new-epoch" }),
      violated("proof", "ProofIsServed", 12, {
        constants: { overlapping: 0, processCrashes: 2, machineCrashes: 0 },
        design: { restart: "noPopulate" },
        counterexample: "certified-and-unserved",
      }),
      holds("proof", { design: { restart: "noPopulate" }, property: "ProofIsKept" }),
    ],
  },
  {
    place: "To decide (e)",
    claim: "A delete that runs late erases a row that was persisted again with a later expiry",
    verdict: "yes, without any crash when the payload is in the row only, else from the next restart on; synced puts do not help",
    checks: [
      violated("late-delete", "SignedIsServed", 10, {
        constants: { inMemory: 0, crashes: 0 },
        design: { delete: "lateUnconditional" },
        counterexample: "late-delete",
      }),
      violated("late-delete", "SignedIsServed", 12, { design: { delete: "lateUnconditional" } }),
      holds("late-delete", { constants: { inMemory: 0 } }),
    ],
  },
  {
    place: "To decide (f)",
    claim: "A relaxed batch id can repeat after a machine crash",
    verdict:
      "yes, if an earlier counter reached the disk and two later ones did not; never after process crashes alone, nor if the author's own batches are synced",
    checks: [
      violated("batch-id", "NoIdIsSentTwice", 17, {
        constants: { processCrashes: 0 },
        design: { batchId: "relaxed" },
        counterexample: "repeated-batch-id",
      }),
      violated("batch-id", "NoIdIsSentTwice", 13, { design: { batchId: "relaxed" } }),
      holds("batch-id", { constants: { batches: 3, processCrashes: 0 }, design: { batchId: "relaxed" } }),
      holds("batch-id", { constants: { processCrashes: 2, machineCrashes: 0 }, design: { batchId: "relaxed" } }),
      holds("batch-id", { design: { batchId: "relaxed", ownPersist: "sync" } }),
    ],
  },
  {
    place: "To decide (g)",
    claim: "A certified batch is lost only if all f + 1 honest signers lose it, that is, in a correlated crash",
    verdict:
      "half: it takes all honest signers (f + 1 of them with f byzantine nodes); but they may crash one after the other, even before there is a proof",
    checks: [
      holds("proof", { constants: { machineCrashes: 1 }, design: { sync: "relaxed", refetch: "never" }, property: "ProofIsKept" }),
      holds("proof", {
        constants: { byzantine: 0, processCrashes: 0, machineCrashes: 2 },
        design: { sync: "relaxed", refetch: "never" },
        property: "ProofIsKept",
      }),
      violated("proof", "ProofIsKept", 9, { constants: inTurn, design: { sync: "relaxed" }, counterexample: "certified-and-lost" }),
    ],
  },
];

export const furtherClaims: readonly Claim[] = [
  {
    place: "Not in the document",
    claim: "A start that takes the grace period off the expiry collects batches that have not expired",
    verdict: "yes (an earlier version of the code); not without a grace period",
    checks: [
      violated("restart", "SignedIsServed", 4, { design: { restart: "wrongExpiry" }, counterexample: "collected-before-expiry" }),
      holds("restart", { constants: { buffer: 0 }, design: { restart: "wrongExpiry" } }),
    ],
  },
  {
    place: "Not in the document",
    claim: "The background deletion of an old epoch's rows erases a row of the new epoch",
    verdict: "yes: the second door to (e)",
    checks: [
      violated("restart", "SignedIsServed", 9, { design: { delete: "lateUnconditional" }, counterexample: "late-deletion-of-an-epoch" }),
    ],
  },
  {
    place: "Not in the document",
    claim: "An earlier put overtakes a later one and shortens the row's expiry",
    verdict: "yes: lost at the next restart, with synced puts and careful deletes",
    checks: [violated("late-delete", "SignedIsServed", 11, { design: { put: "blind" }, counterexample: "overtaken-put" })],
  },
  {
    place: "Not in the document",
    claim: '"No need to be atomic with insertion": an expiry timer set after the entry',
    verdict: "wrong: the collector can meet the timer without an entry, which it takes for unreachable",
    checks: [violated("late-delete", "CollectorDoesNotPanic", 12, { design: { timer: "afterEntry" }, counterexample: "late-timer" })],
  },
  {
    place: "Not in the document",
    claim: "A later expiry for a batch that is held takes a second share of the quota before it frees the first",
    verdict: "so with a full quota it is refused, and the batch is not signed for longer; the sums stay right",
    checks: [
      violated("quota", "ExtensionIsAccepted", 5, { design: { replace: "takeThenFree" } }),
      holds("quota", { constants: { calls: 4 }, design: { replace: "takeThenFree" }, property: "QuotaIsSum" }),
    ],
  },
  {
    place: "Invariant",
    claim: "Signed and unexpired: the node can serve it",
    verdict: "holds in the default designs, for process and for machine crashes",
    checks: [holds("persist"), holds("late-delete"), holds("restart")],
  },
  {
    place: "Invariant",
    claim: "Notified: the node still has it",
    verdict: "holds in the default design, for process and for machine crashes",
    checks: [holds("persist", { property: "NotifiedIsKept" })],
  },
  {
    place: "Invariant",
    claim: "Certified: some honest node serves it while no more than f are faulty or down, and one has it always",
    verdict: "holds in the default design, for any number of process and machine crashes within the bounds",
    checks: [holds("proof"), holds("proof", { constants: { processCrashes: 2 }, design: { refetch: "never" } })],
  },
  {
    place: "Invariant",
    claim: "Cached: the row is there, when nothing is under way",
    verdict: "holds in the default designs; with relaxed puts it says nothing of machine crashes",
    checks: [holds("late-delete", { property: "CachedIsStored" }), holds("restart", { property: "CachedIsStored" })],
  },
  {
    place: "Invariant",
    claim: "Quota: what is left and what is held make up the whole",
    verdict: "holds, between crashes (the sums live in memory)",
    checks: [holds("quota"), violated("quota", "QuotaIsSum", 9, { design: { free: "asNew" } })],
  },
  {
    place: "Invariant",
    claim: "No batch id is used twice",
    verdict: "holds with a synced counter, for process and for machine crashes",
    checks: [holds("batch-id")],
  },
];

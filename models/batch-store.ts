/** The batch store, one model for each question that its document raises or leaves open. */
import { batchIdSpec } from "../specs/batch-store/batch-id.ts";
import { expirySpec } from "../specs/batch-store/expiry.ts";
import { proofSpec } from "../specs/batch-store/proof.ts";
import { quotaSpec } from "../specs/batch-store/quota.ts";
import { restartSpec } from "../specs/batch-store/restart.ts";
import { persistModels } from "./batch-store-persist.ts";
import type { Model } from "../explorer/model.ts";

const holds = { verdict: "holds" } as const;
const violated = (property: string, length: number) => ({ verdict: "violated", property, length }) as const;
const common = { system: "batch-store", allowDeadlock: true, expected: holds } as const;

const lateDelete: Model = {
  ...common,
  name: "batch-store/late-delete",
  title: "A digest persisted again with a later expiry, while the collector runs",
  spec: expirySpec,
  constants: { calls: 2, lastTime: 2, inMemory: 1, crashes: 1 },
  variants: [
    { label: "as it should be", design: {}, expected: holds },
    { label: "a late delete erases what is there", design: { delete: "lateUnconditional" }, expected: violated("CachedIsStored", 10) },
    {
      label: "a late delete, then a crash",
      design: { delete: "lateUnconditional" },
      invariants: ["SignedIsServed"],
      expected: violated("SignedIsServed", 12),
    },
    {
      label: "a late delete of a payload that is not in memory, no crash",
      constants: { inMemory: 0, crashes: 0 },
      design: { delete: "lateUnconditional" },
      invariants: ["SignedIsServed"],
      expected: violated("SignedIsServed", 10),
    },
    { label: "an earlier put overtaken by a later one", design: { put: "blind" }, expected: violated("CachedIsStored", 7) },
    { label: "the same, then a crash", design: { put: "blind" }, invariants: ["SignedIsServed"], expected: violated("SignedIsServed", 11) },
    { label: "a timer set after the entry", design: { timer: "afterEntry" }, expected: violated("CollectorDoesNotPanic", 12) },
    {
      label: "as in the code",
      design: { delete: "lateUnconditional", put: "blind", timer: "afterEntry" },
      expected: violated("CachedIsStored", 9),
    },
    { label: "three persists", constants: { calls: 3, crashes: 2 }, design: {}, expected: holds },
    { label: "payloads that are not in memory", constants: { inMemory: 0 }, design: {}, expected: holds },
  ],
};

const restart: Model = {
  ...common,
  name: "batch-store/restart",
  title: "Restarts within an epoch and before its first commit, and an epoch's end",
  spec: restartSpec,
  constants: { epochs: 3, lastTime: 3, buffer: 1, crashes: 2 },
  variants: [
    { label: "as it should be", design: {}, expected: holds },
    {
      label: "no rows are loaded before an epoch's first commit",
      design: { restart: "noPopulate" },
      expected: violated("SignedIsServed", 4),
    },
    { label: "rows are collected before they expire", design: { restart: "wrongExpiry" }, expected: violated("SignedIsServed", 4) },
    { label: "the same without a buffer", constants: { buffer: 0 }, design: { restart: "wrongExpiry" }, expected: holds },
    { label: "a late deletion of an old epoch's rows", design: { delete: "lateUnconditional" }, expected: violated("CachedIsStored", 7) },
    {
      label: "the same, then a crash",
      design: { delete: "lateUnconditional" },
      invariants: ["SignedIsServed"],
      expected: violated("SignedIsServed", 9),
    },
    { label: "as in the code", design: { restart: "noPopulate", delete: "lateUnconditional" }, expected: violated("SignedIsServed", 4) },
  ],
};

const batchId: Model = {
  ...common,
  name: "batch-store/batch-id",
  title: "The author's batch ids over process and machine crashes",
  spec: batchIdSpec,
  constants: { batches: 4, processCrashes: 1, machineCrashes: 1 },
  variants: [
    { label: "as it should be", design: {}, expected: holds },
    { label: "the author's own batch is synced, too", design: { ownPersist: "sync" }, expected: holds },
    { label: "always the same nonce", design: { start: "sameNonce" }, expected: holds },
    { label: "a relaxed counter", design: { batchId: "relaxed" }, expected: violated("NoIdIsSentTwice", 13) },
    {
      label: "a relaxed counter, one machine crash only",
      constants: { processCrashes: 0 },
      design: { batchId: "relaxed" },
      expected: violated("NoIdIsSentTwice", 17),
    },
    {
      label: "a relaxed counter, process crashes only",
      constants: { processCrashes: 2, machineCrashes: 0 },
      design: { batchId: "relaxed" },
      expected: holds,
    },
    {
      label: "a relaxed counter and always the same nonce",
      design: { batchId: "relaxed", start: "sameNonce" },
      expected: violated("NoIdIsSentTwice", 10),
    },
    {
      label: "a relaxed counter, but the author's own batch is synced",
      design: { batchId: "relaxed", ownPersist: "sync" },
      expected: holds,
    },
  ],
  harmless: {
    "ownPersist=sync": "a second fsync after the counter's own",
    "start=sameNonce": "with a synced counter there is one on disk before any batch is sent",
  },
};

const inTurn = { overlapping: 0, processCrashes: 0, machineCrashes: 2 } as const;
const proof: Model = {
  ...common,
  name: "batch-store/proof",
  title: "A proof of store among 4 nodes, one of them byzantine, and crashes of the others",
  spec: proofSpec,
  constants: { nodes: 4, faulty: 1, byzantine: 1, overlapping: 1, early: 1, processCrashes: 1, machineCrashes: 2 },
  variants: [
    { label: "as it should be", design: {}, expected: holds },
    { label: "relaxed puts, two machine crashes", design: { sync: "relaxed" }, expected: violated("SignedIsServed", 5) },
    { label: "the same: the proof", design: { sync: "relaxed" }, invariants: ["ProofIsKept"], expected: violated("ProofIsKept", 8) },
    {
      label: "relaxed puts, one machine crash",
      constants: { machineCrashes: 1 },
      design: { sync: "relaxed", refetch: "never" },
      invariants: ["ProofIsKept", "ProofIsServed"],
      expected: holds,
    },
    {
      label: "relaxed puts, all honest, two machine crashes",
      constants: { byzantine: 0, processCrashes: 0, machineCrashes: 2 },
      design: { sync: "relaxed", refetch: "never" },
      invariants: ["ProofIsKept", "ProofIsServed"],
      expected: holds,
    },
    {
      label: "relaxed puts, all honest, three machine crashes",
      constants: { byzantine: 0, processCrashes: 0, machineCrashes: 3 },
      design: { sync: "relaxed", refetch: "never" },
      invariants: ["ProofIsKept"],
      expected: violated("ProofIsKept", 11),
    },
    {
      label: "relaxed puts, process crashes only",
      constants: { processCrashes: 3, machineCrashes: 0 },
      design: { sync: "relaxed" },
      expected: holds,
    },
    {
      label: "option 3, crashes in turn",
      constants: inTurn,
      design: { sync: "relaxed" },
      invariants: ["ProofIsKept"],
      expected: violated("ProofIsKept", 9),
    },
    {
      label: "option 3 before any other work, crashes in turn",
      constants: inTurn,
      design: { sync: "relaxed", refetch: "beforeWork" },
      invariants: ["ProofIsKept"],
      expected: violated("ProofIsKept", 9),
    },
    {
      label: "option 3, crashes in turn and after the proof",
      constants: { ...inTurn, early: 0 },
      design: { sync: "relaxed" },
      invariants: ["ProofIsKept"],
      expected: violated("ProofIsKept", 9),
    },
    {
      label: "option 3 before any other work, crashes in turn and after the proof",
      constants: { ...inTurn, early: 0 },
      design: { sync: "relaxed", refetch: "beforeWork" },
      expected: holds,
    },
    { label: "rows are not loaded: a signature", design: { restart: "noPopulate" }, expected: violated("SignedIsServed", 6) },
    {
      label: "rows are not loaded, two processes restart in turn",
      constants: { overlapping: 0, processCrashes: 2, machineCrashes: 0 },
      design: { restart: "noPopulate" },
      invariants: ["ProofIsServed"],
      expected: violated("ProofIsServed", 12),
    },
    {
      label: "the same after the proof, with option 3 in the background",
      constants: { overlapping: 0, early: 0, processCrashes: 2, machineCrashes: 0 },
      design: { restart: "noPopulate" },
      invariants: ["ProofIsServed"],
      expected: violated("ProofIsServed", 12),
    },
    {
      label: "the same with option 3 before any other work",
      constants: { overlapping: 0, early: 0, processCrashes: 2, machineCrashes: 0 },
      design: { restart: "noPopulate", refetch: "beforeWork" },
      expected: holds,
    },
    {
      label: "the same with crashes at any time",
      design: { restart: "noPopulate", refetch: "beforeWork" },
      expected: violated("SignedIsServed", 6),
    },
    {
      label: "rows are not loaded: the disks have them",
      constants: { processCrashes: 2, machineCrashes: 2 },
      design: { restart: "noPopulate" },
      invariants: ["ProofIsKept"],
      expected: holds,
    },
    {
      label: "synced puts without option 3, four crashes",
      constants: { processCrashes: 2, machineCrashes: 2 },
      design: { refetch: "never" },
      expected: holds,
    },
  ],
  harmless: {
    "refetch=never": "what was signed is durable, so no honest signer has to fetch it",
    "refetch=beforeWork": "what was signed is durable, so no honest signer has to fetch it",
  },
};

const quota: Model = {
  ...common,
  name: "batch-store/quota",
  title: "An author's quotas of batches and of memory",
  spec: quotaSpec,
  constants: { calls: 3, digests: 2, expiries: 2, batchQuota: 2, memoryQuota: 1 },
  variants: [
    { label: "as it should be", design: {}, expected: holds },
    {
      label: "a later expiry takes a second share first",
      design: { replace: "takeThenFree" },
      expected: violated("ExtensionIsAccepted", 5),
    },
    {
      label: "the same: sums",
      constants: { calls: 4 },
      design: { replace: "takeThenFree" },
      invariants: ["QuotaIsSum", "BalanceIsWithinQuota"],
      expected: holds,
    },
    { label: "frees what an entry would take now", design: { free: "asNew" }, expected: violated("QuotaIsSum", 9) },
    {
      label: "the same: the assertion",
      design: { free: "asNew" },
      invariants: ["BalanceIsWithinQuota"],
      expected: violated("BalanceIsWithinQuota", 9),
    },
  ],
};

export const batchStoreModels: readonly Model[] = [...persistModels, lateDelete, restart, batchId, proof, quota];

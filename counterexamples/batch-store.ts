/** The section of the batch store in the index. */
import { assignmentsText } from "../cli/command-line.ts";
import { asInTheCode, optionOne, optionTwo } from "../models/batch-store-persist.ts";
import type { Collection, Counterexample } from "./counterexample.ts";
import { lateDelete, lateTimer, overtakenPut } from "./lessons/batch-store/collection.ts";
import { answeredFromTheCache, notifiedBeforeDurable } from "./lessons/batch-store/notification.ts";
import { certifiedAndLost, certifiedAndUnserved } from "./lessons/batch-store/proof.ts";
import { collectedBeforeExpiry, lateDeletionOfAnEpoch, repeatedBatchId, unloadedInANewEpoch } from "./lessons/batch-store/restart.ts";
import { duplicateFlush, duplicatePersist, duplicateWaitsForThePut, onlyTheNotificationWaits } from "./lessons/batch-store/signature.ts";

const counterexamples: readonly Counterexample[] = [
  {
    name: "batch-store/notified-before-durable",
    model: "batch-store/notify",
    constants: {},
    design: { ...asInTheCode, recheck: "durable" },
    invariant: "NotifiedIsKept",
    length: 7,
    lesson: notifiedBeforeDurable,
  },
  {
    name: "batch-store/answered-from-the-cache",
    model: "batch-store/notify",
    constants: { processCrashes: 1, machineCrashes: 0 },
    design: optionTwo,
    invariant: "NotifiedIsKept",
    length: 6,
    lesson: answeredFromTheCache,
  },
  {
    name: "batch-store/only-the-notification-waits",
    model: "batch-store/notify",
    constants: {},
    design: { sync: "relaxed", notify: "after", duplicatePersist: "signNow" },
    invariant: "SignedIsServed",
    length: 6,
    lesson: onlyTheNotificationWaits,
  },
  {
    name: "batch-store/duplicate-persist",
    model: "batch-store/duplicate-persist",
    constants: {},
    design: optionOne,
    invariant: "SignedIsServed",
    length: 7,
    lesson: duplicatePersist,
  },
  {
    name: "batch-store/duplicate-flush",
    model: "batch-store/duplicate-persist",
    constants: {},
    design: optionTwo,
    invariant: "SignedIsServed",
    length: 7,
    lesson: duplicateFlush,
  },
  {
    name: "batch-store/duplicate-waits-for-the-put",
    model: "batch-store/duplicate-persist",
    constants: { machineCrashes: 1 },
    design: { duplicatePersist: "waitWritten" },
    invariant: "SignedIsServed",
    length: 8,
    lesson: duplicateWaitsForThePut,
  },
  {
    name: "batch-store/unloaded-in-a-new-epoch",
    model: "batch-store/restart",
    constants: {},
    design: { restart: "noPopulate" },
    invariant: "SignedIsServed",
    length: 4,
    lesson: unloadedInANewEpoch,
  },
  {
    name: "batch-store/collected-before-expiry",
    model: "batch-store/restart",
    constants: {},
    design: { restart: "wrongExpiry" },
    invariant: "SignedIsServed",
    length: 4,
    lesson: collectedBeforeExpiry,
  },
  {
    name: "batch-store/late-deletion-of-an-epoch",
    model: "batch-store/restart",
    constants: {},
    design: { delete: "lateUnconditional" },
    invariant: "SignedIsServed",
    length: 9,
    lesson: lateDeletionOfAnEpoch,
  },
  {
    name: "batch-store/late-delete",
    model: "batch-store/late-delete",
    constants: { inMemory: 0, crashes: 0 },
    design: { delete: "lateUnconditional" },
    invariant: "SignedIsServed",
    length: 10,
    lesson: lateDelete,
  },
  {
    name: "batch-store/overtaken-put",
    model: "batch-store/late-delete",
    constants: {},
    design: { put: "blind" },
    invariant: "SignedIsServed",
    length: 11,
    lesson: overtakenPut,
  },
  {
    name: "batch-store/late-timer",
    model: "batch-store/late-delete",
    constants: {},
    design: { timer: "afterEntry" },
    invariant: "CollectorDoesNotPanic",
    length: 12,
    lesson: lateTimer,
  },
  {
    name: "batch-store/repeated-batch-id",
    model: "batch-store/batch-id",
    constants: { processCrashes: 0 },
    design: { batchId: "relaxed" },
    invariant: "NoIdIsSentTwice",
    length: 17,
    lesson: repeatedBatchId,
  },
  {
    name: "batch-store/certified-and-lost",
    model: "batch-store/proof",
    constants: { overlapping: 0, processCrashes: 0, machineCrashes: 2 },
    design: { sync: "relaxed" },
    invariant: "ProofIsKept",
    length: 9,
    lesson: certifiedAndLost,
  },
  {
    name: "batch-store/certified-and-unserved",
    model: "batch-store/proof",
    constants: { overlapping: 0, processCrashes: 2, machineCrashes: 0 },
    design: { restart: "noPopulate" },
    invariant: "ProofIsServed",
    length: 12,
    lesson: certifiedAndUnserved,
  },
];

export const batchStoreCollection: Collection = {
  introduction: `## The batch store

A node of a quorum store caches a batch, writes its row, tells its readers and signs. The traces show where one of these comes
too early, and where a row that was written is lost again. What a design does not name is as it should be; "constants" are those that
differ from the model's.`,
  counterexamples,
  header: ["Model", "Design", "Constants"],
  row: (c) => [c.model, assignmentsText(c.design), assignmentsText(c.constants)],
  conclusions: `Signing after the row of the digest is durable, whoever writes it, repairs the four traces about signatures; fsync or flush alone does
not. The traces about restarts and collection are untouched by any of the document's options.`,
};

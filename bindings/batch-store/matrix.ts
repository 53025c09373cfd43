/**
 * What conformance is asked of the batch store: for each counterexample the defect that reproduces it, and a tour that
 * tells the two engines apart; and the tours of production.
 */
import type { DrivenRow, MatrixTour, ToursDefect } from "../matrix-row.ts";

const notify: MatrixTour = { model: "batch-store/notify", constants: {} };
const duplicates: MatrixTour = { model: "batch-store/duplicate-persist", constants: { processCrashes: 0, machineCrashes: 1 } };
/** So large that it is left to the exhaustive tests, with the tours below. */
export const expiry: MatrixTour = { model: "batch-store/late-delete", constants: { crashes: 0 } };
const timers: MatrixTour = { model: "batch-store/late-delete", constants: { calls: 2, lastTime: 1 } };
const starts: MatrixTour = { model: "batch-store/restart", constants: { epochs: 1, lastTime: 2, crashes: 1 } };
const epochs: MatrixTour = { model: "batch-store/restart", constants: { epochs: 2, lastTime: 2, crashes: 0 } };
const batchIds: MatrixTour = { model: "batch-store/batch-id", constants: { batches: 2, processCrashes: 0, machineCrashes: 1 } };
const inTurn: MatrixTour = { model: "batch-store/proof", constants: { overlapping: 0, processCrashes: 0, machineCrashes: 1 } };
const quota: MatrixTour = { model: "batch-store/quota", constants: { calls: 3 } };

const row = (name: string, defect: string, tour: MatrixTour, caughtAt: string): DrivenRow => ({
  counterexample: `batch-store/${name}`,
  defect,
  tour,
  caughtAt,
});

export const matrix: readonly DrivenRow[] = [
  row("notified-before-durable", "notifiesBeforeDurable", notify, "Put"),
  row("answered-from-the-cache", "answersFromCache", notify, "Recheck"),
  row("answered-from-the-cache", "flushesForDuplicates", notify, "Recheck"),
  row("only-the-notification-waits", "relaxedPuts", notify, "Put"),
  row("duplicate-persist", "signsDuplicatesNow", duplicates, "Insert"),
  row("duplicate-flush", "flushesForDuplicates", duplicates, "Insert"),
  row("duplicate-waits-for-the-put", "duplicatesWaitForThePut", duplicates, "WaitForRow"),
  row("unloaded-in-a-new-epoch", "doesNotPopulate", starts, "Restart"),
  row("collected-before-expiry", "collectsBeforeExpiry", starts, "Restart"),
  row("late-deletion-of-an-epoch", "deletesUnconditionally", epochs, "DeleteListed"),
  row("late-delete", "deletesUnconditionally", expiry, "DeleteRow"),
  row("overtaken-put", "overwritesLaterRows", expiry, "Put"),
  row("late-timer", "setsTimersLate", timers, "Insert"),
  row("repeated-batch-id", "relaxedBatchIds", batchIds, "Start"),
  row("certified-and-lost", "relaxedPuts", inTurn, "Sign"),
  row("certified-and-unserved", "doesNotPopulate", inTurn, "Restart"),
];

/** Defects of which no counterexample is committed. */
export const moreDefects: readonly ToursDefect[] = [
  { defect: "takesThenFrees", tour: quota, caughtAt: "Take" },
  { defect: "freesAsNew", tour: quota, caughtAt: "Remove" },
];

/** Every edge and every forbidden step of these is tried on production: in well under a second each. */
export const shortTours: readonly MatrixTour[] = [
  notify,
  duplicates,
  starts,
  epochs,
  batchIds,
  { model: "batch-store/quota", constants: { calls: 2 } },
];
export const largestTour: MatrixTour = { model: "batch-store/late-delete", constants: { crashes: 2 } };
/** The last ones take minutes. */
export const longTours: readonly MatrixTour[] = [
  timers,
  expiry,
  inTurn,
  quota,
  { model: "batch-store/late-delete", constants: { inMemory: 0, crashes: 0 } },
  { model: "batch-store/restart", constants: { epochs: 2, crashes: 0 } },
  { model: "batch-store/restart", constants: { epochs: 1, lastTime: 4 } },
  { model: "batch-store/batch-id", constants: { processCrashes: 0, machineCrashes: 2 } },
  { model: "batch-store/proof", constants: { processCrashes: 0 } },
  { model: "batch-store/persist", constants: { digests: 1, processCrashes: 0 } },
  largestTour,
];

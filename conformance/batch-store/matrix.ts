/**
 * What conformance is asked of the batch store: for each counterexample the defect that reproduces it, the step at which
 * production and the fixed spec refuse it, and a tour that tells the two engines apart; the tours of production; and what
 * of the specs cannot be driven on the engine.
 */
import type { Constants } from "../../specs/language/schema.ts";

/** A model with other bounds than its own. */
export interface Toured {
  readonly model: string;
  readonly constants: Constants;
}

export interface MatrixRow {
  readonly counterexample: string;
  readonly defect: string;
  /** The state, numbered from 1, that production does not reach. */
  readonly refusedAt: number;
  /** Of the fixed spec: production passes, the defect does not. */
  readonly tour: Toured;
  /** The action of the tour at which the defect shows. */
  readonly caughtAt: string;
}

const notify: Toured = { model: "batch-store/notify", constants: {} };
const duplicates: Toured = { model: "batch-store/duplicate-persist", constants: { processCrashes: 0, machineCrashes: 1 } };
/** So large that it is left to the exhaustive tests, with the tours below. */
export const expiry: Toured = { model: "batch-store/late-delete", constants: { crashes: 0 } };
const timers: Toured = { model: "batch-store/late-delete", constants: { calls: 2, lastTime: 1 } };
const starts: Toured = { model: "batch-store/restart", constants: { epochs: 1, lastTime: 2, crashes: 1 } };
const epochs: Toured = { model: "batch-store/restart", constants: { epochs: 2, lastTime: 2, crashes: 0 } };
const batchIds: Toured = { model: "batch-store/batch-id", constants: { batches: 2, processCrashes: 0, machineCrashes: 1 } };
const inTurn: Toured = { model: "batch-store/proof", constants: { overlapping: 0, processCrashes: 0, machineCrashes: 1 } };

const quota: Toured = { model: "batch-store/quota", constants: { calls: 3 } };

const row = (name: string, defect: string, refusedAt: number, tour: Toured, caughtAt: string): MatrixRow => ({
  counterexample: `batch-store/${name}`,
  defect,
  refusedAt,
  tour,
  caughtAt,
});

export const matrix: readonly MatrixRow[] = [
  row("notified-before-durable", "notifiesBeforeDurable", 3, notify, "Put"),
  row("answered-from-the-cache", "answersFromCache", 4, notify, "Recheck"),
  row("answered-from-the-cache", "flushesForDuplicates", 4, notify, "Recheck"),
  row("only-the-notification-waits", "relaxedPuts", 3, notify, "Put"),
  row("duplicate-persist", "signsDuplicatesNow", 3, duplicates, "Insert"),
  row("duplicate-flush", "flushesForDuplicates", 3, duplicates, "Insert"),
  row("duplicate-waits-for-the-put", "duplicatesWaitForThePut", 5, duplicates, "WaitForRow"),
  row("unloaded-in-a-new-epoch", "doesNotPopulate", 4, starts, "Restart"),
  row("collected-before-expiry", "collectsBeforeExpiry", 4, starts, "Restart"),
  row("late-deletion-of-an-epoch", "deletesUnconditionally", 7, epochs, "DeleteListed"),
  row("late-delete", "deletesUnconditionally", 10, expiry, "DeleteRow"),
  row("overtaken-put", "overwritesLaterRows", 8, expiry, "Put"),
  row("late-timer", "setsTimersLate", 3, timers, "Insert"),
  row("repeated-batch-id", "relaxedBatchIds", 2, batchIds, "Start"),
  row("certified-and-lost", "relaxedPuts", 3, inTurn, "Sign"),
  row("certified-and-unserved", "doesNotPopulate", 6, inTurn, "Restart"),
];

/** Defects of which no counterexample is committed. */
export const seeded: readonly Omit<MatrixRow, "counterexample" | "refusedAt">[] = [
  { defect: "takesThenFrees", tour: quota, caughtAt: "Take" },
  { defect: "freesAsNew", tour: quota, caughtAt: "Remove" },
];

/** Every edge and every forbidden step of these is tried on production: in well under a second each. */
export const shortTours: readonly Toured[] = [
  notify,
  duplicates,
  starts,
  epochs,
  batchIds,
  { model: "batch-store/quota", constants: { calls: 2 } },
];
/** The last ones take minutes. */
export const longTours: readonly Toured[] = [
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
  { model: "batch-store/late-delete", constants: { crashes: 2 } },
];

/** Parts of the specs in which the engine is stricter, or which it does not have. */
export interface NotDriven {
  readonly what: string;
  readonly reason: string;
  /** A tour that shows the difference: where production leaves the spec, and how. */
  readonly shown?: Toured & { readonly action: string; readonly path: string };
}

export const notDriven: readonly NotDriven[] = [
  {
    what: "A process crash while a row is in the page cache (persist, proof)",
    reason:
      "The first sync of a start makes durable what an earlier process left in the page cache, so that Restart does WriteBack as well.",
    shown: { ...notify, constants: { processCrashes: 1, machineCrashes: 0 }, action: "Restart", path: "row.d1" },
  },
  {
    what: "A process crash while the counter is in the page cache (batch-id)",
    reason: "The state row is synced before the counter is written, and the counter of the process before with it.",
    shown: {
      model: "batch-store/batch-id",
      constants: { batches: 1, processCrashes: 1, machineCrashes: 0 },
      action: "Start",
      path: "durable",
    },
  },
  {
    what: "Two puts of different digests between their syncs (persist with two digests)",
    reason: "Writes of one store follow each other, each with its sync; what comes meanwhile is gathered into the next.",
    shown: {
      model: "batch-store/persist",
      constants: { calls: 2, digests: 2, subscribers: 0, processCrashes: 0, machineCrashes: 0 },
      action: "Put",
      path: "row.d1",
    },
  },
  {
    what: "A start in a later epoch (restart)",
    reason: "The engine does not know whether the latest commit ended an epoch: every start lists the rows of earlier epochs.",
    shown: { model: "batch-store/restart", constants: { epochs: 2, lastTime: 2, crashes: 1 }, action: "Restart", path: "deletion" },
  },
  {
    what: "The end of an epoch while the deletion of the one before is under way (restart with three epochs)",
    reason: "Deletions of the engine follow each other, where the spec forgets the former.",
  },
  {
    what: "Rows that became durable after their entry was collected (expiry)",
    reason: "The engine collects them with the next collection, the spec with the next start: the driver takes them off the engine's list.",
  },
  {
    what: "A node that fetches before it does anything else (proof, refetch=beforeWork)",
    reason: "The engine fetches when somebody reads, which is refetch=background.",
  },
  {
    what: "Clusters without a byzantine node (proof)",
    reason: "The author is one of the replicas, and the spec's author never crashes: it is the byzantine node.",
  },
  {
    what: "The order in which entries expire (quota)",
    reason:
      "In the spec any entry may expire at any time, and in the engine the one with the earlier expiry first: the driver tells the collector which entry is garbage.",
  },
];

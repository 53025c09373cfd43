/** What of the batch store's specs cannot be driven on the engine, and why. */
import type { Driven } from "../../conformance/engine-entry.ts";
import type { MatrixTour } from "../matrix-row.ts";

/** Parts of the specs in which the engine is stricter, or which it does not have. */
export interface NotDriven {
  readonly what: string;
  /** Whose tours are the poorer by it. */
  readonly aspects: readonly string[];
  readonly reason: string;
  /** A tour that shows the difference: where production leaves the spec, and how. */
  readonly shown?: MatrixTour & { readonly action: string; readonly path: string };
}

export const notDriven: readonly NotDriven[] = [
  {
    what: "A process crash while a row is in the page cache",
    aspects: ["notify", "duplicate-persist", "persist", "proof"],
    reason:
      "The first sync of a start makes durable what an earlier process left in the page cache, so that Restart does WriteBack as well.",
    shown: {
      model: "batch-store/notify",
      constants: { processCrashes: 1, machineCrashes: 0 },
      action: "Restart",
      path: "row.d1",
    },
  },
  {
    what: "A process crash while the counter is in the page cache",
    aspects: ["batch-id"],
    reason: "The state row is synced before the counter is written, and the counter of the process before with it.",
    shown: {
      model: "batch-store/batch-id",
      constants: { batches: 1, processCrashes: 1, machineCrashes: 0 },
      action: "Start",
      path: "durable",
    },
  },
  {
    what: "Two puts of different digests between their syncs",
    aspects: ["persist"],
    reason: "Writes of one store follow each other, each with its sync; what comes meanwhile is gathered into the next.",
    shown: {
      model: "batch-store/persist",
      constants: { calls: 2, digests: 2, subscribers: 0, processCrashes: 0, machineCrashes: 0 },
      action: "Put",
      path: "row.d1",
    },
  },
  {
    what: "A start in a later epoch",
    aspects: ["restart"],
    reason: "The engine does not know whether the latest commit ended an epoch: every start lists the rows of earlier epochs.",
    shown: { model: "batch-store/restart", constants: { epochs: 2, lastTime: 2, crashes: 1 }, action: "Restart", path: "deletion" },
  },
  {
    what: "The end of an epoch while the deletion of the one before is under way",
    aspects: ["restart"],
    reason: "Deletions of the engine follow each other, where the spec forgets the former.",
  },
  {
    what: "Rows that became durable after their entry was collected (expiry)",
    aspects: [],
    reason: "The engine collects them with the next collection, the spec with the next start: the driver takes them off the engine's list.",
  },
  {
    what: "A node that fetches before it does anything else (proof, refetch=beforeWork)",
    aspects: [],
    reason: "The engine fetches when somebody reads, which is refetch=background.",
  },
  {
    what: "Clusters without a byzantine node (proof)",
    aspects: [],
    reason: "The author is one of the replicas, and the spec's author never crashes: it is the byzantine node.",
  },
  {
    what: "The order in which entries expire (quota)",
    aspects: [],
    reason:
      "In the spec any entry may expire at any time, and in the engine the one with the earlier expiry first: the driver tells the collector which entry is garbage.",
  },
];

/** With these bounds a tour of production passes. */
const bounds: Readonly<Record<string, NonNullable<Driven["constants"]>>> = {
  notify: { processCrashes: 0 },
  "duplicate-persist": { processCrashes: 0 },
  persist: { digests: 1, processCrashes: 0 },
  proof: { processCrashes: 0 },
  "batch-id": { processCrashes: 0 },
  restart: { epochs: 2, crashes: 0 },
};

export const driven: Readonly<Record<string, Driven>> = Object.fromEntries(
  Object.entries(bounds).map(([aspect, constants]) => {
    const leftOut = notDriven.filter(({ aspects }) => aspects.includes(aspect)).map(({ what, reason }) => `${what}: ${reason}`);
    return [`batch-store/${aspect}`, { constants, leftOut: leftOut.join(" ") }];
  }),
);

/** Which engine implements which model. Every system registers its engine with one line. */
import { engineNamed } from "../conformance/engine-entry.ts";
import type { EngineEntry } from "../conformance/engine-entry.ts";

/**
 * The name of a model, or the first part of it (its system) -> its engine. The longer name decides. A module is loaded
 * when a command needs it, and exports its entry as `engine`.
 */
export const engines: Readonly<Record<string, () => Promise<EngineEntry>>> = {
  "transactional-store/snapshot-reads": async () => (await import("./transactional-store/commit/engines.ts")).snapshotReads,
  "transactional-store/serialisability": async () => (await import("./transactional-store/commit/engines.ts")).transactions,
  "transactional-store/cross-branch": async () => (await import("./transactional-store/commit/engines.ts")).transactions,
  "transactional-store/garbage-collection": async () => (await import("./transactional-store/commit/engines.ts")).garbageCollection,
  "transactional-store/locks": async () => (await import("./transactional-store/commit/engines.ts")).locks,
  "transactional-store/vector-insert": async () => (await import("./transactional-store/commit/engines.ts")).vectors,
  "transactional-store/versions": async () => (await import("./transactional-store/commit/engines.ts")).versions,
  "snapshot-restore": async () => (await import("./snapshot-restore/engine.ts")).parallelEngine,
  "snapshot-restore/modes": async () => (await import("./snapshot-restore/engine.ts")).modesEngine,
  "snapshot-restore/torn-writes": async () => (await import("./snapshot-restore/engine.ts")).tornWritesEngine,
  "batch-store": async () => (await import("./batch-store/engine.ts")).engine,
  "viewstamped-replication": async () => (await import("./viewstamped-replication/engine.ts")).engine,
  "transactional-store/durability": async () => (await import("./transactional-store/recovery/engines.ts")).durabilityEngine,
  "transactional-store/torn-tail": async () => (await import("./transactional-store/recovery/engines.ts")).tornTailEngine,
  "transactional-store/recovery": async () => (await import("./transactional-store/recovery/engines.ts")).replayEngine,
  "transactional-store/checkpoint": async () => (await import("./transactional-store/recovery/engines.ts")).checkpointEngine,
};
export const registeredEngines: readonly string[] = Object.keys(engines);

/** Throws LockstepError "usage" for a model that no engine of this repository implements. */
export const engineEntry = (model: string): Promise<EngineEntry> => engineNamed(engines, model);

/** Every model, and how a name finds one. */
import { batchStoreModels } from "./batch-store.ts";
import { classics } from "./classics.ts";
import type { Model } from "../explorer/model.ts";
import { namedModel } from "../explorer/named-model.ts";
import { replicaRejoinModel } from "./replica-rejoin.ts";
import { replicaSnapshotsModel } from "./replica-snapshots.ts";
import { snapshotRestoreModels } from "./snapshot-restore.ts";
import { viewstampedReplicationModel } from "./viewstamped-replication.ts";
import { transactionalStoreCommit } from "./transactional-store-commit.ts";
import { transactionalStoreRecovery } from "./transactional-store-recovery.ts";

export const models: readonly Model[] = [
  viewstampedReplicationModel,
  replicaSnapshotsModel,
  replicaRejoinModel,
  ...snapshotRestoreModels,
  ...batchStoreModels,
  ...transactionalStoreCommit,
  ...transactionalStoreRecovery,
  ...classics,
];

/** Throws LockstepError "load" for a name that no model has; the message lists the names, and a likely one first. */
export const findModel = (name: string): Model => namedModel(models, name);

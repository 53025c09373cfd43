/** Each defect as the classes that have it, in place of those of production. */
import type { Restore, RestoreOptions } from "../../../engine/snapshot-restore/restore.ts";
import { RestoreDriver } from "../../../engine/snapshot-restore/restore-driver.ts";
import type { RestoreEngine } from "../../snapshot-restore/restore-process.ts";
import { Audited, CommitsTogether, ComparesProgress, WaitsBeforeKv } from "./audited.ts";
import {
  AcknowledgedEarly,
  CheckedByTreeOnly,
  ProgressFirst,
  ResumeAtOther,
  RootFirst,
  ShardsBackward,
  TreeWritesKvProgress,
} from "./beyond-the-designs.ts";
import { ResumeInAnyMode } from "./resume-in-any-mode.ts";
import { RetryOnTheSameObject, Reusable, ReusableAudited } from "./same-object.ts";
import { KvBeforeProof, UncheckedOverlap } from "./unverified.ts";

const reopening = (of: new (options: RestoreOptions) => Restore): RestoreEngine => ({
  newRestore: (options) => new of(options),
  newDriver: (options) => new RestoreDriver(options),
});
const sameObject = (of: new (options: RestoreOptions) => Restore): RestoreEngine => ({
  newRestore: (options) => new of(options),
  newDriver: (options) => new RetryOnTheSameObject(options),
});

export const audited = reopening(Audited);
export const option1 = reopening(WaitsBeforeKv);
export const option2 = reopening(CommitsTogether);
export const option3 = reopening(ComparesProgress);
export const kvBeforeProof = reopening(KvBeforeProof);
export const uncheckedOverlap = reopening(UncheckedOverlap);
export const retryOnTheSameObject = sameObject(Reusable);
export const auditedOnTheSameObject = sameObject(ReusableAudited);
export const resumeInAnyMode = reopening(ResumeInAnyMode);

export const resumeAtOther = reopening(ResumeAtOther);
export const rootFirst = reopening(RootFirst);
export const acknowledgedEarly = reopening(AcknowledgedEarly);
export const progressFirst = reopening(ProgressFirst);
export const shardsBackward = reopening(ShardsBackward);
export const checkedByTreeOnly = reopening(CheckedByTreeOnly);
export const treeWritesKvProgress = reopening(TreeWritesKvProgress);

/** What a replica that has restored a peer's snapshot may tell the peers of its view: with three replicas anything, with five not. */
import { replicaSnapshots } from "../specs/replica-snapshots/spec.ts";
import type { Model } from "../explorer/model.ts";

const holds = { verdict: "holds" } as const;
const violated = (property: string, length: number) => ({
  invariants: [property],
  expected: { verdict: "violated", property, length } as const,
});
const five = { replicas: 5 } as const;
const twice = { replicas: 3, snapshots: 2 } as const;

export const replicaSnapshotsModel: Model = {
  name: "replica-snapshots",
  system: "replica-snapshots",
  title: "Viewstamped Replication: a snapshot that may be of a later view",
  spec: replicaSnapshots,
  constants: { replicas: 3, values: 2, views: 2, snapshots: 1 },
  allowDeadlock: true,
  expected: holds,
  variants: [
    { label: "as it should be, two snapshots", constants: { ...twice, views: 3 }, design: {}, expected: holds, isLarge: true },
    { label: "as it should be, five replicas", constants: five, design: {}, expected: holds, isLarge: true },
    { label: "the snapshot is told as the view's, three replicas", design: { commitNumber: "ofTheSnapshot" }, expected: holds },
    {
      label: "the snapshot is told as the view's, five replicas",
      constants: five,
      design: { commitNumber: "ofTheSnapshot" },
      ...violated("NoLogDivergence", 13),
      isLarge: true,
    },
    { label: "a snapshot of ops that are not committed", design: { source: "prepared" }, ...violated("CommittedOpsExistOnMajority", 7) },
    {
      label: "a snapshot that is older than the own state",
      constants: twice,
      design: { older: "installed" },
      ...violated("CommitNumberNeverHigherThanOpNumber", 8),
    },
    {
      label: "an older one behind a newer one",
      constants: twice,
      design: { older: "installed" },
      ...violated("NoHoleBehindSnapshot", 8),
    },
  ],
};

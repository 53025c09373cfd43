import type { Model } from "./model.ts";
import { parallelRestore } from "../specs/snapshot-restore/parallel-restore.ts";

export const snapshotRestoreModels: readonly Model[] = [
  {
    name: "snapshot-restore/parallel",
    system: "snapshot-restore",
    title: "The parallel restore of a snapshot",
    spec: parallelRestore,
    expected: { verdict: "holds" },
  },
];

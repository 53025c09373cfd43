/** The rows, the other defects and the largest tours of all systems. */
import * as batchStore from "../bindings/batch-store/matrix.ts";
import type { MatrixRow, MatrixTour, ToursDefect } from "../bindings/matrix-row.ts";
import * as snapshotRestore from "../bindings/snapshot-restore/matrix.ts";
import * as commits from "../bindings/transactional-store/commit/matrix.ts";
import * as recovery from "../bindings/transactional-store/recovery/matrix.ts";
import * as viewstampedReplication from "../bindings/viewstamped-replication/matrix.ts";

export const matrixRows: readonly MatrixRow[] = [viewstampedReplication, snapshotRestore, batchStore, commits, recovery].flatMap(
  ({ matrix }): readonly MatrixRow[] => matrix,
);

/** Defects that no committed counterexample shows. */
export const moreDefects: readonly ToursDefect[] = [snapshotRestore, batchStore, commits].flatMap((system) => system.moreDefects);

/** One of each system, with more than 10,000 edges: too long to tell defects apart, but not to pass. */
export const largestTours: readonly MatrixTour[] = [
  viewstampedReplication.largestTour,
  snapshotRestore.largestTour,
  batchStore.largestTour,
  commits.largestTour,
];

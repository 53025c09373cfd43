/** The rows of all systems. */
import { matrix as batchStore } from "../batch-store/matrix.ts";
import type { MatrixRow } from "../matrix.ts";
import { matrix as snapshotRestore } from "../snapshot-restore/matrix.ts";
import { matrix as commits } from "../transactional-store/commit/matrix.ts";
import { rows as recovery } from "../transactional-store/recovery/matrix.ts";
import { matrix as viewstampedReplication } from "../viewstamped-replication/matrix.ts";

export const matrixRows: readonly MatrixRow[] = [viewstampedReplication, snapshotRestore, batchStore, commits, recovery].flat();

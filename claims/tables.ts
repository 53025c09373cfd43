/** The claims tables of all systems. */
import { batchStoreClaims } from "./batch-store.ts";
import type { ClaimsTable } from "./claim.ts";
import { snapshotRestoreClaims } from "./snapshot-restore.ts";
import { transactionalStoreClaims } from "./transactional-store.ts";

export const tables: readonly ClaimsTable[] = [snapshotRestoreClaims, batchStoreClaims, transactionalStoreClaims];

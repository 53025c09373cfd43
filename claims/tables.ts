/** The claims tables of all systems. */
import type { ClaimsTable } from "./claim.ts";
import { snapshotRestoreClaims } from "./snapshot-restore.ts";

export const tables: readonly ClaimsTable[] = [snapshotRestoreClaims];

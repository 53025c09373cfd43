/** The claims table of the transactional store. */
import type { ClaimsTable } from "./claim.ts";
import { recoveryClaims } from "./transactional-store-recovery.ts";

export const transactionalStoreClaims: ClaimsTable = {
  system: "transactional-store",
  document: "the concurrency audit of the transactional store (branches, OCC, MVCC, WAL, recovery, vectors)",
  claims: [...recoveryClaims],
};

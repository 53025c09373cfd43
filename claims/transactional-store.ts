/** The claims of the transactional store's audit. */
import type { ClaimsTable } from "./claim.ts";
import { commitClaims } from "./transactional-store-commit.ts";
import { recoveryClaims } from "./transactional-store-recovery.ts";

export const transactionalStoreClaims: ClaimsTable = {
  system: "transactional-store",
  document: "the concurrency audit of the transactional store (branches, OCC, MVCC, WAL, recovery, vectors)",
  claims: [...commitClaims, ...recoveryClaims],
};

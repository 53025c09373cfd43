/** The claims of the transactional store's audit. */
import type { ClaimsTable } from "./claim.ts";
import { commitClaims } from "./transactional-store-commit.ts";

export const transactionalStoreClaims: ClaimsTable = {
  system: "transactional-store",
  document: "the concurrency and durability audit of the transactional store (`transactional-store-audit.md`)",
  claims: [...commitClaims],
};

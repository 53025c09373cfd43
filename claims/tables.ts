/** The claims tables of all systems. */
import type { ClaimsTable } from "./claim.ts";
import { transactionalStoreClaims } from "./transactional-store.ts";

export const tables: readonly ClaimsTable[] = [transactionalStoreClaims];

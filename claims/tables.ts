/** The claims tables of all systems. */
import type { ClaimsTable } from "./claim.ts";

export const tables: readonly ClaimsTable[] = [];

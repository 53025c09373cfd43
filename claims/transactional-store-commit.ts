import type { Claim } from "./claim.ts";
export const commitClaims: readonly Claim[] = [];

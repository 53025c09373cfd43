import { expect, it } from "vitest";
import { checkSpecs } from "./compare/check-specs.ts";

it("the search says what the oracle says of 500 random specs", async () => {
  const seed = Number(process.env["LOCKSTEP_SEED"] ?? Date.now() % 2 ** 31);
  await expect(checkSpecs({ specs: 500, seed })).resolves.toBeUndefined();
});

import { expect, it } from "vitest";
import { checkSpecs } from "./compare/check-specs.ts";

const seed = Number(process.env["LOCKSTEP_SEED"] ?? Date.now() % 2 ** 31);

it(`the search says what the oracle says of 400 random specs, from seed ${String(seed)}`, async () => {
  await expect(checkSpecs({ specs: 400, seed })).resolves.toBeUndefined();
}, 120_000);

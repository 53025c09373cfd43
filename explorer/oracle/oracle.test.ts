import { expect, it } from "vitest";
import { checkSpecs } from "./compare/check-specs.ts";
import { wayAndOpposite } from "./compare/way.ts";

const specs = 500;
const seed = Number(process.env["LOCKSTEP_SEED"] ?? Date.now() % 2 ** 31);

it(`the search says what the oracle says of ${String(specs)} random specs, from seed ${String(seed)}`, async () => {
  await expect(checkSpecs({ specs, seed, threads: 25, enoughStates: 12, ways: wayAndOpposite })).resolves.toBeUndefined();
}, 240_000);

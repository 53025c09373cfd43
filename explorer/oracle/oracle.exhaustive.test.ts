import { expect, it } from "vitest";
import { checkSpecs } from "./compare/check-specs.ts";

const specs = Number(process.env["LOCKSTEP_SPECS"] ?? 50_000);
const seed = Number(process.env["LOCKSTEP_SEED"] ?? Date.now() % 2 ** 31);

it(
  `the search says what the oracle says of ${String(specs)} random specs, from seed ${String(seed)}`,
  async () => {
    // In parts, each with a seed of its own, so that a failure is found again soon.
    const part = 1000;
    for (let done = 0; done < specs; done += part)
      await expect(checkSpecs({ specs: Math.min(part, specs - done), seed: seed + done })).resolves.toBeUndefined();
  },
  24 * 3_600_000,
);

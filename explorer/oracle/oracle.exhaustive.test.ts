import { expect, it } from "vitest";
import { checkSpecs } from "./compare/check-specs.ts";
import { everyWay, wayAndOpposite } from "./compare/way.ts";

const specs = Number(process.env["LOCKSTEP_SPECS"] ?? 50_000);
const seed = Number(process.env["LOCKSTEP_SEED"] ?? Date.now() % 2 ** 31);
/** In parts, each with a seed of its own, so that a failure is found again soon. */
const PART = 500;

const progress = (done: number, startMs: number): string => {
  const seconds = Math.round((Date.now() - startMs) / 1000);
  return `oracle: ${String(done)} of ${String(specs)} random specs agree after ${String(seconds)} s, seed ${String(seed)}\n`;
};

it(
  `the search says what the oracle says of ${String(specs)} random specs, from seed ${String(seed)}`,
  async () => {
    const startMs = Date.now();
    for (let done = 0; done < specs; done += PART) {
      // Most specs are small, so that there can be many; some are large enough for tables to grow and threads to meet.
      const part = done / PART;
      const enoughStates = part % 20 === 19 ? 400 : 20;
      const ways = part % 5 === 0 ? everyWay : wayAndOpposite;
      const amount = { specs: Math.min(PART, specs - done), seed: seed + done, threads: 20, enoughStates, ways };
      await expect(checkSpecs(amount)).resolves.toBeUndefined();
      process.stderr.write(progress(done + amount.specs, startMs));
    }
  },
  24 * 3_600_000,
);

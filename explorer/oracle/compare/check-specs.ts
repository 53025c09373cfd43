/** Runs the search and the oracle on many random specs. */
import fc from "fast-check";
import type { Threads } from "../../search/index.ts";
import { arbitrarySpec } from "../generate/arbitrary-spec.ts";
import { Malformed } from "../syntax/expressions.ts";
import { disagreements } from "./agreement.ts";
import { arbitraryWay } from "./way.ts";

export interface Amount {
  readonly specs: number;
  readonly seed: number;
}

/**
 * Throws for a spec on which the two disagree, shrunk, with its text, the way of searching and the seed of fast-check.
 * Each spec is searched in one way, which is drawn as well. `workers`: how many threads to draw from.
 */
export const checkSpecs = async (amount: Amount, workers: readonly number[] = [1], threads?: (text: string) => Threads): Promise<void> => {
  const agree = fc.asyncProperty(arbitrarySpec(), arbitraryWay(workers), async (spec, way) => {
    const found = await disagreements(spec, way, threads).catch((error: unknown) => {
      // Shrinking tries what is no spec, because it names what it lacks.
      fc.pre(!(error instanceof Malformed));
      throw error;
    });
    if (found.length > 0) throw new Error(found.join("\n"));
  });
  await fc.assert(agree, { numRuns: amount.specs, seed: amount.seed, maxSkipsPerRun: 0 });
};

/** Runs the search and the oracle on many random specs. */
import fc from "fast-check";
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
 * Each spec is searched in one way, which is drawn as well.
 */
export const checkSpecs = async (amount: Amount): Promise<void> => {
  const agree = fc.asyncProperty(arbitrarySpec(), arbitraryWay(), async (spec, way) => {
    const found = await disagreements(spec, way).catch((error: unknown) => {
      // Shrinking tries what is no spec, because it names what it lacks.
      fc.pre(!(error instanceof Malformed));
      throw error;
    });
    if (found.length > 0) throw new Error(found.join("\n"));
  });
  await fc.assert(agree, { numRuns: amount.specs, seed: amount.seed, maxSkipsPerRun: 0 });
};

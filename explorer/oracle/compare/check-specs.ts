/** Runs the search and the oracle on many random specs. */
import fc from "fast-check";
import { arbitrarySpec } from "../generate/arbitrary-spec.ts";
import { Malformed } from "../syntax/expressions.ts";
import type { SpecSyntax } from "../syntax/spec.ts";
import { disagreements } from "./agreement.ts";
import { arbitraryWay } from "./way.ts";
import type { Way } from "./way.ts";

export interface Amount {
  readonly specs: number;
  readonly seed: number;
  /** One spec in so many is searched by several threads. */
  readonly threads: number;
  /** No level is expanded once so many states are known. */
  readonly enoughStates: number;
  /** The ways in which a spec is searched, made of a random one. */
  readonly ways: (spec: SpecSyntax, drawn: Way) => readonly Way[];
}

/** Throws for a spec on which the two disagree, shrunk, with its text, the way of searching and the seed of fast-check. */
export const checkSpecs = async ({ specs, seed, threads, enoughStates, ways }: Amount): Promise<void> => {
  const agree = fc.asyncProperty(arbitrarySpec(), arbitraryWay(threads), async (spec, way) => {
    const found = await disagreements(spec, ways(spec, way), enoughStates).catch((error: unknown) => {
      // Shrinking tries what is no spec, because it names what it lacks.
      fc.pre(!(error instanceof Malformed));
      throw error;
    });
    if (found.length > 0) throw new Error(found.join("\n"));
  });
  await fc.assert(agree, { numRuns: specs, seed, maxSkipsPerRun: 0 });
};

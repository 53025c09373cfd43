/** The ways in which the search can be run on a random spec. */
import fc from "fast-check";
import type { SearchOptions } from "../../search/index.ts";

export interface Way {
  readonly memoise: boolean;
  readonly symmetry: boolean;
  readonly reductions: boolean;
  /** Or the search ends with the first violation. */
  readonly all: boolean;
}

/** Tables that grow all the time, and layouts made before much was seen. */
const tiny: SearchOptions["tuning"] = { firstSlots: 16, warmUpStates: 4, batch: 2, chunk: 2, portion: 1, sharedLevel: 1, sharedRebuild: 1 };

export const searchOptions = (way: Way): SearchOptions => ({
  symmetry: way.symmetry,
  reductions: way.reductions,
  continueAfterViolation: way.all,
  tuning: tiny,
  // Enough for every random spec, and little address space.
  memoryBytes: 8e6,
});

/** Shrinks to the plainest way. */
export const arbitraryWay = (): fc.Arbitrary<Way> =>
  fc.record({
    memoise: fc.boolean(),
    symmetry: fc.boolean(),
    reductions: fc.boolean(),
    all: fc.boolean(),
  });

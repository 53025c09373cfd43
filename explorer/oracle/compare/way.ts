/** The ways in which the search can be run on a random spec. */
import fc from "fast-check";
import type { SearchOptions } from "../../search/index.ts";
import type { SpecSyntax } from "../syntax/spec.ts";

export interface Way {
  readonly memoise: boolean;
  readonly symmetry: boolean;
  readonly reductions: boolean;
  /** Or the search ends with the first violation. */
  readonly all: boolean;
  readonly workers: number;
  /** Followers can work before the first level is opened. */
  readonly ready: boolean;
  readonly tuning: keyof typeof tunings;
  /** How states are held: as clusters, as packed words wherever that can be, or as the search chooses. */
  readonly path: "lists" | "packed" | "chosen";
}

/** Levels are shared from the first state on. */
const shared = { portion: 1, sharedLevel: 0, sharedRebuild: 1 };
const tunings = {
  /** Tables that grow all the time, and layouts made before much was seen. */
  tiny: { firstSlots: 16, warmUpStates: 4, batch: 2, chunk: 2, ...shared },
  /** States are laid out as if nothing were known of them, and wait in large batches. */
  blind: { firstSlots: 16, warmUpStates: 0, batch: 64, chunk: 16, ...shared },
  /** States are laid out after the warm-up has seen nearly all. (Of tables of one size the next search takes over the memory.) */
  seen: { firstSlots: 16, warmUpStates: 300, batch: 8, chunk: 4, ...shared },
} as const;

export const searchOptions = (way: Way): SearchOptions => ({
  symmetry: way.symmetry,
  reductions: way.reductions,
  continueAfterViolation: way.all,
  workers: way.workers,
  tuning: { ...tunings[way.tuning], path: way.path === "chosen" ? undefined : way.path },
  // Enough for every random spec, and little address space.
  memoryBytes: 8e6,
});

/** One in `threads` has followers. Shrinks to the plainest way. */
export const arbitraryWay = (threads: number): fc.Arbitrary<Way> =>
  fc.record({
    memoise: fc.boolean(),
    symmetry: fc.boolean(),
    reductions: fc.boolean(),
    all: fc.boolean(),
    workers: fc.oneof(
      { withCrossShrink: true },
      { weight: 2 * (threads - 1), arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.constant(2) },
      { weight: 1, arbitrary: fc.constant(4) },
    ),
    ready: fc.boolean(),
    tuning: fc.constantFrom("tiny", "blind", "seen"),
    path: fc.constantFrom("lists", "packed", "packed", "chosen"),
  });

const other = (path: Way["path"]): Way["path"] => (path === "lists" ? "packed" : "lists");

/** This way, and for one in three one that differs in all that makes a difference, in one thread; the path too. */
export const wayAndOpposite = (_: SpecSyntax, way: Way): readonly Way[] => {
  const opposite = {
    ...way,
    memoise: !way.memoise,
    symmetry: !way.symmetry,
    reductions: !way.reductions,
    all: !way.all,
    workers: 1,
    path: other(way.path),
  };
  return way.tuning === "blind" ? [way, opposite] : [way];
};

/**
 * With remembering, with and without symmetry, for one in two without remembering, and each time with or without reductions:
 * in one thread, after this way itself if it has several. Where clusters are not needed, on both paths.
 */
export const everyWay = (spec: SpecSyntax, way: Way): readonly Way[] => {
  const symmetries = spec.sets.some((s) => s.symmetric) ? [true, false] : [false];
  const names = Object.keys(tunings) as (keyof typeof tunings)[]; // its own keys
  const remembering = symmetries.map((symmetry, i): Way => {
    const reductions = spec.reductions.length > 0 && symmetry === way.reductions;
    const tuning = names[(names.indexOf(way.tuning) + i) % names.length] ?? way.tuning;
    return { ...way, memoise: true, symmetry, reductions, tuning, all: symmetry === way.all, workers: 1 };
  });
  const paths = remembering.flatMap((w) => (w.symmetry || w.reductions ? [w] : [w, { ...w, path: other(w.path) }]));
  return [...(way.workers > 1 ? [way] : []), ...paths, ...(way.memoise ? [] : [{ ...way, workers: 1 }])];
};

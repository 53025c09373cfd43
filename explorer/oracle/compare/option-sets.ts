/** The ways in which the search is run on every random spec. To try another way, add a line. */
import type { SearchOptions } from "../../search/index.ts";

export interface OptionSet {
  readonly label: string;
  readonly memoise: boolean;
  readonly options: SearchOptions;
}

/** Enough for every random spec, and little address space. */
const memoryBytes = 32e6;
const way = (label: string, memoise: boolean, options: SearchOptions): OptionSet => ({
  label,
  memoise,
  options: { memoryBytes, symmetry: false, reductions: false, ...options },
});

export const ONE_THREAD: readonly OptionSet[] = [
  way("plain", true, {}),
  way("without memo", false, {}),
  way("with symmetry", true, { symmetry: true }),
  way("with symmetry, without memo", false, { symmetry: true }),
  way("with reductions", true, { reductions: true }),
  way("with symmetry and reductions, without memo", false, { symmetry: true, reductions: true }),
];
export const SEVERAL_THREADS: readonly OptionSet[] = [
  way("two threads", true, { workers: 2 }),
  way("four threads with symmetry", true, { symmetry: true, workers: 4 }),
  way("two threads with symmetry, without memo", false, { symmetry: true, workers: 2 }),
];

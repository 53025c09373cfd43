/**
 * Sizes that decide speed and never results. Tests make them tiny, so that everything that is rare in a search happens all
 * the time: tables that grow while others fill them, levels of a few states shared by all threads.
 */
import type { Path } from "./path.ts";

export interface Tuning {
  /** What large tables start with: as long as they are sparse, most of it is untouched and takes no memory. */
  readonly firstSlots: number;
  /** States that are looked at before the search, to lay states out. */
  readonly warmUpStates: number;
  /** Successors that wait to be inserted together. */
  readonly batch: number;
  /** States that are taken apart together. */
  readonly chunk: number;
  /** States that a thread takes at a time. */
  readonly portion: number;
  /** Smaller levels are expanded by the leader alone. */
  readonly sharedLevel: number;
  /** Tables with fewer ids are rebuilt by the leader alone. */
  readonly sharedRebuild: number;
  /** The path to take where it can be taken; undefined: what is likely to be fast. */
  readonly path: Path | undefined;
}

const usual: Tuning = {
  firstSlots: 1 << 16,
  warmUpStates: 300,
  batch: 1024,
  chunk: 64,
  portion: 128,
  sharedLevel: 2_048,
  sharedRebuild: 10_000,
  path: undefined,
};

export const tuned = (given: Partial<Tuning> = {}): Tuning => ({ ...usual, ...given });

/** Exact breadth-first search for the shortest violation. */
import type { SpecInstance } from "../../specs/language/instantiate.ts";
import type { SearchOptions, SearchResult } from "./contract.ts";
import { outcome, unfinished } from "./result/outcome.ts";
import { Leader } from "./threads/leader.ts";
import type { Threads } from "./threads/leader.ts";

/** What a leader that has come to its end tells. */
export const resultOf = (leader: Leader): SearchResult => {
  if (leader.hasBegun) return outcome(leader);
  return unfinished(leader.instance, leader.options, leader.control, leader.bound, leader.elapsedMs);
};

/**
 * Searches every reachable state, breadth-first and exactly, up to the given bounds.
 * `threads` provides followers for `workers` > 1; without it the search runs in this thread only.
 * `memoise: false` runs user code for every state: a baseline for measurements.
 * Throws LockstepError for unknown names and SpecError when the spec misbehaves.
 */
export const search = async (
  instance: SpecInstance,
  options: SearchOptions = {},
  threads?: Threads,
  memoise = true,
): Promise<SearchResult> => new Leader(instance, options, threads, memoise).run(resultOf);

/** Exact breadth-first search for the shortest violation. See `result.ts` for what it takes and gives. */
export { search } from "./search.ts";
export type { SearchOptions, SearchResult, Violation, Progress, Bound, ActionCount } from "./result.ts";
export type { Threads } from "./search.ts";
export { follow } from "./follower.ts";
export type { FollowerPlan } from "./follower.ts";

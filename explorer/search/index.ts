/** Exact breadth-first search for the shortest violation. See `result.ts` for what it takes and gives. */
export { search } from "./threads/leader.ts";
export type { SearchOptions, SearchResult, Violation, Progress, Bound, ActionCount } from "./result/result.ts";
export type { Threads } from "./threads/leader.ts";
export { follow } from "./threads/follower.ts";
export type { FollowerPlan } from "./threads/follower.ts";
export type { ControlMemory } from "./threads/control.ts";

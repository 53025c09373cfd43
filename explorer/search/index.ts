/** Exact breadth-first search for the shortest violation. See `contract.ts` for what it takes and gives. */
export { search } from "./search.ts";
export type { SearchOptions, SearchResult, Violation, Progress, Bound, ActionCount } from "./contract.ts";
export type { Threads } from "./threads/leader.ts";
export { follow } from "./threads/follower.ts";
export type { FollowerPlan } from "./threads/follower.ts";
export { Control } from "./threads/control.ts";
export { controlFor } from "./threads/control-memory.ts";
export type { ControlMemory } from "./threads/control-memory.ts";
export { SpecFault } from "./result/spec-fault.ts";

/** The interpreter: one step at a time, slow and clear. */
export { attempt } from "./attempt.ts";
export { canonicalState, sameState, stateText } from "./canonical.ts";
export { explain } from "./explain.ts";
export type { Explanation } from "./explain.ts";
export { judge } from "./judge.ts";
export type { Claims } from "./judge.ts";
export { replay, replaySteps } from "./replay.ts";
export type { ReplayResult } from "./replay.ts";
export { simulate } from "./simulate.ts";
export type { SimulateOptions, SimulateResult } from "./simulate.ts";
export { enabled, holds, initialStates, step, successors } from "./step.ts";
export type { Arguments, Binding, EvaluationOptions, Successor } from "./step.ts";

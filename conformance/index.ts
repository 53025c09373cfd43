/** What a project needs to hold its own engine to a spec. */
export { HarnessError } from "./driver.ts";
export type { Arguments, Driver, DriverFactory, Observation, Setup, StepResult } from "./driver.ts";
export { replayOn } from "./replay.ts";
export type { ReplayReport, Verdict } from "./replay.ts";
export { toConform } from "./to-conform.ts";
export type { Conformance, MatcherResult } from "./to-conform.ts";
export { tourOn } from "./tour.ts";
export type { TourOptions, TourReport } from "./tour.ts";

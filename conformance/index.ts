/** What a project needs to hold its own engine to a spec. */
export { AdapterDriver } from "./adapter/adapter-driver.ts";
export type { ClusterMapping, NodeView, SentMessage, Stimulus, World } from "./adapter/cluster-mapping.ts";
export { NodesDriver } from "./adapter/nodes-driver.ts";
export { HarnessError } from "./driver.ts";
export type { Arguments, Driver, DriverFactory, Observation, Setup, StepResult } from "./driver.ts";
export { replayOn } from "./replay.ts";
export type { ReplayReport, Verdict } from "./replay.ts";
export { toConform } from "./to-conform.ts";
export type { Conformance, MatcherResult } from "./to-conform.ts";
export { tourOn } from "./tour.ts";
export type { TourOptions, TourReport } from "./tour.ts";

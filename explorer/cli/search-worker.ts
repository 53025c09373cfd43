/** The program of a worker thread: follows the leader of a search of this spec. */
import { workerData } from "node:worker_threads";
import { instantiate } from "../../specs/language/instantiate.ts";
import type { Spec } from "../../specs/language/system.ts";
import { follow } from "../search/index.ts";
import type { WorkerOrder } from "./run-search.ts";

export const work = (spec: Spec): void => {
  const { constants, design, plan } = workerData as WorkerOrder; // made by `nodeThreads`
  follow(instantiate(spec, { constants, design }), plan);
};

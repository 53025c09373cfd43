/** The thread that `nodeThreads` starts: finds the spec again and follows the leader. */
import { workerData } from "node:worker_threads";
import { instantiate } from "../../specs/language/instantiate.ts";
import { findModel } from "../../models/index.ts";
import { follow } from "../search/index.ts";
import type { WorkerOrder } from "./run-search.ts";
import { loadSpec } from "./spec-file.ts";

const { origin, constants, design, plan } = workerData as WorkerOrder; // made by `nodeThreads`
const spec = origin.kind === "model" ? findModel(origin.name).spec : await loadSpec(origin.path);
follow(instantiate(spec, { constants, design }), plan);

// The program of a thread that searches: it loads what the main thread loads, so that a spec is the same in all.
import { workerData } from "node:worker_threads";
import { loadTypeScript } from "../bundle/bundle.js";
import { lockstep } from "./lockstep-parts.js";

const load = await lockstep();
await load("search-thread");
// What the coming order will ask for. What fails here fails again, and is reported, when it is asked for.
const { projectOf } = await load("project");
await (workerData.models ? projectOf().catch(() => undefined) : loadTypeScript());

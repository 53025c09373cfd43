// The program of a thread that searches: the same TypeScript loader as in the main thread, so that a spec loads alike in all.
import { workerData } from "node:worker_threads";
import { register } from "tsx/esm/api";

register();
await Promise.all([import("./search-thread.ts"), workerData.models ? import("../../models/index.ts") : undefined]);

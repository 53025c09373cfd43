/** Starts a search for a command: with followers in worker threads, where more than one worker is asked for. */
import { Worker } from "node:worker_threads";
import type { Design, SpecInstance } from "../../specs/language/instantiate.ts";
import type { Constants } from "../../specs/language/schema.ts";
import { messageOf } from "../../specs/language/errors.ts";
import { search } from "../search/index.ts";
import type { FollowerPlan, Threads } from "../search/index.ts";
import type { SearchOptions, SearchResult } from "../search/result.ts";

/** Where other threads find the spec again, because functions cannot be sent to them. */
export type SpecOrigin = { readonly kind: "model"; readonly name: string } | { readonly kind: "file"; readonly path: string };

export interface SearchRequest {
  readonly origin: SpecOrigin;
  readonly instance: SpecInstance;
  readonly options: SearchOptions;
}

/** What a worker thread is started with. */
export interface WorkerOrder {
  readonly origin: SpecOrigin;
  readonly constants: Constants;
  readonly design: Design;
  readonly plan: FollowerPlan;
}

const nodeThreads = (origin: SpecOrigin, { constants, design }: SpecInstance): Threads => ({
  start: (plan, onFailure) => {
    const order: WorkerOrder = { origin, constants, design, plan };
    const worker = new Worker(new URL("./search-worker.js", import.meta.url), { workerData: order });
    worker.on("error", (error) => onFailure(`a worker thread failed: ${messageOf(error)}`));
    return { stop: () => void worker.terminate() };
  },
});

export const runSearch = ({ origin, instance, options }: SearchRequest): Promise<SearchResult> =>
  search(instance, options, (options.workers ?? 1) > 1 ? nodeThreads(origin, instance) : undefined);

/** Starts a search for a command: with followers in worker threads, where more than one worker is asked for. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Design, SpecInstance } from "../../specs/language/instantiate.ts";
import type { Constants } from "../../specs/language/schema.ts";
import { messageOf } from "../../specs/language/errors.ts";
import { search } from "../search/index.ts";
import type { FollowerPlan, Threads } from "../search/index.ts";
import type { SearchOptions, SearchResult } from "../search/result/result.ts";

/** Where other threads find the spec again, because functions cannot be sent to them. */
export type SpecOrigin = { readonly kind: "model"; readonly name: string } | { readonly kind: "file"; readonly path: string };

export interface SearchRequest {
  readonly origin: SpecOrigin;
  readonly instance: SpecInstance;
  readonly options: SearchOptions;
}

/** What a worker thread is started with. */
export interface WorkerOrder {
  readonly constants: Constants;
  readonly design: Design;
  readonly plan: FollowerPlan;
}

const here = new URL(".", import.meta.url);
const bundles = new Map<string, URL>();

/**
 * The worker's program with the spec in it, as one module. It is made before the search reserves its memory: starting
 * another process (a TypeScript loader in each thread would) may be refused by the system to one that has reserved much.
 */
const workerProgram = async (origin: SpecOrigin): Promise<URL> => {
  const key = JSON.stringify(origin);
  const known = bundles.get(key);
  if (known) return known;
  const find =
    origin.kind === "model"
      ? `import { findModel } from "../../models/index.ts"; const spec = findModel(${JSON.stringify(origin.name)}).spec;`
      : `import * as exported from ${JSON.stringify(resolve(origin.path))}; import { specIn } from "./spec-file.ts"; const spec = specIn(exported, ${JSON.stringify(origin.path)});`;
  const { build } = await import("esbuild"); // loaded for searches with several workers only
  const { outputFiles } = await build({
    stdin: { contents: `import { work } from "./search-worker.ts"; ${find} work(spec);`, resolveDir: fileURLToPath(here), loader: "ts" },
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node20",
    define: { "import.meta.url": JSON.stringify(new URL("bundle.js", here).href) },
    logLevel: "silent",
  });
  const program = new URL(`data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? "").toString("base64")}`);
  bundles.set(key, program);
  return program;
};

const nodeThreads = async (origin: SpecOrigin, { constants, design }: SpecInstance): Promise<Threads> => {
  const program = await workerProgram(origin);
  return {
    start: (plan, onFailure) => {
      const order: WorkerOrder = { constants, design, plan };
      const worker = new Worker(program, { workerData: order });
      worker.on("error", (error) => onFailure(`a worker thread failed: ${messageOf(error)}`));
      return { stop: () => worker.terminate() };
    },
  };
};

export const runSearch = async ({ origin, instance, options }: SearchRequest): Promise<SearchResult> =>
  search(instance, options, (options.workers ?? 1) > 1 ? await nodeThreads(origin, instance) : undefined);

/** An adapter as the command line names it: its command, and, when it holds one node of the cluster, a mapping. */
import { loadModule } from "./spec-file.ts";
import { LockstepError } from "../specs/language/errors.ts";
import type { AdapterFactory } from "../conformance/adapter/self-test.ts";
import { AdapterDriver } from "../conformance/adapter/adapter-driver.ts";
import type { ClusterMapping } from "../conformance/adapter/cluster-mapping.ts";
import { NodesDriver } from "../conformance/adapter/nodes-driver.ts";

export interface AdapterWords {
  readonly adapter: string;
  readonly mapping?: string | undefined;
  /** For one answer. */
  readonly timeout?: number | undefined;
}

const isMapping = (x: unknown): x is ClusterMapping =>
  typeof x === "object" && x !== null && ["nodes", "disk", "stimuli", "state"].every((part) => part in x);

/** Throws LockstepError "load" for a file that has no mapping. */
export const adapterOf = async ({ adapter, mapping: file, timeout }: AdapterWords): Promise<AdapterFactory> => {
  const limits = timeout === undefined ? {} : { answerMs: timeout };
  if (file === undefined) return (spec, options = {}) => new AdapterDriver(spec, adapter, { limits, ...options });
  const { default: mapping } = await loadModule(file);
  if (!isMapping(mapping))
    throw new LockstepError("load", `${file} has no mapping as its default export: an object with nodes, disk, stimuli and state`);
  return (spec, options = {}) => new NodesDriver(spec, adapter, mapping, { limits, ...options });
};

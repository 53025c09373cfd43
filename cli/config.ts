/** `lockstep/config`: what a project has, as its `lockstep.config.ts` says it. */
import type { LoadEngine } from "../conformance/engine-entry.ts";
import type { Mapping } from "../conformance/validate/mapping.ts";
import type { Model } from "../explorer/model.ts";

/** What the default export of a `lockstep.config.ts` may have. */
export interface ProjectConfig {
  /** What `list` shows and `check NAME` takes; no two have the same name. */
  readonly models: readonly Model[];
  /** The name of a model, or of a system for all of its models -> what loads its engine, when a command needs it. */
  readonly engines?: Readonly<Record<string, LoadEngine>>;
  /** The name of a system -> what loads the meaning of its logs, for `validate`. */
  readonly mappings?: Readonly<Record<string, () => Mapping | Promise<Mapping>>>;
}

/** The same again, with its type checked where it is written. */
export const defineConfig = (config: ProjectConfig): ProjectConfig => config;

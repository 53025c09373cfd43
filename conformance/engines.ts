/**
 * Which engine a command runs. `spec` is the spec with the design of the behaviour, `fixed-spec` with the published one;
 * `production` and `defect:NAME` are the engine of this repository, as it is and with one defect; an adapter is a command
 * line. Every system registers its engine with one line in `registry`.
 */
import { LockstepError } from "../specs/language/errors.ts";
import type { Design } from "../specs/language/instantiate.ts";
import type { Constants } from "../specs/language/schema.ts";
import type { Spec } from "../specs/language/system.ts";
import { adapterOf } from "./adapter/adapter.ts";
import type { Awaitable, Driver } from "./driver.ts";
import { SpecDriver, fixedDesign } from "./spec-driver.ts";

/** The engine with one thing wrong. */
export interface Defect {
  /** The choices of the spec's design that the defect stands for; those not named are as in production. */
  readonly design: Design;
  /** The names of the committed counterexamples that it reproduces, as `lazy-1` or `batch-store/late-timer`. */
  readonly counterexamples: readonly string[];
  make(): Driver;
}

/** What a tour takes of a model, where that is not all. */
export interface Driven {
  /** The spec without what the engine does not do. */
  readonly spec?: Spec;
  /** Choices that the engine has made otherwise than the published design. */
  readonly design?: Design;
  readonly constants?: Constants;
  /** What the engine does not do by its design, and why: said with every tour. */
  readonly leftOut: string;
}

/** The engine of one system, or of one of its specs. */
export interface EngineEntry {
  production(): Driver;
  /** By the name of the model. */
  readonly driven?: Readonly<Record<string, Driven>>;
  /** By the name that `--engine defect:NAME` takes. */
  readonly defects: Readonly<Record<string, Defect>>;
}

/**
 * The name of a model, or the first part of it (its system) -> its engine. The longer name decides. A module is loaded
 * when a command needs it, and exports its entry as `engine`.
 */
const registry: Readonly<Record<string, () => Promise<EngineEntry>>> = {
  "transactional-store/snapshot-reads": async () => (await import("./transactional-store/commit/engines.ts")).snapshotReads,
  "transactional-store/serialisability": async () => (await import("./transactional-store/commit/engines.ts")).transactions,
  "transactional-store/cross-branch": async () => (await import("./transactional-store/commit/engines.ts")).transactions,
  "transactional-store/garbage-collection": async () => (await import("./transactional-store/commit/engines.ts")).garbageCollection,
  "transactional-store/locks": async () => (await import("./transactional-store/commit/engines.ts")).locks,
  "transactional-store/vector-insert": async () => (await import("./transactional-store/commit/engines.ts")).vectors,
  "transactional-store/versions": async () => (await import("./transactional-store/commit/engines.ts")).versions,
  "snapshot-restore": async () => (await import("./snapshot-restore/engine.ts")).parallelEngine,
  "snapshot-restore/modes": async () => (await import("./snapshot-restore/engine.ts")).modesEngine,
  "snapshot-restore/torn-writes": async () => (await import("./snapshot-restore/engine.ts")).tornWritesEngine,
  "batch-store": async () => (await import("./batch-store/engine.ts")).engine,
  "viewstamped-replication": async () => (await import("./viewstamped-replication/engine.ts")).engine,
  "transactional-store/durability": async () => (await import("./transactional-store/recovery/engines.ts")).durabilityEngine,
  "transactional-store/torn-tail": async () => (await import("./transactional-store/recovery/engines.ts")).tornTailEngine,
  "transactional-store/recovery": async () => (await import("./transactional-store/recovery/engines.ts")).replayEngine,
  "transactional-store/checkpoint": async () => (await import("./transactional-store/recovery/engines.ts")).checkpointEngine,
};
export const registeredEngines: readonly string[] = Object.keys(registry);

/** Throws LockstepError "usage" for a model that no engine of this repository implements. */
export const engineEntry = async (model: string): Promise<EngineEntry> => {
  const load = registry[model] ?? registry[model.split("/")[0] ?? ""];
  if (load !== undefined) return load();
  throw new LockstepError("usage", `no engine of this repository implements ${model}; there is one for ${registeredEngines.join(", ")}`);
};

/** What a tour on the engine of these words takes of a model; undefined: all. */
export const drivenBy = async ({ engine }: EngineWords, model: string): Promise<Driven | undefined> =>
  engine === "production" || engine?.startsWith("defect") === true ? (await engineEntry(model)).driven?.[model] : undefined;

/** The defect that stands for most of a design's choices. Throws LockstepError "usage" when none does, or several do. */
export const defectOfDesign = ({ defects }: EngineEntry, design: Design): Defect => {
  const choicesOf = (defect: Defect): [string, unknown][] => Object.entries(defect.design);
  const fitting = Object.entries(defects).filter(([, d]) => choicesOf(d).every(([name, choice]) => design[name] === choice));
  const most = Math.max(0, ...fitting.map(([, d]) => choicesOf(d).length));
  const [best, ...others] = fitting.filter(([, d]) => choicesOf(d).length === most);
  const names = (those: readonly (readonly [string, Defect])[]): string => those.map(([name]) => `defect:${name}`).join(", ");
  if (best === undefined)
    throw new LockstepError("usage", `no defect of the engine has this design; name one of ${names(Object.entries(defects))}`);
  if (others.length > 0) throw new LockstepError("usage", `several defects have this design; name one of ${names([best, ...others])}`);
  return best[1];
};

const defectNamed = ({ defects }: EngineEntry, name: string): Defect => {
  const defect = Object.hasOwn(defects, name) ? defects[name] : undefined;
  if (defect !== undefined) return defect;
  throw new LockstepError("usage", `there is no defect ${name}; the defects are ${Object.keys(defects).join(", ")}`);
};

export interface EngineWords {
  readonly engine?: string | undefined;
  readonly adapter?: string | undefined;
  /** The file that says what the actions are to an adapter's nodes, if it holds one node. */
  readonly mapping?: string | undefined;
  /** For an answer of an adapter. */
  readonly timeout?: number | undefined;
}

/** Makes a driver for a model's spec; `design` is that of the behaviour to come. */
export type EngineFactory = (spec: Spec, model: string, design: Design) => Awaitable<Driver>;

const engines: Readonly<Record<string, EngineFactory>> = {
  spec: (spec) => new SpecDriver(spec),
  "fixed-spec": (spec) => new SpecDriver(spec, fixedDesign(spec)),
  production: async (_, model) => (await engineEntry(model)).production(),
  defect: async (_, model, design) => defectOfDesign(await engineEntry(model), design).make(),
};

/** Throws LockstepError "usage" for an unknown engine, or when it is not clear which is meant; so does the factory. */
export const engineOf = ({ engine, adapter, mapping, timeout }: EngineWords): EngineFactory => {
  if ((engine === undefined) === (adapter === undefined)) throw new LockstepError("usage", "name either an --engine or an --adapter");
  if (adapter !== undefined) {
    return async (spec) => (await adapterOf({ adapter, mapping, timeout }))(spec);
  }
  if (mapping !== undefined) throw new LockstepError("usage", "--mapping belongs to an --adapter");
  const name = engine ?? "";
  const defect = /^defect:(.+)$/.exec(name)?.[1];
  if (defect !== undefined) return async (_, model) => defectNamed(await engineEntry(model), defect).make();
  const factory = Object.hasOwn(engines, name) ? engines[name] : undefined;
  if (factory === undefined)
    throw new LockstepError("usage", `there is no engine ${name}; the engines are ${Object.keys(engines).join(", ")}, defect:NAME`);
  return factory;
};

/**
 * Which engine a command runs. `spec` is the spec with the design of the behaviour, `fixed-spec` with the published one;
 * `production` and `defect:NAME` are the engine of the project, as it is and with one defect; an adapter is a command line.
 */
import type { Awaitable, Driver } from "../conformance/driver.ts";
import { defectOfDesign } from "../conformance/engine-entry.ts";
import type { Defect, Driven, EngineEntry } from "../conformance/engine-entry.ts";
import { SpecDriver, fixedDesign } from "../conformance/spec-driver.ts";
import { LockstepError } from "../specs/language/errors.ts";
import type { Design } from "../specs/language/instantiate.ts";
import type { Spec } from "../specs/language/system.ts";
import { adapterOf } from "./adapter-words.ts";
import { projectOf } from "./project.ts";

const engineEntry = async (model: string): Promise<EngineEntry> => (await projectOf()).engine(model);

/** What a tour on the engine of these words takes of a model; undefined: all. */
export const drivenBy = async ({ engine }: EngineWords, model: string): Promise<Driven | undefined> =>
  engine === "production" || engine?.startsWith("defect") === true ? (await engineEntry(model)).driven?.[model] : undefined;

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

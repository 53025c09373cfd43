/**
 * Which engine a command runs. `spec` is the spec with the design of the behaviour, `fixed-spec` with the published one;
 * an adapter is a command line. Engines of this repository are added here by name.
 */
import { LockstepError } from "../specs/language/errors.ts";
import type { Spec } from "../specs/language/system.ts";
import { AdapterDriver } from "./adapter/adapter-driver.ts";
import type { AdapterLimits } from "./adapter/adapter-process.ts";
import type { Driver } from "./driver.ts";
import { SpecDriver, fixedDesign } from "./spec-driver.ts";

export interface EngineWords {
  readonly engine?: string | undefined;
  readonly adapter?: string | undefined;
  /** For an answer of an adapter. */
  readonly timeout?: number | undefined;
}

/** Makes a driver for a model's spec. */
export type EngineFactory = (spec: Spec, model: string) => Driver;

const engines: Readonly<Record<string, EngineFactory>> = {
  spec: (spec) => new SpecDriver(spec),
  "fixed-spec": (spec) => new SpecDriver(spec, fixedDesign(spec)),
};

/** Throws LockstepError "usage" for an unknown engine, or when it is not clear which is meant. */
export const engineOf = ({ engine, adapter, timeout }: EngineWords, more: Readonly<Record<string, EngineFactory>> = {}): EngineFactory => {
  if ((engine === undefined) === (adapter === undefined)) throw new LockstepError("usage", "name either an --engine or an --adapter");
  if (adapter !== undefined) {
    const limits: Partial<AdapterLimits> = timeout === undefined ? {} : { answerMs: timeout };
    return (spec) => new AdapterDriver(spec, adapter, limits);
  }
  const known = { ...engines, ...more };
  const factory = known[engine ?? ""];
  if (factory === undefined)
    throw new LockstepError("usage", `there is no engine ${engine ?? ""}; the engines are ${Object.keys(known).join(", ")}`);
  return factory;
};

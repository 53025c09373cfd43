/** A trace file together with the spec that it belongs to; what is not a behaviour of that spec is refused. */
import { findModel } from "../../models/index.ts";
import { LockstepError } from "../../specs/language/errors.ts";
import type { SpecInstance } from "../../specs/language/instantiate.ts";
import { instantiate } from "../../specs/language/instantiate.ts";
import { replay } from "../interpret/index.ts";
import { fromItf, readItf } from "../report/itf.ts";
import type { Trace } from "../trace.ts";
import { readWhole } from "./files.ts";
import { loadSpec } from "./spec-file.ts";

const LIMIT_MEBIBYTES = 64;

export interface Shown {
  readonly trace: Trace;
  readonly instance: SpecInstance;
}

const read = (text: string, specOf: (model: string) => Parameters<typeof instantiate>[0]): Shown => {
  const itf = readItf(text);
  const { model, constants, design } = itf.meta;
  const instance = instantiate(specOf(model), { constants, design });
  const trace = fromItf(itf, instance);
  const replayed = replay(instance, trace);
  if (!replayed.ok) throw new LockstepError("io", `not a behaviour of ${model}: ${replayed.message}`);
  return { trace, instance };
};

/**
 * The spec is the one of the model that the trace names, or that of `specFile`. Every failure names the file.
 * Throws LockstepError: "io" for the file, "load" for an unknown model, "constants" and "usage" when it has other ones now.
 */
export const readTrace = async (file: string, specFile: string | undefined): Promise<Shown> => {
  const text = await readWhole(file, LIMIT_MEBIBYTES);
  const given = specFile === undefined ? undefined : await loadSpec(specFile);
  try {
    return read(text, (model) => given ?? findModel(model).spec);
  } catch (error) {
    throw error instanceof LockstepError ? new LockstepError(error.kind, `${file}: ${error.message}`, { cause: error }) : error;
  }
};

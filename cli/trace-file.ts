/** A trace file together with the spec that it belongs to; what is not a behaviour of that spec is refused. */
import { LockstepError } from "../specs/language/errors.ts";
import type { SpecInstance } from "../specs/language/instantiate.ts";
import { instantiate } from "../specs/language/instantiate.ts";
import { judge, replay, replaySteps } from "../explorer/interpret/index.ts";
import { fromItf, readItf } from "../explorer/report/itf.ts";
import type { Itf } from "../explorer/report/itf.ts";
import type { Judgement, Trace } from "../explorer/trace.ts";
import { readWhole } from "./files.ts";
import { projectOf } from "./project.ts";
import { modelOfFile } from "./spec-file.ts";

const LIMIT_MEBIBYTES = 64;

export interface Shown {
  readonly trace: Trace;
  readonly instance: SpecInstance;
}
export interface JudgedTrace extends Shown {
  /** What was found of the claims of the file. */
  readonly judgement: Judgement;
}

type SpecOf = (model: string) => Parameters<typeof instantiate>[0];

const refuse = (model: string, { message }: { readonly message: string }): never => {
  throw new LockstepError("io", `not a behaviour of ${model}: ${message}`);
};

const read = (itf: Itf, specOf: SpecOf): Shown => {
  const { model, constants, design } = itf.meta;
  const instance = instantiate(specOf(model), { constants, design });
  return { trace: fromItf(itf, instance), instance };
};

const readFrom = async <T>(file: string, specFile: string | undefined, use: (itf: Itf, specOf: SpecOf) => T): Promise<T> => {
  const text = await readWhole(file, LIMIT_MEBIBYTES);
  const given = specFile === undefined ? undefined : (await modelOfFile(specFile)).spec;
  const project = await projectOf();
  try {
    return use(readItf(text), (model) => given ?? project.model(model).spec);
  } catch (error) {
    throw error instanceof LockstepError ? new LockstepError(error.kind, `${file}: ${error.message}`, { cause: error }) : error;
  }
};

/**
 * The trace of a file, with its claim about what is violated found to be true. The spec is the one of the model that the
 * trace names, or that of `specFile`. Every failure names the file.
 * Throws LockstepError: "io" for the file, "load" for an unknown model, "constants" and "usage" when it has other ones now.
 */
export const readTrace = (file: string, specFile: string | undefined): Promise<Shown> =>
  readFrom(file, specFile, (itf, specOf) => {
    const shown = read(itf, specOf);
    const replayed = replay(shown.instance, shown.trace);
    return replayed.ok ? shown : refuse(itf.meta.model, replayed);
  });

/** What the last state or step violates in fact: what the file says, if that is so. */
const violatedIn = (trace: Trace, { claimed, refuted, found }: Judgement): Trace["violated"] => {
  if (claimed !== undefined && refuted === undefined) return claimed;
  const last = found.find((f) => f.at === trace.steps.length);
  return last === undefined ? undefined : { kind: last.kind, property: last.property };
};

/** As `readTrace`, of any behaviour of the spec: what is violated is what the interpreter finds, and the file's claims are judged. */
export const judgedTrace = (file: string, specFile: string | undefined): Promise<JudgedTrace> =>
  readFrom(file, specFile, (itf, specOf) => {
    const { trace, instance } = read(itf, specOf);
    const replayed = replaySteps(instance, trace);
    if (!replayed.ok) return refuse(itf.meta.model, replayed);
    const judgement = judge(instance, trace, { isViolation: itf.meta.status === "violation", loop: itf.loop });
    return { trace: { ...trace, violated: violatedIn(trace, judgement) }, instance, judgement };
  });

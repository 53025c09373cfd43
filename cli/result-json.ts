/** The object that `--json` prints. */
import type { Variant } from "../explorer/model.ts";
import type { SpecInstance } from "../specs/language/instantiate.ts";
import type { Trace } from "../explorer/trace.ts";
import type { Run } from "./summary.ts";

export interface ViolationJson {
  readonly property: string;
  readonly length: number;
  /** An ITF object. */
  readonly trace: unknown;
}

export const violationJson = async (trace: Trace, instance: SpecInstance): Promise<ViolationJson> => {
  // Loaded when there is a trace to write: a run that holds starts without it.
  const { toItf } = await import("../explorer/report/itf.ts");
  return { property: trace.violated?.property ?? "", length: trace.steps.length, trace: toItf(trace, instance) };
};

export const resultJson = async ({ model, instance, options, result: r }: Run) => ({
  model,
  design: instance.design,
  constants: instance.constants,
  verdict: r.verdict,
  generated: r.generated,
  distinct: r.distinct,
  depth: r.depth,
  actions: r.actions,
  ...(r.violation === undefined ? {} : { violation: await violationJson(r.violation.trace, instance) }),
  ...(options.continueAfterViolation === true
    ? { violations: await Promise.all(r.violations.map((v) => violationJson(v.trace, instance))) }
    : {}),
  seconds: r.seconds,
  statesPerSecond: r.statesPerSecond,
  bytesPerState: r.bytesPerState,
  workers: r.workers,
  symmetry: r.symmetry,
  reductions: r.reductions,
  audit: r.audit,
  ...(r.bound === undefined ? {} : { bound: r.bound }),
});

/** One element of the array that `compare --json` prints. */
export const variantJson = async (run: Run, variant: Variant, asExpected: boolean) => ({
  ...(await resultJson(run)),
  label: variant.label,
  expected: variant.expected,
  asExpected,
});

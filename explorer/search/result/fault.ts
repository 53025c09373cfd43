/** A spec that misbehaves in some state is a finding like others: it comes with a shortest behaviour that leads there. */
import { SpecError } from "../../../specs/language/errors.ts";
import type { Trace } from "../../trace.ts";
import { CallError } from "../remember/call-error.ts";
import type { Call } from "../remember/call-error.ts";
import type { Leader } from "../threads/leader.ts";
import type { TraceFinder } from "./trace-finder.ts";
import { successorsOf } from "../relation/warm-up.ts";

export class SpecFault extends SpecError {
  constructor(
    message: string,
    /** Ends in the state in which the spec is at fault; no shorter behaviour leads to a fault. */
    readonly trace: Trace,
    /** The action that failed in that state; undefined where a predicate did. */
    readonly call: Call | undefined,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What the actions do in the last state of a trace, run once more: the error that names action and arguments. */
const failureIn = (leader: Leader, finder: TraceFinder, ids: Uint32Array): unknown => {
  const { core } = leader.thread;
  try {
    for (const unit of finder.units) successorsOf(core, unit, ids);
  } catch (error) {
    return error;
  }
  return undefined;
};

/** The fault that the search has met, if nothing that was violated comes before it. */
export const faultOf = (leader: Leader, finder: TraceFinder, shortest: number | undefined): SpecFault | undefined => {
  const { control, instance, options } = leader;
  const found = control.fault;
  if (found === undefined) return undefined;
  const { steps, last } = finder.walk(finder.path(found.id));
  const error = found.isState ? undefined : failureIn(leader, finder, last);
  const call = error instanceof CallError ? error.call : undefined;
  const message = error instanceof SpecError ? error.message : found.text;
  // An ill-typed value belongs to the state after the step.
  const length = steps.length + (/TypeOK: /.test(message) ? 1 : 0);
  if (shortest !== undefined && shortest <= length) return undefined;
  const { constants, design } = instance;
  const trace = { model: options.model ?? instance.name, constants, design, violated: undefined, minimal: true, steps };
  return new SpecFault(message, trace, call, { cause: error });
};

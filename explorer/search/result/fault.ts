/** From the least state at which user code failed to the finding that is reported. */
import { SpecError } from "../../../specs/language/errors.ts";
import { CallError } from "../remember/call-error.ts";
import { successorsOf } from "../relation/warm-up.ts";
import type { Leader } from "../threads/leader.ts";
import { SpecFault } from "./spec-fault.ts";
import type { TraceFinder } from "./trace-finder.ts";

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
  const length = steps.length + (message.includes("TypeOK: ") ? 1 : 0);
  if (shortest !== undefined && shortest <= length) return undefined;
  const { constants, design } = instance;
  const trace = { model: options.model ?? instance.name, constants, design, violated: undefined, minimal: true, steps };
  return new SpecFault(message, trace, call, { cause: error });
};

import { SpecError } from "../../../specs/language/errors.ts";
import type { Trace } from "../../trace.ts";
import type { Call } from "../remember/call-error.ts";

/** A spec that misbehaves in some state is a finding like others: it comes with a shortest behaviour that leads there. */
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

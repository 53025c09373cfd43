import { SpecError } from "../../../specs/language/errors.ts";

/** An action with its arguments. */
export interface Call {
  readonly action: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Where the action was written, `file:line`. */
  readonly location: string;
}

/** User code of an action failed: its domain, its guard or its effect. */
export class CallError extends SpecError {
  constructor(
    message: string,
    readonly call: Call,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

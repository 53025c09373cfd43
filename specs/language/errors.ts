/**
 * Errors that a spec, a model or its input can cause. Each carries a `kind`, which the command line maps to the
 * documented exit code; libraries never touch `process`.
 */
export type FailureKind =
  | "usage" // 1: an unknown model, design, option …
  | "assumption" // 10
  | "spec-threw" // 75
  | "load" // 150
  | "constants" // 151
  | "io"; // 153

/** A failure that is the user's to mend: the message is one line and names the place. */
export class LockstepError extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "LockstepError";
  }
}

/** A spec misbehaved while it ran: it threw, was impure, or left the types of its schema. */
export class SpecError extends LockstepError {
  constructor(message: string, options?: ErrorOptions) {
    super("spec-threw", message, options);
    this.name = "SpecError";
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

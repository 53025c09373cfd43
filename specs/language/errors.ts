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

/** How engines word a write to what is frozen or has no setter: everything that a spec may read, but not write. */
const readOnly = /read.?only|not extensible|only a getter|(?:Cannot|Unable to) (?:delete|redefine|define) property|non-configurable/i;
/** And to what does not exist. */
const undeclared = /property '?([a-z_$]\w*)'?.*not extensible/i;
/** The same of a number, be it an element of a frozen list or a key. */
const noKey = /property '?(\d+)'?.*not extensible/i;

/** What user code threw at a place, as an error that names the place. */
export const faultAt = (where: string, error: unknown): SpecError => {
  const message = messageOf(error);
  if (error instanceof SpecError) return new SpecError(`${where}: ${message}`, { cause: error });
  if (!(error instanceof TypeError)) return new SpecError(`${where} threw: ${message}`, { cause: error });
  const stray = undeclared.exec(message);
  if (stray !== null)
    return new SpecError(
      `${where} writes ${stray[1] ?? ""}, which is neither a variable nor a field of it, or writes to now, which is read-only: ${message}`,
      { cause: error },
    );
  const key = noKey.exec(message);
  if (key !== null)
    return new SpecError(
      `${where} writes to now (or to a value taken from it), which is read-only, or to ${key[1] ?? ""}, which is no key of its map: ${message}`,
      { cause: error },
    );
  if (readOnly.test(message))
    return new SpecError(`${where} writes to now (or to a value taken from it), which is read-only; write to next: ${message}`, {
      cause: error,
    });
  return new SpecError(`${where} threw: ${message}`, { cause: error });
};

/** The errors of the store. A refused transaction is no error but an outcome (`prepared.ts`). */

/** What is on disk is not what was written, or is not there; recovery stops rather than start with less. */
export class CorruptionError extends Error {
  override readonly name = "CorruptionError";
  constructor(
    readonly file: string,
    readonly offset: number,
    what: string,
  ) {
    super(`${file} is corrupted at byte ${offset}: ${what}`);
  }
}

/** No usable checkpoint with a complete log behind it. */
export class RecoveryError extends Error {
  override readonly name = "RecoveryError";
}

/** The log failed. Nothing is committed until the store is opened again; whoever was committing does not know the outcome. */
export class PoisonedError extends Error {
  override readonly name = "PoisonedError";
}

/** A call with arguments, or at a time, that the store cannot serve. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

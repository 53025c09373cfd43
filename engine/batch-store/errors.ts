/** What a batch store refuses, and why. */

export type BatchStoreErrorCode =
  /** The batch has expired, or would live longer than is allowed. */
  | "expired"
  /** The epoch has ended, or has not begun here. */
  | "epoch"
  /** The author has no quota left for it. */
  | "quota"
  /** Too large, too many, or too many at once. */
  | "limit"
  /** A write to the table failed; this store writes and signs nothing any more. */
  | "poisoned"
  | "closed"
  | "aborted"
  | "timeout"
  /** Too many replicas have refused the batch. */
  | "refused"
  /** A proof of store, a signature or a payload that is not what it should be. */
  | "invalid";

export class BatchStoreError extends Error {
  override readonly name = "BatchStoreError";
  constructor(
    readonly code: BatchStoreErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

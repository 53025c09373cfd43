/** Why a connection is not accepted, or not kept. */

export const refusalReasons = [
  "malformed",
  "oversized",
  "truncated",
  "version",
  "cluster",
  "replica",
  "key",
  "amnesia",
  "altered",
  "sequence",
  "timeout",
  "crowded",
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** The other side broke the protocol; the message says how, and what would be right. The connection is cut. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  constructor(
    readonly reason: RefusalReason,
    message: string,
  ) {
    super(message);
  }
}

/** `send` was given more than a frame may hold. */
export class MessageTooLargeError extends Error {
  override readonly name = "MessageTooLargeError";
}

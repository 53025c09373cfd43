/**
 * Values as bytes, on the wire and on disk: MessagePack, which has a canonical form for what is encoded here (keys sorted,
 * shortest numbers), so that equal values have equal bytes and digests. Whatever is decoded is validated by a schema.
 */
import { Decoder, Encoder } from "@msgpack/msgpack";
import type { z } from "zod";
import { beyondBounds } from "./message-pack-bounds.ts";
import type { Bounds } from "./message-pack-bounds.ts";

/** Bytes that are not what they should be; the message says where and what. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

const newEncoder = (): Encoder => new Encoder({ sortKeys: true, ignoreUndefined: true });
let encoder = newEncoder();
/** A larger buffer is not kept for the next value. */
const mostKeptBytes = 2 ** 16;

/** Bytes of their own: who keeps them keeps nothing else in memory. */
export const encode = (value: unknown): Uint8Array => {
  const bytes = encoder.encode(value);
  if (bytes.length > mostKeptBytes) encoder = newEncoder();
  return bytes;
};

const maxLength = 64 * 2 ** 20;
const decoder = new Decoder({
  maxStrLength: maxLength,
  maxBinLength: maxLength,
  maxArrayLength: 2 ** 20,
  maxMapLength: 2 ** 16,
  maxExtLength: 0,
});

/** More than anything of the engine's own has: its deepest messages are 8 deep, its longest logs have some 100,000 operations. */
const ownBounds: Bounds = { depth: 16, values: 2 ** 20 };

/**
 * `what` names the thing in errors: "a frame from replica 2", "record 17 of wal-000001". What comes from outside gets bounds that
 * fit it. Throws DecodeError.
 */
export const decode = <T>(schema: z.ZodType<T>, bytes: Uint8Array, what: string, bounds: Bounds = ownBounds): T => {
  let value: unknown;
  const beyond = beyondBounds(bytes, bounds);
  if (beyond !== undefined) throw new DecodeError(`${what} ${beyond}`);
  try {
    value = decoder.decode(bytes);
  } catch (error) {
    throw new DecodeError(`${what} is not MessagePack: ${error instanceof Error ? error.message : String(error)}`);
  }
  return validated(schema, value, what);
};

export const validated = <T>(schema: z.ZodType<T>, value: unknown, what: string): T => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new DecodeError(
    `${what} is malformed at ${issue === undefined || issue.path.length === 0 ? "its root" : issue.path.join(".")}: ${issue?.message ?? "unknown"}`,
  );
};

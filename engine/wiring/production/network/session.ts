/**
 * Bodies of frames after the handshake: the number of the frame in its direction (8 bytes), an HMAC-SHA-256 over version,
 * type, number and content (32 bytes), the content. What was altered, left out, repeated or moved is refused.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { type FrameType, frameTypes, protocolVersion } from "./frames.ts";
import { RefusedError } from "./refusals.ts";

/** How much longer a body is than its content. */
export const sealBytes = 40;

const macOf = (key: Uint8Array, type: FrameType, sequence: Uint8Array, content: Uint8Array): Buffer =>
  createHmac("sha256", key).update(Uint8Array.of(protocolVersion, frameTypes[type])).update(sequence).update(content).digest();

const numberBytes = (sequence: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(sequence);
  return bytes;
};

export class Sealer {
  private sequence = 0n;
  constructor(private readonly key: Uint8Array) {}

  seal(type: FrameType, content: Uint8Array): Uint8Array {
    const sequence = numberBytes(++this.sequence);
    return Buffer.concat([sequence, macOf(this.key, type, sequence, content), content]);
  }
}

export class Opener {
  private sequence = 0n;
  constructor(private readonly key: Uint8Array) {}

  /** The content. Throws RefusedError. */
  open(type: FrameType, body: Uint8Array): Uint8Array {
    if (body.length < sealBytes)
      throw new RefusedError("malformed", `a sealed frame of ${body.length} bytes; it has at least ${sealBytes}`);
    const sequence = Buffer.from(body.subarray(0, 8));
    const content = body.subarray(sealBytes);
    if (!timingSafeEqual(body.subarray(8, sealBytes), macOf(this.key, type, sequence, content)))
      throw new RefusedError("altered", "a frame whose authentication code does not fit: it was altered, or comes from another session");
    const number = sequence.readBigUInt64BE();
    if (number !== this.sequence + 1n)
      throw new RefusedError("sequence", `frame ${number} where frame ${this.sequence + 1n} comes next: repeated, or one is missing`);
    this.sequence = number;
    return content;
  }
}

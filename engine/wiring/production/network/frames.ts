/**
 * Frames on a stream of bytes: the length of the rest (4 bytes, big endian), the version of the protocol (1 byte), the type
 * (1 byte), and a body. A frame that is too long is refused at its length, before it is held in memory.
 */
import { RefusedError } from "./refusals.ts";

export const protocolVersion = 3;

export const frameTypes = { hello: 1, reply: 2, proof: 3, refused: 4, message: 5, ping: 6, pong: 7, piece: 8, last: 9 } as const;
export type FrameType = keyof typeof frameTypes;
const typeNames = new Map(Object.entries(frameTypes).map(([name, code]) => [code as number, name as FrameType]));

export interface Frame {
  readonly type: FrameType;
  readonly body: Uint8Array;
}

/** Bytes before the body. */
export const headerBytes = 6;

export const frameBytes = ({ type, body }: Frame): Uint8Array => {
  const bytes = Buffer.allocUnsafeSlow(headerBytes + body.length);
  bytes.writeUInt32BE(body.length + 2, 0);
  bytes.writeUInt8(protocolVersion, 4);
  bytes.writeUInt8(frameTypes[type], 5);
  bytes.set(body, headerBytes);
  return bytes;
};

/** Puts frames together from pieces of any length. Bodies are copies: who keeps one keeps nothing else in memory. */
export class FrameReader {
  private readonly header = Buffer.alloc(headerBytes);
  private headerFilled = 0;
  private body: Uint8Array | undefined;
  private bodyFilled = 0;

  /** A body has at most `maxBodyBytes`, which may change between two frames. */
  constructor(public maxBodyBytes: number) {}

  /** Whether the stream may end here. */
  get isBetweenFrames(): boolean {
    return this.headerFilled === 0;
  }

  /** The frames that `chunk` completes. Throws RefusedError; then the stream is of no more use. */
  *push(chunk: Uint8Array): Generator<Frame> {
    for (let at = 0; at < chunk.length;) {
      if (this.body === undefined) at += this.fillHeader(chunk.subarray(at));
      else {
        const piece = chunk.subarray(at, at + this.body.length - this.bodyFilled);
        this.body.set(piece, this.bodyFilled);
        this.bodyFilled += piece.length;
        at += piece.length;
      }
      if (this.body?.length === this.bodyFilled) yield this.taken(this.body);
    }
  }

  private fillHeader(chunk: Uint8Array): number {
    const piece = chunk.subarray(0, headerBytes - this.headerFilled);
    this.header.set(piece, this.headerFilled);
    this.headerFilled += piece.length;
    if (this.headerFilled === headerBytes) {
      this.body = new Uint8Array(this.checkedLength());
      this.bodyFilled = 0;
    } else if (this.headerFilled >= 4) this.checkedLength();
    return piece.length;
  }

  private checkedLength(): number {
    const length = this.header.readUInt32BE(0) - 2;
    if (length < 0) throw new RefusedError("malformed", `a frame of ${length + 2} bytes, which is shorter than its header`);
    if (length > this.maxBodyBytes)
      throw new RefusedError("oversized", `a frame of ${length} bytes; at most ${this.maxBodyBytes} are accepted here`);
    return length;
  }

  private taken(body: Uint8Array): Frame {
    this.body = undefined;
    this.headerFilled = 0;
    const [version, code] = [this.header.readUInt8(4), this.header.readUInt8(5)];
    if (version !== protocolVersion)
      throw new RefusedError(
        "version",
        `the other side speaks version ${version} of the protocol, this replica version ${protocolVersion}`,
      );
    const type = typeNames.get(code);
    if (type === undefined) throw new RefusedError("malformed", `a frame of the unknown type ${code}`);
    return { type, body };
  }
}

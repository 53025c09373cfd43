/**
 * Frames: what the files of the store are made of. A frame is
 *   magic (4 bytes), length of the body (4), CRC-32 (4), type (1), version (8), position (8), index (4), durable (4), body,
 * all numbers little-endian. The checksum covers the length and all behind itself, and is seeded with the store's id and
 * the number of the file: neither a frame of another file nor bytes of a user that look like one pass for a record.
 * `durable` says how many bytes of its file were synced when the frame was written. With it, recovery tells a torn
 * tail from damage: see `segment.ts`.
 */
import { crc32 } from "node:zlib";
import { z } from "zod";
import { decode, encode } from "../codec.ts";

export const frameType = { header: 0, commit: 1, execution: 2, pairs: 3, footer: 4 } as const;
export type FrameType = (typeof frameType)[keyof typeof frameType];

export interface Frame {
  readonly type: FrameType;
  readonly version: number;
  readonly position: number;
  readonly index: number;
  readonly durable: number;
  readonly body: Uint8Array;
}

/** "LSW1" */
export const magic = 0x3157534c;
export const frameOverhead = 37;
export const maxBodyBytes = 64 * 2 ** 20;

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const encodeFrame = (frame: Frame, seed: number): Uint8Array => {
  const bytes = new Uint8Array(frameOverhead + frame.body.length);
  const head = view(bytes);
  head.setUint32(0, magic, true);
  head.setUint32(4, frame.body.length, true);
  head.setUint8(12, frame.type);
  head.setBigUint64(13, BigInt(frame.version), true);
  head.setBigUint64(21, BigInt(frame.position), true);
  head.setUint32(29, frame.index, true);
  head.setUint32(33, frame.durable, true);
  bytes.set(frame.body, frameOverhead);
  head.setUint32(8, checksum(bytes, seed), true);
  return bytes;
};

const checksum = (frame: Uint8Array, seed: number): number => crc32(frame.subarray(12), crc32(frame.subarray(4, 8), seed));

const frameTypes: readonly FrameType[] = Object.values(frameType);

/** The frame at `offset`, or why there is none. */
export const frameAt = (bytes: Uint8Array, offset: number, seed: number): { readonly frame: Frame; readonly end: number } | string => {
  if (bytes.length - offset < frameOverhead) return `${bytes.length - offset} bytes are left, a record has at least ${frameOverhead}`;
  const head = view(bytes.subarray(offset));
  if (head.getUint32(0, true) !== magic) return "no record begins here";
  const length = head.getUint32(4, true);
  if (length > maxBodyBytes) return `a record of ${length} bytes, the most is ${maxBodyBytes}`;
  const end = offset + frameOverhead + length;
  if (end > bytes.length) return `the record has ${length} bytes, the file ends before`;
  if (head.getUint32(8, true) !== checksum(bytes.subarray(offset, end), seed)) return "the checksum does not match";
  const type = frameTypes.find((t) => t === head.getUint8(12));
  if (type === undefined) return `the record has the unknown type ${head.getUint8(12)}`;
  const frame = {
    type,
    version: Number(head.getBigUint64(13, true)),
    position: Number(head.getBigUint64(21, true)),
    index: head.getUint32(29, true),
    durable: head.getUint32(33, true),
    body: bytes.subarray(offset + frameOverhead, end),
  };
  return { frame, end };
};

/** Where the next bytes from `offset` on are that may begin a frame; -1 if nowhere. */
export const nextMagic = (bytes: Uint8Array, offset: number): number => {
  for (let at = offset; at + frameOverhead <= bytes.length; at++)
    if (bytes[at] === 0x4c && bytes[at + 1] === 0x53 && bytes[at + 2] === 0x57 && bytes[at + 3] === 0x31) return at;
  return -1;
};

export const seedOf = (storeId: string, index: number): number => crc32(`${storeId}/${index}`);

export const Bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "is no bytes");
const natural = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** What a request of a client came to; `version` is that of the commit. */
export const Outcome = z.discriminatedUnion("status", [
  z.strictObject({ status: z.literal("committed"), version: natural }),
  z.strictObject({
    status: z.literal("refused"),
    reason: z.enum(["conflict", "noBranch", "branchExists", "noCollection", "badVector", "tooLarge", "staleRequest", "forgottenClient"]),
    detail: z.string(),
  }),
]);
export type Outcome = Readonly<z.infer<typeof Outcome>>;

const ClientRequest = z.strictObject({ client: z.string(), request: natural });
export type ClientRequest = z.infer<typeof ClientRequest>;

/** The effects of a transaction, in the order in which they are applied: replay repeats them, it does not validate again. */
const CommitBody = z.strictObject({
  branch: z.string(),
  /** Internal key, and the value, or null for a deletion. */
  writes: z.array(z.tuple([z.string(), Bytes.nullable()])),
  client: ClientRequest.optional(),
});
export type CommitBody = z.infer<typeof CommitBody>;

/** An operation of the replicated log that changed nothing, or was refused. */
const ExecutionBody = z.strictObject({ client: ClientRequest.optional(), outcome: Outcome.optional() });
export type ExecutionBody = z.infer<typeof ExecutionBody>;

export type WalRecord = { readonly version: number; readonly position: number; readonly index: number } & (
  { readonly type: "commit"; readonly body: CommitBody } | { readonly type: "execution"; readonly body: ExecutionBody }
);

export const frameOf = (record: WalRecord, durable: number): Frame => ({
  type: frameType[record.type],
  version: record.version,
  position: record.position,
  index: record.index,
  durable,
  body: encode(record.body),
});

/** Throws DecodeError. */
export const recordOf = (frame: Frame, what: string): WalRecord => {
  const { version, position, index } = frame;
  return frame.type === frameType.commit
    ? { type: "commit", version, position, index, body: decode(CommitBody, frame.body, what) }
    : { type: "execution", version, position, index, body: decode(ExecutionBody, frame.body, what) };
};

/**
 * What a snapshot of a space is made of. A store is a set of named spaces (branches, collections, the client table), each of
 * key-value pairs. A snapshot of a space has its pairs in the order of their key hashes, cut into chunks. The root of the
 * Merkle tree stands for all pairs; whether a root is the right one is for the caller to know.
 */
import { z } from "zod";
import { hashOfKey, hashOfValue, hashSchema } from "./merkle/hash.ts";
import type { Hash, Leaf } from "./merkle/hash.ts";
import { rangeProofSchema } from "./merkle/range-proof.ts";

/** Bytes of a key in UTF-8, and of a value, at most. */
export const maxKeyBytes = 2 ** 16;
export const maxValueBytes = 16 * 2 ** 20;
/** Pairs in a chunk, chunks in a snapshot of a space, spaces in a store: at most. */
export const maxChunkPairs = 2 ** 16;
export const maxChunks = 2 ** 18;
export const maxSpaces = 2 ** 12;

const wellFormed = z.string().regex(/^\P{Surrogate}*$/u, "has half of a surrogate pair, which UTF-8 cannot write");
export const keySchema = wellFormed.refine((key) => Buffer.byteLength(key) <= maxKeyBytes, `is over ${maxKeyBytes} bytes`);
export const spaceSchema = wellFormed.min(1).max(1024);
export const bytesSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "expected bytes");
const valueSchema = bytesSchema.refine((value) => value.length <= maxValueBytes, `is over ${maxValueBytes} bytes`);
export const pairSchema = z.tuple([keySchema, valueSchema]).readonly();
export type Pair = z.infer<typeof pairSchema>;

/** Which state of which cluster: the same operations give the same snapshot on every replica. */
export const snapshotIdSchema = z.strictObject({
  clusterId: z.string().min(1).max(256),
  version: z.int().min(0),
  /** How many operations of the replicated log the state includes. */
  position: z.int().min(0),
});
export type SnapshotId = z.infer<typeof snapshotIdSchema>;

export const manifestSchema = z
  .strictObject({
    ...snapshotIdSchema.shape,
    space: spaceSchema,
    root: hashSchema,
    /** Of all pairs: how many, and the bytes of their keys and values. */
    count: z.int().min(0),
    bytes: z.int().min(0),
    /** The last key hash of each chunk. A chunk has the pairs after the last key hash of the one before. */
    chunkEnds: z.array(hashSchema).max(maxChunks),
  })
  .refine(({ chunkEnds }) => chunkEnds.every((end, i) => i === 0 || end > (chunkEnds[i - 1] ?? end)), "chunkEnds must ascend");
export type Manifest = z.infer<typeof manifestSchema>;

export const chunkSchema = z.strictObject({
  /** From 0. */
  index: z.int().min(0).max(maxChunks),
  /** In the order of their key hashes. */
  pairs: z.array(pairSchema).max(maxChunkPairs),
  proof: rangeProofSchema,
});
export type Chunk = z.infer<typeof chunkSchema>;

/** What was counted: see the manifest. */
export const usageSchema = z.strictObject({ count: z.int().min(0), bytes: z.int().min(0) });
export type Usage = z.infer<typeof usageSchema>;

export const leafOf = ([key, value]: Pair): Leaf => ({ keyHash: hashOfKey(key), valueHash: hashOfValue(value) });
export const bytesOf = ([key, value]: Pair): number => Buffer.byteLength(key) + value.length;

/** The key hash after which a chunk begins; undefined for the first. */
export const chunkStart = (manifest: Manifest, index: number): Hash | undefined => manifest.chunkEnds[index - 1];

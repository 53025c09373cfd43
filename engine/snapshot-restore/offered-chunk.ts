/** A chunk that has the form its manifest says; whether its pairs are those of the snapshot is for the range proof to say. */
import { validated } from "../codec.ts";
import { BadChunkError, messageOf } from "./errors.ts";
import type { Hash, Leaf } from "./merkle/hash.ts";
import type { RangeProof } from "./merkle/range-proof.ts";
import { chunkSchema, chunkStart, leafOf } from "./snapshot.ts";
import type { Chunk, Manifest, Pair } from "./snapshot.ts";

export interface OfferedChunk {
  readonly index: number;
  readonly pairs: readonly Pair[];
  /** Of the pairs, in the same order. */
  readonly leaves: readonly Leaf[];
  /** The last key hash before the chunk; undefined for the first chunk. */
  readonly after: Hash | undefined;
  readonly last: Hash;
  readonly proof: RangeProof;
}

const validChunk = (given: unknown, what: string): Chunk => {
  try {
    return validated(chunkSchema, given, what);
  } catch (error) {
    throw new BadChunkError(messageOf(error), { cause: error });
  }
};

/** Throws BadChunkError. */
export const readChunk = (manifest: Manifest, index: number, given: unknown): OfferedChunk => {
  const what = `chunk ${index} of ${manifest.space}`;
  const chunk = validChunk(given, what);
  if (chunk.index !== index) throw new BadChunkError(`${what} was asked for, and chunk ${chunk.index} came`);
  const leaves = chunk.pairs.map((pair) => leafOf(pair));
  const after = chunkStart(manifest, index);
  let previous = after;
  for (const { keyHash } of leaves) {
    if (previous !== undefined && keyHash <= previous) throw new BadChunkError(`${what} has key hash ${keyHash} after ${previous}`);
    previous = keyHash;
  }
  const last = leaves.at(-1)?.keyHash;
  const end = manifest.chunkEnds[index];
  if (last === undefined || last !== end)
    throw new BadChunkError(`${what} ends with key hash ${last ?? "none"}, by the manifest with ${end ?? "none"}`);
  return { index, pairs: chunk.pairs, leaves, after, last, proof: chunk.proof };
};

/**
 * Range proofs: that the leaves from one key hash to another are all that the tree of a known root has there. Whoever checks
 * one has everything on the left as a frontier, adds the leaves, and is given the subtrees on the right of the last one's path.
 * A wrong, missing or extra leaf, on the left or in the range, changes the root. The proof has one form only: a hash for each 0
 * in the bits of the last key hash, from the root down, up to the deepest that is not EMPTY.
 */
import { z } from "zod";
import { EMPTY, bitsOf, commonBits, hashBits, hashSchema } from "./hash.ts";
import type { Hash } from "./hash.ts";
import type { Frontier, FrozenNode } from "./frontier.ts";

export const rangeProofSchema = z.array(hashSchema).max(hashBits);
export type RangeProof = z.infer<typeof rangeProofSchema>;

/** Does the frontier, which ends with the range's last leaf, together with the proof have this root? */
export const proves = (frontier: Frontier, proof: RangeProof, root: Hash): boolean => {
  if (proof.at(-1) === EMPTY) return false;
  const last = frontier.last;
  const zeros = last === undefined ? 0 : bitsOf(last.keyHash).replaceAll("1", "").length;
  return proof.length <= zeros && frontier.root(proof) === root;
};

/**
 * Collects the proofs of many ranges in one pass over the leaves. What a range has on its right is frozen after its end, so the
 * paths are noted first. Memory: the depth of the tree times the number of ranges.
 */
export class RangeProofs {
  private readonly wanted: (readonly string[])[] = [];
  private readonly found = new Map<string, Hash>();

  /** A range ends with `last`; `next` is the leaf that follows it, if there is one. */
  endRange(last: Hash, next: Hash | undefined): void {
    const paths: string[] = [];
    if (next !== undefined) {
      const bits = bitsOf(last);
      /** Below the place where the paths part there is nothing between the two. */
      const deepest = commonBits(bits, bitsOf(next));
      for (let depth = 0; depth <= deepest; depth += 1) if (bits[depth] === "0") paths.push(`${bits.slice(0, depth)}1`);
    }
    this.wanted.push(paths);
    for (const path of paths) this.found.set(path, EMPTY);
  }

  freeze(nodes: readonly FrozenNode[]): void {
    for (const { path, hash } of nodes) if (this.found.has(path)) this.found.set(path, hash);
  }

  /** The proofs in the order of the ranges, when all leaves have been added and frozen. */
  proofs(): readonly RangeProof[] {
    return this.wanted.map((paths) => paths.map((path) => this.found.get(path) ?? EMPTY));
  }
}

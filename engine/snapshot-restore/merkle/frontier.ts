/**
 * The tree while it is built from left to right, in the order of the key hashes: the last leaf, and for every 1 in the bits of
 * its key hash the subtree on the left of its path. That is all that is needed to go on and to compute the root, so memory is
 * bounded by the depth (256 hashes), not by the number of pairs. A node is frozen when nothing more can come below it: the
 * last leaf, and the inner nodes that it is the last one of, when the next leaf is added or the tree ends.
 */
import { z } from "zod";
import { EMPTY, bitsOf, commonBits, hashBits, hashOfNode, hashSchema, leafSchema } from "./hash.ts";
import type { Hash, Leaf, Node } from "./hash.ts";

export interface FrozenNode {
  /** The bits from the root to the node. */
  readonly path: string;
  readonly node: Node;
  readonly hash: Hash;
  /** The key hash of the last leaf below it: the one that it was frozen with. */
  readonly last: Hash;
}

/** What a frontier consists of, as plain values: the subtrees on the left by the depth of the bit that parts them from the last leaf. */
export const frontierSchema = z.strictObject({
  last: leafSchema.nullable(),
  left: z
    .array(
      z.tuple([
        z
          .int()
          .min(0)
          .max(hashBits - 1),
        hashSchema,
      ]),
    )
    .max(hashBits),
});
export type FrontierValue = z.infer<typeof frontierSchema>;

/** Leaves did not come in ascending order of their key hashes. */
export class LeafOrderError extends Error {
  override readonly name = "LeafOrderError";
}

/** The hashes of the right siblings of a path, for each 0 in its bits from the root down; the rest is empty. See range-proof.ts. */
type RightSiblings = readonly Hash[];

export class Frontier {
  private bits = "";

  private constructor(
    private leaf: Leaf | undefined,
    private left: Map<number, Hash>,
  ) {
    if (leaf !== undefined) this.bits = bitsOf(leaf.keyHash);
  }

  static empty(): Frontier {
    return new Frontier(undefined, new Map());
  }

  static of(value: FrontierValue): Frontier {
    return new Frontier(value.last ?? undefined, new Map(value.left));
  }

  value(): FrontierValue {
    return { last: this.leaf ?? null, left: [...this.left] };
  }

  get last(): Leaf | undefined {
    return this.leaf;
  }

  /** Adds the next leaf and returns what is frozen by that, children before parents. Throws LeafOrderError. */
  add(leaf: Leaf): readonly FrozenNode[] {
    const bits = bitsOf(leaf.keyHash);
    if (this.leaf === undefined) {
      this.leaf = leaf;
      this.bits = bits;
      return [];
    }
    if (leaf.keyHash <= this.leaf.keyHash) {
      throw new LeafOrderError(`key hash ${leaf.keyHash} comes after ${this.leaf.keyHash}; key hashes must ascend`);
    }
    const common = commonBits(this.bits, bits);
    const frozen = this.close(common + 1);
    const left = new Map([...this.left].filter(([depth]) => depth < common));
    const subtree = frozen.at(-1);
    if (subtree !== undefined) left.set(common, subtree.hash);
    this.leaf = leaf;
    this.bits = bits;
    this.left = left;
    return frozen;
  }

  /** What is frozen when no leaf follows: the rest of the right-most path, the root last. */
  end(): readonly FrozenNode[] {
    return this.close(0);
  }

  /** The root of the tree that has these subtrees on the right of the last leaf's path. */
  root(right: RightSiblings = []): Hash {
    if (this.leaf === undefined) return EMPTY;
    const sibling = new Map(this.left);
    let given = 0;
    for (let depth = 0; given < right.length && depth < hashBits; depth += 1) {
      if (this.bits[depth] === "1") continue;
      sibling.set(depth, right[given] ?? EMPTY);
      given += 1;
    }
    let hash = hashOfNode(this.leaf);
    for (let depth = Math.max(-1, ...sibling.keys()); depth >= 0; depth -= 1) {
      const other = sibling.get(depth) ?? EMPTY;
      hash = hashOfNode(this.bits[depth] === "1" ? { left: other, right: hash } : { left: hash, right: other });
    }
    return hash;
  }

  /** The last leaf and the nodes above it, up to the one at `top`, the depth where the next leaf's path leaves. */
  private close(top: number): readonly FrozenNode[] {
    if (this.leaf === undefined) return [];
    const last = this.leaf.keyHash;
    const frozen: FrozenNode[] = [];
    const freeze = (depth: number, node: Node): Hash => {
      const hash = hashOfNode(node);
      frozen.push({ path: this.bits.slice(0, depth), node, hash, last });
      return hash;
    };
    /** A leaf stands right below the deepest node that it shares with another. */
    const leafDepth = Math.max(top, 1 + Math.max(-1, ...this.left.keys()));
    let hash = freeze(leafDepth, this.leaf);
    for (let depth = leafDepth - 1; depth >= top; depth -= 1) {
      const other = this.left.get(depth) ?? EMPTY;
      hash = freeze(depth, this.bits[depth] === "1" ? { left: other, right: hash } : { left: hash, right: EMPTY });
    }
    return frozen;
  }
}

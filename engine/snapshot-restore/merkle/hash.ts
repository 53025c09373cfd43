/**
 * The hash rules of the sparse Merkle tree over a space of key-value pairs. All hashes are SHA-256, written as 64 small
 * hexadecimal digits. A tree of no pair is EMPTY; of one pair, its leaf, at whatever depth; of more, an inner node over those
 * whose key hash has a 0 and those whose key hash has a 1 as the next bit, most significant bit first. So the root depends on
 * the set of pairs only. The first byte keeps leaves, inner nodes and the empty tree apart:
 *
 *   key hash   = SHA-256(key in UTF-8)
 *   value hash = SHA-256(value)
 *   leaf       = SHA-256(0x00 ‖ key hash ‖ value hash)
 *   inner      = SHA-256(0x01 ‖ left ‖ right)
 *   EMPTY      = 32 zero bytes, which nobody knows a preimage of
 *
 * The test beside this file has vectors.
 */
import { createHash } from "node:crypto";
import { z } from "zod";

export type Hash = string;
export const hashBits = 256;
export const hashSchema = z.string().regex(/^[0-9a-f]{64}$/, "expected a SHA-256 hash as 64 small hexadecimal digits");
export const EMPTY: Hash = "0".repeat(hashBits / 4);

export interface Leaf {
  readonly keyHash: Hash;
  readonly valueHash: Hash;
}
export interface Inner {
  readonly left: Hash;
  readonly right: Hash;
}
export type Node = Leaf | Inner;
export const leafSchema = z.strictObject({ keyHash: hashSchema, valueHash: hashSchema });
export const nodeSchema = z.union([leafSchema, z.strictObject({ left: hashSchema, right: hashSchema })]);

const leafPrefix = Uint8Array.of(0);
const innerPrefix = Uint8Array.of(1);

export const hashOfKey = (key: string): Hash => createHash("sha256").update(key, "utf8").digest("hex");
export const hashOfValue = (value: Uint8Array): Hash => createHash("sha256").update(value).digest("hex");
export const isLeaf = (node: Node): node is Leaf => "keyHash" in node;
export const hashOfNode = (node: Node): Hash =>
  isLeaf(node)
    ? createHash("sha256").update(leafPrefix).update(node.keyHash, "hex").update(node.valueHash, "hex").digest("hex")
    : createHash("sha256").update(innerPrefix).update(node.left, "hex").update(node.right, "hex").digest("hex");

const nibbles = new Map(Array.from({ length: 16 }, (_, n) => [n.toString(16), n.toString(2).padStart(4, "0")] as const));

/** The hash as 256 characters 0 or 1. The path of a node is a prefix of the bits of every key hash below it. */
export const bitsOf = (hash: Hash): string => {
  let bits = "";
  for (const digit of hash) bits += nibbles.get(digit) ?? "";
  return bits;
};

/** How many bits two different key hashes have in common, from the first on. */
export const commonBits = (a: string, b: string): number => {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
};

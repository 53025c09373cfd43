/**
 * States as rows of 32-bit words. A leaf whose schema has few values lies in some bits; a set of elements that are few is
 * a bit to an element; every other leaf is its id, in a word of its own.
 */
import type { Leaf } from "./leaves.ts";
import type { Lists } from "../kernel/lists.ts";
import { GrowingArray } from "../kernel/memo-table.ts";
import { cardinality, codedValue, valueCode } from "./value-code.ts";

/** Leaves of more values than this, in bits, are ids. */
const MAX_WIDTH = 16;
/** Sets of more elements than this are ids. */
const MAX_ELEMENTS = 512;
/** Changed words are a mask. */
export const MAX_WORDS = 30;
/** A state of two words has so many bits: the left half of a pair must not be all ones, which marks a hole. */
const TWO_WORDS = 63;

const capacityOf = (word: number): number => (word % 2 === 0 ? 31 : 32);
export const bitsMask = (width: number): number => (width >= 32 ? -1 : ((1 << width) - 1) | 0); // of 31 bits, too, a 32-bit number

/** Some bits of a leaf, and where they lie. `from` is the first of them in the leaf. */
export interface Piece {
  readonly word: number;
  readonly shift: number;
  readonly width: number;
  readonly from: number;
}

export type PackedKind = "code" | "bits" | "id";

export interface PackedLeaf {
  readonly leaf: Leaf;
  readonly kind: PackedKind;
  /** The bits that it takes; of an id none, it has its word. */
  readonly width: number;
  pieces: Piece[];
}

const packedLeaf = (leaf: Leaf): PackedLeaf => {
  const values = cardinality(leaf.values.schema);
  if (leaf.isList) {
    const isBits = leaf.variableSchema.kind === "set" && values <= MAX_ELEMENTS;
    return { leaf, kind: isBits ? "bits" : "id", width: isBits ? values : 0, pieces: [] };
  }
  const width = Math.max(1, Math.ceil(Math.log2(Math.max(1, values))));
  return width <= MAX_WIDTH ? { leaf, kind: "code", width, pieces: [] } : { leaf, kind: "id", width: 0, pieces: [] };
};

export class PackedLayout {
  readonly packed: readonly PackedLeaf[];
  readonly words: number;
  /** The tree of pairs over the words, as in the layout of clusters. */
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly below: readonly number[];
  /** By leaf: codes of ids and ids of codes, +1. Of sets, those of their elements. */
  private readonly codes: readonly GrowingArray[];
  private readonly idsOfCodes: readonly GrowingArray[];

  constructor(
    readonly leaves: readonly Leaf[],
    private readonly lists: Lists,
  ) {
    this.packed = leaves.map(packedLeaf);
    this.codes = leaves.map(() => new GrowingArray());
    this.idsOfCodes = leaves.map(() => new GrowingArray());
    this.words = Math.max(2, this.place());
    const tree = this.buildTree();
    this.left = tree.map((t) => t.left);
    this.right = tree.map((t) => t.right);
    this.below = tree.map((t) => t.below);
  }

  /** Is every leaf packed, and is there room for them? */
  get isPacked(): boolean {
    return this.fits && this.packed.every((p) => p.kind !== "id");
  }
  get fits(): boolean {
    return this.words <= MAX_WORDS;
  }

  /** Gives every leaf its place; returns how many words are taken. */
  private place(): number {
    const packed = this.packed.filter((p) => p.kind !== "id");
    const total = packed.reduce((sum, p) => sum + p.width, 0);
    const hasIds = packed.length < this.packed.length;
    const used = [0];
    if (total <= TWO_WORDS && !hasIds) {
      for (const p of packed.toSorted((a, b) => b.width - a.width)) this.placeBits(p, used, 0);
    } else {
      // What belongs to one process lies together, and collections come last: few words change in a step.
      const owner = (p: PackedLeaf): string => (p.leaf.keySet === undefined ? "" : `${p.leaf.keySet} ${String(p.leaf.key)}`);
      const owners = [...new Set(packed.map(owner))];
      const rank = (p: PackedLeaf): number => (p.kind === "bits" ? owners.length : owners.indexOf(owner(p)));
      for (const p of packed.toSorted((a, b) => rank(a) - rank(b))) this.placeBits(p, used, used.length - 1);
    }
    let words = packed.length > 0 ? used.length : 0;
    for (const p of this.packed) if (p.kind === "id") p.pieces = [{ word: words++, shift: 0, width: 32, from: 0 }];
    return words;
  }

  /** Takes the first words from `first` on that have room. Only sets may be taken apart. */
  private placeBits(p: PackedLeaf, used: number[], first: number): void {
    let from = 0;
    for (let word = first; from < p.width; word++) {
      const at = (used[word] ??= 0);
      const free = capacityOf(word) - at;
      const width = p.kind === "bits" ? Math.min(free, p.width - from) : p.width <= free ? p.width : 0;
      if (width === 0) continue;
      p.pieces.push({ word, shift: at, width, from });
      used[word] = at + width;
      from += width;
    }
  }

  private buildTree(): { left: number; right: number; below: number }[] {
    const inner: { left: number; right: number; below: number }[] = [];
    let row = Array.from({ length: this.words }, (_, word) => ({ value: word, below: 1 << word }));
    while (row.length > 1) {
      const next: typeof row = [];
      for (let i = 0; i < row.length; i += 2) {
        const [a, b] = [row[i], row[i + 1]];
        if (a === undefined) continue;
        if (b === undefined) next.push(a);
        else {
          const below = a.below | b.below;
          inner.push({ left: a.value, right: b.value, below });
          next.push({ value: this.words + inner.length - 1, below });
        }
      }
      row = next;
    }
    return inner;
  }

  /** The number of a value of a leaf (of a set: of an element) by its id. */
  code(leaf: Leaf, id: number): number {
    const known = this.codes[leaf.index]?.get(id) ?? 0;
    if (known !== 0) return known - 1;
    const code = valueCode(leaf.values.schema, leaf.values.value(id));
    this.codes[leaf.index]?.set(id, code + 1);
    return code;
  }

  /** The id of a value by its number. */
  id(leaf: Leaf, code: number): number {
    const known = this.idsOfCodes[leaf.index]?.get(code) ?? 0;
    if (known !== 0) return known - 1;
    const id = leaf.values.id(codedValue(leaf.values.schema, code), leaf.path);
    this.idsOfCodes[leaf.index]?.set(code, id + 1);
    return id;
  }

  /** The ids of all leaves of the words at `base`. */
  decode(words: ArrayLike<number>, base: number, ids: Uint32Array, offset = 0): void {
    for (let i = 0; i < this.packed.length; i++) {
      const p = this.packed[i];
      if (p !== undefined) ids[offset + i] = this.decodeLeaf(p, words, base);
    }
  }

  private decodeLeaf({ leaf, kind, pieces }: PackedLeaf, words: ArrayLike<number>, base: number): number {
    const [first] = pieces;
    if (kind === "bits") {
      const elements: [number, number][] = [];
      for (const { word, shift, width, from } of pieces)
        for (let i = 0; i < width; i++)
          if ((((words[base + word] ?? 0) >>> (shift + i)) & 1) === 1) elements.push([this.id(leaf, from + i), 1]);
      return this.lists.from(elements);
    }
    if (first === undefined) return 0;
    const word = words[base + first.word] ?? 0;
    return kind === "id" ? word : this.id(leaf, (word >>> first.shift) & bitsMask(first.width));
  }

  /** The words of a vector of leaf ids. */
  encode(ids: ArrayLike<number>, words: Uint32Array): void {
    words.fill(0);
    for (const p of this.packed)
      this.bitsOf(p, ids[p.leaf.index] ?? 0, (word, _, bits) => {
        words[word] = (words[word] ?? 0) | bits;
      });
  }

  /** What a leaf with this id takes of each word: the bits that are its own there, and what they are. */
  bitsOf(p: PackedLeaf, id: number, visit: (word: number, mask: number, bits: number) => void): void {
    const { leaf, kind, pieces } = p;
    const codes = kind === "bits" ? new Set(this.lists.entries(id).map(([e]) => this.code(leaf, e))) : undefined;
    for (const { word, shift, width, from } of pieces) {
      let bits = kind === "id" ? id : codes === undefined ? this.code(leaf, id) : 0;
      if (codes !== undefined) for (let i = 0; i < width; i++) if (codes.has(from + i)) bits |= 1 << i;
      visit(word, bitsMask(width) << shift, bits << shift);
    }
  }

  /** Where the bit of an element of a set lies. */
  bitOf(p: PackedLeaf, element: number): { readonly word: number; readonly shift: number } {
    const code = this.code(p.leaf, element);
    const piece = p.pieces.find(({ from, width }) => code >= from && code < from + width);
    if (piece === undefined) throw new RangeError("an element of a set has no bit");
    return { word: piece.word, shift: piece.shift + code - piece.from };
  }
}

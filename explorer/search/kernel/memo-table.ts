/** A private, growing hash table from pairs of 32-bit ids to numbers: the shape of every memo of the search. */
import { hashPair } from "./pair-table.ts";

/** Numbers per entry: the two ids of the key, the value, and a second value. One entry is a quarter of a cache line. */
const STRIDE = 4;

export class MemoTable {
  /** Entries in place; one whose value is 0 is empty, so values must not be 0. */
  private entries = new Uint32Array(0);
  private mask = 0;
  private used = 0;
  /** Where the last `get` or `set` ended: the entry, or the empty place for it. */
  private at = 0;

  constructor(private readonly initialCapacity = 1 << 8) {
    this.clear();
  }

  clear(): void {
    this.entries = new Uint32Array(STRIDE * this.initialCapacity);
    this.mask = this.initialCapacity - 1;
    this.used = 0;
  }

  get bytes(): number {
    return this.entries.byteLength;
  }
  get size(): number {
    return this.used;
  }

  /** The value of a key; 0 if it has none. */
  get(a: number, b: number): number {
    const { entries, mask } = this;
    let i = (hashPair(a, b) & mask) * STRIDE;
    for (;;) {
      const value = entries[i + 2] ?? 0;
      if (value === 0 || (entries[i] === a && entries[i + 1] === b)) {
        this.at = i;
        return value;
      }
      i = (i + STRIDE) & (mask * STRIDE + STRIDE - 1);
    }
  }
  /** The second value of the key that `get` has just found. */
  get second(): number {
    return this.entries[this.at + 3] ?? 0;
  }

  set(a: number, b: number, value: number, second = 0): void {
    if (2 * this.used > this.mask) this.grow();
    if (this.get(a, b) === 0) this.used++;
    const { entries, at } = this;
    entries[at] = a;
    entries[at + 1] = b;
    entries[at + 2] = value;
    entries[at + 3] = second;
  }

  /** A number from 1 for each key, in order of first use. */
  number(a: number, b: number): number {
    const known = this.get(a, b);
    if (known !== 0) return known;
    const n = this.used + 1;
    this.set(a, b, n);
    return n;
  }

  private grow(): void {
    const old = this.entries;
    this.entries = new Uint32Array(2 * old.length);
    this.mask = 2 * this.mask + 1;
    for (let i = 0; i < old.length; i += STRIDE) {
      if (old[i + 2] === 0) continue;
      this.get(old[i] ?? 0, old[i + 1] ?? 0);
      for (let k = 0; k < STRIDE; k++) this.entries[this.at + k] = old[i + k] ?? 0;
    }
  }
}

/** A growing array of 32-bit numbers that reads 0 where nothing was written. */
export class GrowingArray {
  data = new Uint32Array(1 << 8);

  get(i: number): number {
    return i < this.data.length ? (this.data[i] ?? 0) : 0;
  }
  set(i: number, value: number): void {
    this.reserve(i + 1);
    this.data[i] = value;
  }
  reserve(length: number): void {
    if (length <= this.data.length) return;
    const data = new Uint32Array(Math.max(length, this.data.length * 2));
    data.set(this.data);
    this.data = data;
  }
}

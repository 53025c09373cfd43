/** A private, growing hash table from pairs of 32-bit ids to one 32-bit value: the shape of every memo of the search. */
import { hashPair } from "./pair-table.ts";

export class MemoTable {
  private keys = new Uint32Array(0);
  private slots = new Int32Array(0);
  /** `values[k]` belongs to the key whose index is `k`; what is not set yet is 0. */
  values = new Uint32Array(0);
  private mask = 0;
  count = 0;
  fresh = false;

  constructor(private readonly initialCapacity = 1 << 8) {
    this.clear();
  }

  clear(): void {
    const capacity = this.initialCapacity;
    this.keys = new Uint32Array(2 * capacity);
    this.values = new Uint32Array(capacity);
    this.slots = new Int32Array(2 * capacity);
    this.mask = 2 * capacity - 1;
    this.count = 0;
  }

  get bytes(): number {
    return this.keys.byteLength + this.values.byteLength + this.slots.byteLength;
  }

  /** The dense index of a key, inserting it if it is new (`fresh`). */
  index(a: number, b: number): number {
    const { keys, slots, mask } = this;
    let h = hashPair(a, b) & mask;
    for (;;) {
      const s = slots[h] ?? 0;
      if (s === 0) break;
      if (keys[2 * s - 2] === a && keys[2 * s - 1] === b) {
        this.fresh = false;
        return s - 1;
      }
      h = (h + 1) & mask;
    }
    const k = this.count++;
    slots[h] = k + 1;
    keys[2 * k] = a;
    keys[2 * k + 1] = b;
    this.fresh = true;
    if (this.count === this.values.length) this.grow();
    return k;
  }

  keyOf(k: number): readonly [number, number] {
    return [this.keys[2 * k] ?? 0, this.keys[2 * k + 1] ?? 0];
  }

  private grow(): void {
    const capacity = this.values.length * 2;
    const keys = new Uint32Array(2 * capacity);
    keys.set(this.keys);
    const values = new Uint32Array(capacity);
    values.set(this.values);
    const slots = new Int32Array(2 * capacity);
    const mask = 2 * capacity - 1;
    for (let k = 0; k < this.count; k++) {
      let h = hashPair(keys[2 * k] ?? 0, keys[2 * k + 1] ?? 0) & mask;
      while (slots[h] !== 0) h = (h + 1) & mask;
      slots[h] = k + 1;
    }
    Object.assign(this, { keys, values, slots, mask });
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

/**
 * States as binary trees of pairs. A state is a vector of numbers, here called parts; pairs of parts are interned, pairs
 * of those again, up to the root, whose id is the state's. Nothing here knows what the parts are.
 */
import { PairBatch } from "./pair-table.ts";
import type { PairTable } from "./pair-table.ts";

/** The shape of a tree. Values are numbered parts first, then the inner pairs, bottom-up; the last pair is the root. */
export interface TreeShape {
  /** How many parts a state has. */
  readonly parts: number;
  /** The children of each pair. */
  readonly left: readonly number[];
  readonly right: readonly number[];
  /** The parts below each pair, as a mask. */
  readonly below: readonly number[];
}

export class StateTree {
  /** Numbers in a vector: parts, then inner pairs without the root. */
  readonly width: number;
  /** The ids of the states of the last `intern`, and 1 where one is new. */
  readonly ids: Uint32Array;
  readonly isNew: Uint8Array;
  private readonly n: number;
  private readonly left: Int32Array;
  private readonly right: Int32Array;
  private readonly below: Int32Array;
  private readonly pairs: PairBatch;
  /** Where in the batch the ids of the inner pairs belong. */
  private readonly places: Uint32Array;

  constructor(
    shape: TreeShape,
    private readonly inner: PairTable,
    private readonly states: PairTable,
    batchSize: number,
  ) {
    this.n = shape.parts;
    this.width = shape.parts + shape.left.length - 1;
    this.left = Int32Array.from(shape.left);
    this.right = Int32Array.from(shape.right);
    this.below = Int32Array.from(shape.below);
    this.pairs = new PairBatch(batchSize);
    this.places = new Uint32Array(batchSize);
    ({ ids: this.ids, isNew: this.isNew } = this.pairs);
  }

  /** Takes a state apart into `vector`. */
  load(id: number, vector: Uint32Array): void {
    this.loadMany(id, 1, vector);
  }

  /** Takes states in a row apart; one pair after the other for all of them, so that many requests for memory are under way at once. */
  loadMany(first: number, size: number, vectors: Uint32Array): void {
    const { left, right, n, width, states, inner } = this;
    for (let j = left.length - 1; j >= 0; j--) {
      const isRoot = j === left.length - 1;
      const { data } = isRoot ? states : inner;
      const l = left[j] ?? 0;
      const r = right[j] ?? 0;
      for (let k = 0, base = 0; k < size; k++, base += width) {
        const node = isRoot ? first + k : (vectors[base + n + j] ?? 0);
        vectors[base + l] = data[2 * node] ?? 0;
        vectors[base + r] = data[2 * node + 1] ?? 0;
      }
    }
  }

  /** The state whose parts are in `vector`, or -1 if it was never interned. Fills in the inner pairs. */
  find(vector: Uint32Array): number {
    const { left, right, n, states, inner } = this;
    const root = left.length - 1;
    for (let j = 0; j < root; j++) {
      const node = inner.find(vector[left[j] ?? 0] ?? 0, vector[right[j] ?? 0] ?? 0);
      if (node < 0) return -1;
      vector[n + j] = node;
    }
    return states.find(vector[left[root] ?? 0] ?? 0, vector[right[root] ?? 0] ?? 0);
  }

  /**
   * Interns states one after the other in `batch`. `changed` masks the parts that differ from those that the inner pairs
   * in the batch belong to: only the pairs above them are looked up. Fills in the inner pairs.
   */
  intern(batch: Uint32Array, changed: Int32Array, count: number): void {
    const root = this.left.length - 1;
    for (let j = 0; j < root; j++) this.internInner(j, batch, changed, count);
    const { lefts, rights } = this.pairs;
    const left = this.left[root] ?? 0;
    const right = this.right[root] ?? 0;
    for (let i = 0, base = 0; i < count; i++, base += this.width) {
      lefts[i] = batch[base + left] ?? 0;
      rights[i] = batch[base + right] ?? 0;
    }
    this.states.internBatch(this.pairs, count);
  }

  /** The pairs at inner place j. */
  private internInner(j: number, batch: Uint32Array, changed: Int32Array, size: number): void {
    const { width, places } = this;
    const { lefts, rights, ids } = this.pairs;
    const left = this.left[j] ?? 0;
    const right = this.right[j] ?? 0;
    const below = this.below[j] ?? 0;
    let count = 0;
    for (let i = 0, base = 0; i < size; i++, base += width) {
      if (((changed[i] ?? 0) & below) === 0) continue;
      lefts[count] = batch[base + left] ?? 0;
      rights[count] = batch[base + right] ?? 0;
      places[count++] = base + this.n + j;
    }
    this.inner.internBatch(this.pairs, count);
    for (let i = 0; i < count; i++) batch[places[i] ?? 0] = ids[i] ?? 0;
  }
}

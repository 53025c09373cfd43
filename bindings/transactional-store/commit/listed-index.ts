/** The production index of vectors, with a list of what is in it, which the index itself does not tell. */
import { HnswIndex } from "../../../engine/transactional-store/vector-index.ts";
import type { Metric, VectorHit, VectorIndex } from "../../../engine/transactional-store/vector-index.ts";

export class ListedIndex implements VectorIndex {
  readonly #index: HnswIndex;
  readonly #vectors = new Map<number, Float32Array>();

  constructor(metric: Metric, dimension: number) {
    this.#index = new HnswIndex(metric, dimension);
  }

  get size(): number {
    return this.#index.size;
  }
  /** Id -> vector. */
  get vectors(): ReadonlyMap<number, Float32Array> {
    return this.#vectors;
  }
  add(id: number, vector: Float32Array): void {
    this.#index.add(id, vector);
    this.#vectors.set(id, vector);
  }
  remove(id: number): void {
    this.#index.remove(id);
    this.#vectors.delete(id);
  }
  search(query: Float32Array, k: number): readonly VectorHit[] {
    return this.#index.search(query, k);
  }
}

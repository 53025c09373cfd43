/**
 * An index of vectors for approximate search of the nearest, in memory, behind an interface: here USearch's HNSW graph.
 * Ids are the caller's. It knows nothing of keys, versions or transactions (`vector-collections.ts`).
 */
import usearch from "usearch";

/** cos: 1 - cosine; l2sq: squared Euclidean distance; ip: 1 - inner product. */
export type Metric = "cos" | "l2sq" | "ip";
export interface VectorHit {
  readonly id: number;
  readonly distance: number;
}

export interface VectorIndex {
  readonly size: number;
  /** The id must not be in the index. */
  add(id: number, vector: Float32Array): void;
  remove(id: number): void;
  /** At most `k`, the nearest first. */
  search(query: Float32Array, k: number): readonly VectorHit[];
}

export class HnswIndex implements VectorIndex {
  readonly #index: InstanceType<typeof usearch.Index>;

  constructor(metric: Metric, dimension: number) {
    const metrics = { cos: usearch.MetricKind.Cos, l2sq: usearch.MetricKind.L2sq, ip: usearch.MetricKind.IP };
    this.#index = new usearch.Index({
      metric: metrics[metric],
      dimensions: dimension,
      connectivity: 16,
      quantization: usearch.ScalarKind.F32,
      expansion_add: 128,
      expansion_search: 64,
      multi: false,
    });
  }

  get size(): number {
    return this.#index.size();
  }
  add(id: number, vector: Float32Array): void {
    this.#index.add(BigInt(id), vector);
  }
  remove(id: number): void {
    this.#index.remove(BigInt(id));
  }
  search(query: Float32Array, k: number): readonly VectorHit[] {
    if (k === 0 || this.size === 0) return [];
    const { keys, distances } = this.#index.search(query, Math.min(k, this.size), 0);
    return Array.from(keys, (id, i) => ({ id: Number(id), distance: distances[i] ?? Number.NaN }));
  }
}

/** The same figure that the index computes, for vectors that are compared one by one. */
export const distance = (metric: Metric, a: Float32Array, b: Float32Array): number => {
  let [dot, aa, bb, squares] = [0, 0, 0, 0];
  for (const [i, x] of a.entries()) {
    const y = b[i] ?? 0;
    dot += x * y;
    aa += x * x;
    bb += y * y;
    squares += (x - y) ** 2;
  }
  if (metric === "l2sq") return squares;
  return metric === "ip" ? 1 - dot : 1 - dot / Math.sqrt(aa * bb);
};

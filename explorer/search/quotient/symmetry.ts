/**
 * Symmetry: of the states that differ by a permutation of symmetric sets, one stands for all. Images of clusters are
 * remembered, so the representative of a state is found by comparing a few numbers per permutation.
 */
import { Counted, SetValue } from "../../../specs/language/collections.ts";
import { permute } from "../../../specs/language/codec.ts";
import type { Permutation } from "../../../specs/language/codec.ts";
import type { SpecInstance } from "../../../specs/language/instantiate.ts";
import type { Scalar } from "../../../specs/language/value-set.ts";
import type { Layout } from "../tracked/layout.ts";
import type { Leaf } from "../tracked/leaves.ts";
import { COUNT, FILTERED, WHOLE } from "../tracked/observer.ts";
import type { Lists } from "../kernel/lists.ts";
import { GrowingArray } from "../kernel/memo-table.ts";

/** All orders of a list. */
const orders = <T>(items: readonly T[]): T[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((item, i) => orders([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]));

const mapping = (from: readonly Scalar[], to: readonly Scalar[]): ReadonlyMap<unknown, unknown> => new Map(from.map((m, i) => [m, to[i]]));

/** Every permutation of the symmetric sets but the identity; those of several sets are combined. */
export const permutationsOf = (instance: SpecInstance): Permutation[] => {
  let all: Permutation[] = [{}];
  for (const { name, members } of instance.symmetricSets)
    all = all.flatMap((p) => orders(members).map((order) => ({ ...p, [name]: mapping(members, order) })));
  return all.slice(1); // the identity comes first
};

const inverseOf = (p: Permutation): Permutation =>
  Object.fromEntries(Object.entries(p).map(([set, images]) => [set, new Map([...images].map(([from, to]) => [to, from]))]));

/** Renames members of symmetric sets in any value, by their spelling: for arguments, whose types are not declared. */
export const renameEverywhere = (value: unknown, p: Permutation): unknown => {
  if (typeof value === "string") {
    for (const images of Object.values(p)) if (images.has(value)) return images.get(value);
    return value;
  }
  if (Array.isArray(value)) return value.map((v) => renameEverywhere(v, p));
  if (value instanceof Counted) return SetValue.of([...value].map((v: unknown) => renameEverywhere(v, p)));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [String(renameEverywhere(k, p)), renameEverywhere(v, p)]));
};

/** Acts on vectors of leaf ids. */
export class LeafPermutations {
  private readonly targets: Int32Array[];

  constructor(
    readonly permutations: readonly Permutation[],
    private readonly leaves: readonly Leaf[],
    private readonly lists: Lists,
  ) {
    this.targets = permutations.map((p) => Int32Array.from(leaves, (leaf) => this.targetOf(leaf, p)));
  }

  /** Asking this of the image under permutation `k` is to ask that of the original: leaf, question, detail. */
  original(k: number, at: number, question: number, detail: number): readonly [at: number, question: number, detail: number] {
    const n = this.leaves.length;
    const leaf = at % n;
    const source = this.targets[k]?.indexOf(leaf) ?? leaf;
    const { values } = this.leaves[source] ?? { values: undefined };
    const from = source + (at - leaf);
    if (values === undefined || question === WHOLE || question === FILTERED) return [from, question, detail];
    const inverse = inverseOf(this.permutations[k] ?? {});
    if (question === COUNT) return [from, question, values.id(permute(values.schema, values.value(detail), inverse), "a permuted element")];
    return [from, question, values.partImage(detail, inverse)];
  }

  private targetOf(leaf: Leaf, p: Permutation): number {
    if (leaf.keySet === undefined || leaf.key === undefined) return leaf.index;
    const key = p[leaf.keySet]?.get(leaf.key) ?? leaf.key;
    return this.leaves.find((l) => l.variable === leaf.variable && l.key === key)?.index ?? leaf.index;
  }

  /** The leaf that takes the image of a leaf. */
  target(k: number, leaf: number): number {
    return this.targets[k]?.[leaf] ?? leaf;
  }

  imageOfLeaf(k: number, leaf: Leaf, id: number): number {
    const p = this.permutations[k] ?? {};
    if (!leaf.isList) return leaf.values.image(id, k, p);
    return this.lists.from(this.lists.entries(id).map(([e, n]) => [leaf.values.image(e, k, p), n]));
  }

  image(k: number, ids: ArrayLike<number>): Uint32Array {
    const image = new Uint32Array(this.leaves.length);
    for (const leaf of this.leaves) image[this.target(k, leaf.index)] = this.imageOfLeaf(k, leaf, ids[leaf.index] ?? 0);
    return image;
  }
}

export class Symmetry {
  private readonly count: number;
  /** Per shape: images of cluster ids, +1, `count` to a cluster. */
  private readonly images: GrowingArray[];
  /** `sources[k * n + i]` is the cluster whose image under k comes to position i. */
  private readonly sources: Int32Array;
  private readonly best: Uint32Array;
  private readonly scratch: Uint32Array;
  private readonly shapes: Int32Array;

  constructor(
    private readonly layout: Layout,
    private readonly permutations: LeafPermutations,
  ) {
    const n = layout.clusters.length;
    this.count = permutations.permutations.length;
    this.images = Array.from({ length: layout.shapes }, () => new GrowingArray());
    this.sources = new Int32Array(this.count * n);
    this.shapes = Int32Array.from(layout.clusters, (c) => c.shape);
    for (let k = 0; k < this.count; k++)
      for (const c of layout.clusters) {
        const leaf = c.leaves[0];
        const target = leaf === undefined ? c.index : (layout.clusterOfLeaf[permutations.target(k, leaf.index)] ?? c.index);
        this.sources[k * n + target] = c.index;
      }
    this.best = new Uint32Array(n);
    this.scratch = new Uint32Array(layout.leaves.length);
  }

  get bytes(): number {
    return this.images.reduce((sum, a) => sum + a.data.byteLength, 0);
  }

  private image(shape: number, cluster: number, id: number, k: number): number {
    const i = id * this.count + k;
    const known = this.images[shape]?.get(i) ?? 0;
    return known !== 0 ? known - 1 : this.makeImage(shape, cluster, id, k, i);
  }

  private makeImage(shape: number, source: number, id: number, k: number, i: number): number {
    const { layout, permutations, scratch } = this;
    const from = layout.clusters[source];
    const first = from?.leaves[0];
    if (from === undefined || first === undefined) return id;
    layout.decode(from, id, scratch);
    const ids = new Uint32Array(layout.leaves.length);
    for (const leaf of from.leaves) ids[permutations.target(k, leaf.index)] = permutations.imageOfLeaf(k, leaf, scratch[leaf.index] ?? 0);
    const to = layout.clusters[layout.clusterOfLeaf[permutations.target(k, first.index)] ?? source] ?? from;
    const image = layout.encode(to, ids);
    this.images[shape]?.set(i, image + 1);
    return image;
  }

  /** Replaces the clusters at `base` by the least of their images. True if that changed them. */
  canonicalise(vector: Uint32Array, base: number): boolean {
    const { count, sources, best, shapes } = this;
    const n = best.length;
    for (let i = 0; i < n; i++) best[i] = vector[base + i] ?? 0;
    let changed = false;
    for (let k = 0; k < count; k++) {
      const row = k * n;
      // Compare from the last cluster down: the shared one comes first and tells most images apart.
      for (let i = n - 1; i >= 0; i--) {
        const source = sources[row + i] ?? 0;
        const image = this.image(shapes[source] ?? 0, source, vector[base + source] ?? 0, k);
        const b = best[i] ?? 0;
        if (image > b) break;
        if (image === b) continue;
        changed = true;
        this.copyFrom(row, i, vector, base, k);
        break;
      }
    }
    if (changed) for (let i = 0; i < n; i++) vector[base + i] = best[i] ?? 0;
    return changed;
  }

  private copyFrom(row: number, from: number, vector: Uint32Array, base: number, k: number): void {
    for (let i = from; i >= 0; i--) {
      const source = this.sources[row + i] ?? 0;
      this.best[i] = this.image(this.shapes[source] ?? 0, source, vector[base + source] ?? 0, k);
    }
  }
}

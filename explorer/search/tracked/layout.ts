/**
 * How the leaves of a state are put together. Leaves that only one process reads form that process's cluster, all others
 * the shared cluster; clusters are the leaves of a binary tree of pairs whose root is the state. The layout decides
 * speed, never results.
 */
import type { Scalar } from "../../../specs/language/value-set.ts";
import type { Leaf } from "./leaves.ts";
import type { PairTable } from "../kernel/pair-table.ts";

export interface Cluster {
  readonly index: number;
  /** The process whose state this is; undefined for the shared cluster. */
  readonly owner: { readonly set: string; readonly key: Scalar } | undefined;
  readonly leaves: readonly Leaf[];
  /** Clusters of one shape hold the same variables, so that their ids mean the same values. */
  readonly shape: number;
}

/** Sets of clusters are bit masks. */
export const MAX_CLUSTERS = 30;

export class Layout {
  readonly clusters: readonly Cluster[];
  readonly clusterOfLeaf: Int32Array;
  readonly shapes: number;
  /**
   * The tree: values are numbered clusters first, then the inner pairs, bottom-up. `left[j]` and `right[j]` are the
   * children of inner pair j; the last entry is the root.
   */
  readonly left: readonly number[];
  readonly right: readonly number[];
  /** The clusters below each inner pair, as a mask. */
  readonly below: readonly number[];

  constructor(
    readonly leaves: readonly Leaf[],
    /** The variables of which each process reads its own part only. */
    readonly privateVariables: ReadonlySet<string>,
    private readonly nodes: PairTable,
  ) {
    const groups = this.groupLeaves();
    // Collections vary most: put together last, they share the pairs of what comes before.
    this.clusters = groups.map((g, index) => ({ ...g, index, leaves: [...g.leaves].sort((a, b) => Number(a.isList) - Number(b.isList)) }));
    this.shapes = 1 + Math.max(...groups.map((g) => g.shape));
    this.clusterOfLeaf = new Int32Array(leaves.length);
    for (const c of this.clusters) for (const leaf of c.leaves) this.clusterOfLeaf[leaf.index] = c.index;
    const tree = this.buildTree();
    this.left = tree.map((t) => t.left);
    this.right = tree.map((t) => t.right);
    this.below = tree.map((t) => t.below);
  }

  /** Values per state: clusters and inner pairs without the root. */
  get width(): number {
    return this.clusters.length + this.left.length - 1;
  }

  private groupLeaves(): Omit<Cluster, "index">[] {
    const owned = new Map<string, { owner: { set: string; key: Scalar }; leaves: Leaf[]; shape: number }>();
    const shared: Leaf[] = [];
    const shapes: string[] = [];
    for (const leaf of this.leaves) {
      const { keySet: set, key } = leaf;
      if (set === undefined || key === undefined || !this.privateVariables.has(leaf.variable)) {
        shared.push(leaf);
        continue;
      }
      if (!shapes.includes(set)) shapes.push(set);
      const name = `${set} ${String(key)}`;
      const cluster = owned.get(name) ?? { owner: { set, key }, leaves: [], shape: shapes.indexOf(set) };
      cluster.leaves.push(leaf);
      owned.set(name, cluster);
    }
    if (owned.size >= MAX_CLUSTERS)
      return [
        { owner: undefined, leaves: this.leaves, shape: 0 },
        { owner: undefined, leaves: [], shape: 1 },
      ];
    const clusters = [...owned.values(), { owner: undefined, leaves: shared, shape: shapes.length }];
    // The root is a pair, so there are at least two clusters; an empty one has id 0.
    return clusters.length > 1 ? clusters : [...clusters, { owner: undefined, leaves: [], shape: shapes.length + 1 }];
  }

  private buildTree(): { left: number; right: number; below: number }[] {
    const inner: { left: number; right: number; below: number }[] = [];
    let row = this.clusters.map((c) => ({ value: c.index, below: 1 << c.index }));
    while (row.length > 1) {
      const next: typeof row = [];
      for (let i = 0; i < row.length; i += 2) {
        const [a, b] = [row[i], row[i + 1]];
        if (a === undefined) continue;
        if (b === undefined) next.push(a);
        else {
          const below = a.below | b.below;
          inner.push({ left: a.value, right: b.value, below });
          next.push({ value: this.clusters.length + inner.length - 1, below });
        }
      }
      row = next;
    }
    return inner;
  }

  /** The id of a cluster whose leaves have these ids; `ids` is indexed by leaf. */
  encode(cluster: Cluster, ids: ArrayLike<number>): number {
    const { leaves } = cluster;
    if (leaves.length === 0) return 0;
    let node = ids[leaves[0]?.index ?? 0] ?? 0;
    if (leaves.length === 1) return this.nodes.intern(node, 0);
    for (let i = 1; i < leaves.length; i++) node = this.nodes.intern(node, ids[leaves[i]?.index ?? 0] ?? 0);
    return node;
  }

  /** Writes the leaf ids of a cluster into `ids`, from `offset` on. */
  decode(cluster: Cluster, id: number, ids: Uint32Array, offset = 0): void {
    const { leaves } = cluster;
    const { data } = this.nodes;
    let node = id;
    for (let i = leaves.length - 1; i >= 1; i--) {
      ids[offset + (leaves[i]?.index ?? 0)] = data[2 * node + 1] ?? 0;
      node = data[2 * node] ?? 0;
    }
    if (leaves.length > 0) ids[offset + (leaves[0]?.index ?? 0)] = leaves.length === 1 ? (data[2 * node] ?? 0) : node;
  }

  /** All leaves of a state from its cluster ids, which start at `base`. */
  decodeAll(clusterIds: ArrayLike<number>, base: number, ids: Uint32Array, offset = 0): void {
    for (const cluster of this.clusters) this.decode(cluster, clusterIds[base + cluster.index] ?? 0, ids, offset);
  }
}

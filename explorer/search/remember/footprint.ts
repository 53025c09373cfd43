/**
 * What predicates have been seen to observe, and the projection of a state to that: two states with equal projections are
 * equal to them. Each cluster is projected once per id, so that a projection costs a few array reads. When they are seen
 * to observe more, all projections begin anew.
 */
import { GrowingArray, MemoTable } from "../kernel/memo-table.ts";
import type { Layout } from "../tracked/layout.ts";
import type { Observer } from "../tracked/observer.ts";

export class Footprint {
  /** Observations by position: a cluster of the present state, or (after those) of the next one. */
  private readonly observed: number[][];
  private readonly known = new Set<number>();
  /** By position, then by cluster id: what is observed of it, as a number; 0 where that is not known yet. */
  private readonly projections: readonly GrowingArray[];
  /** The same by inner pair of the layout's tree, then by the pair's id. */
  private readonly pairProjections: readonly GrowingArray[];
  private readonly folds = new MemoTable();
  private readonly positions: number;
  private readonly n: number;
  private readonly rootLeft: number;
  private readonly rootRight: number;

  constructor(
    private readonly layout: Layout,
    private readonly observer: Observer,
    /** Do the predicates look at the next state, too? */
    readonly pairs: boolean,
  ) {
    this.n = layout.clusters.length;
    this.positions = this.n * (pairs ? 2 : 1);
    this.observed = Array.from({ length: this.positions }, () => []);
    this.projections = Array.from({ length: this.positions }, () => new GrowingArray());
    this.pairProjections = layout.left.slice(1).map(() => new GrowingArray());
    this.rootLeft = layout.left.at(-1) ?? 0;
    this.rootRight = layout.right.at(-1) ?? 0;
  }

  /** How many different things are observed. */
  get size(): number {
    return this.known.size;
  }

  get bytes(): number {
    return this.folds.bytes + [...this.projections, ...this.pairProjections].reduce((sum, p) => sum + p.data.byteLength, 0);
  }

  /** Takes in the observations of a run. True when there were new ones: keys that were given before mean nothing any more. */
  learn(observations: readonly number[]): boolean {
    const before = this.known.size;
    const leaves = this.observer.leaves.length;
    for (const observation of observations) {
      if (this.known.has(observation)) continue;
      this.known.add(observation);
      const at = this.observer.leafIndex(observation);
      const cluster = this.layout.clusterOfLeaf[at % leaves] ?? 0;
      this.observed[at < leaves ? cluster : this.n + cluster]?.push(observation);
    }
    if (this.known.size === before) return false;
    this.forget();
    return true;
  }

  /** Projections and the numbers that they are made of go together. */
  forget(): void {
    for (const p of [...this.projections, ...this.pairProjections]) p.data.fill(0);
    this.folds.clear();
  }

  /** One number for what is observed of a state, or of a state and the next; `isComplete`: the inner pairs follow the clusters at `base`. */
  key(vector: ArrayLike<number>, base: number, isComplete: boolean): number {
    if (isComplete && !this.pairs) {
      const left = this.knownProjection(this.rootLeft, vector[base + this.rootLeft] ?? 0);
      const right = this.knownProjection(this.rootRight, vector[base + this.rootRight] ?? 0);
      if (left !== 0 && right !== 0) return this.fold(left, right);
    }
    const root = this.layout.left.length - 1;
    const key = this.projectHalves(root, vector, base, 0, isComplete);
    return this.pairs ? this.fold(key, this.projectHalves(root, vector, base, this.n, false)) : key;
  }

  /** Is nothing observed that tells two ids of a cluster apart? */
  isSame(position: number, a: number, b: number): boolean {
    for (let p = position; p < this.positions; p += this.n)
      if (this.observed[p]?.length !== 0 && this.projection(p, a) !== this.projection(p, b)) return false;
    return true;
  }

  /** What is observed of a cluster or inner pair with this id, if that is known already; else 0. */
  private knownProjection(value: number, id: number): number {
    return (value < this.n ? this.projections[value] : this.pairProjections[value - this.n])?.get(id) ?? 0;
  }

  /** What is observed of the two halves of pair j in the tree of the layout. */
  private projectHalves(j: number, vector: ArrayLike<number>, base: number, offset: number, isComplete: boolean): number {
    const left = this.projectValue(this.layout.left[j] ?? 0, vector, base, offset, isComplete);
    const right = this.projectValue(this.layout.right[j] ?? 0, vector, base, offset, isComplete);
    return this.fold(left, right);
  }

  /** What is observed of a cluster or inner pair, remembered under its id. */
  private projectValue(value: number, vector: ArrayLike<number>, base: number, offset: number, isComplete: boolean): number {
    const { n } = this;
    if (value < n) return this.projection(offset + value, vector[base + offset + value] ?? 0);
    if (!isComplete) return this.projectHalves(value - n, vector, base, offset, false);
    const id = vector[base + value] ?? 0;
    const known = this.pairProjections[value - n]?.get(id) ?? 0;
    if (known !== 0) return known;
    const projection = this.projectHalves(value - n, vector, base, offset, true);
    this.pairProjections[value - n]?.set(id, projection);
    return projection;
  }

  private fold(a: number, b: number): number {
    return this.folds.number(a, b);
  }

  private projection(position: number, id: number): number {
    const known = this.projections[position]?.get(id) ?? 0;
    return known === 0 ? this.project(position, id) : known;
  }

  /** What the predicates observe of one cluster, as one number from 1. */
  private project(position: number, id: number): number {
    const cluster = this.layout.clusters[position % this.n];
    if (cluster === undefined) return 0;
    this.layout.decode(cluster, id, this.observer.ids, position < this.n ? 0 : this.observer.leaves.length);
    let projection = position + 1;
    for (const o of this.observed[position] ?? []) projection = this.fold(projection, this.observer.answer(o));
    this.projections[position]?.set(id, projection);
    return projection;
  }
}

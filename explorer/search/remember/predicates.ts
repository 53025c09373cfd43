/**
 * Invariants, witnesses, constraints and action properties, evaluated together and remembered on the projection of a
 * state to what they observe: each cluster is projected once per id, so a look-up costs a few array reads.
 */
import { SpecError, messageOf } from "../../../specs/language/errors.ts";
import type { CallScope, Named, Predicate } from "../../../specs/language/instantiate.ts";
import type { Layout } from "../relation/layout.ts";
import { GrowingArray, MemoTable } from "../kernel/memo-table.ts";
import { TableFull } from "../kernel/pair-table.ts";
import type { Observer } from "../tracked/observer.ts";

/** Looked at after this many evaluations: fewer hits than half, and remembering is given up. */
const TRIAL = 8_192;
/** A set holds no more: its verdict is a mask of bits. */
export const MAX_PREDICATES = 30;
/** Where nothing is remembered, so many evaluations are news, and then one in so many. */
const CHECK_EVERY = 64;

export class PredicateSet {
  /** Observations by position: a cluster of the present state, or (after those) of the next one. */
  private readonly observed: number[][];
  private readonly known = new Set<number>();
  /** By position, then by cluster id: what is observed of it, as a number; 0 where that is not known yet. */
  private readonly projections: readonly GrowingArray[];
  /** The same by inner pair of the layout's tree, then by the pair's id. */
  private readonly pairProjections: readonly GrowingArray[];
  private folds = new MemoTable();
  /** Per key: twice the verdict, +1; 0 where there is none yet. */
  private verdicts = new GrowingArray();
  private lookups = 0;
  private misses = 0;
  private direct = false;
  private readonly positions: number;
  /** The verdict where all are true. */
  readonly allHold: number;
  private readonly n: number;
  private readonly rootLeft: number;
  private readonly rootRight: number;
  private runs = 0;
  /** Called after an evaluation whose result is news, with a way to evaluate again; used to check symmetric sets. */
  onRun: ((set: PredicateSet, verdict: number, again: () => number) => void) | undefined;

  constructor(
    readonly predicates: readonly Named<Predicate>[],
    readonly what: string,
    private readonly scope: CallScope,
    private readonly layout: Layout,
    private readonly observer: Observer,
    private readonly describeState: () => string,
    options: { readonly pairs: boolean; readonly memoise: boolean },
  ) {
    this.positions = layout.clusters.length * (options.pairs ? 2 : 1);
    this.observed = Array.from({ length: this.positions }, () => []);
    this.projections = Array.from({ length: this.positions }, () => new GrowingArray());
    this.pairProjections = layout.left.slice(1).map(() => new GrowingArray());
    this.direct = !options.memoise;
    this.allHold = (1 << predicates.length) - 1;
    this.n = layout.clusters.length;
    this.rootLeft = layout.left.at(-1) ?? 0;
    this.rootRight = layout.right.at(-1) ?? 0;
  }

  /** Bit i is set where predicate i is true of the clusters that start at `base`; `isComplete`: the inner pairs follow them. */
  evaluate(vector: ArrayLike<number>, base: number, isComplete = false): number {
    if (this.direct) {
      this.show(vector, base);
      const verdict = this.run();
      if (this.runs++ < TRIAL || this.runs % CHECK_EVERY === 0) this.onRun?.(this, verdict, this.again);
      return verdict;
    }
    const k = this.key(vector, base, isComplete);
    if (++this.lookups % TRIAL === 0) this.reconsider();
    const verdict = this.verdicts.get(k);
    if (verdict !== 0) return verdict >>> 1;
    this.misses++;
    return this.evaluateAnew(vector, base, isComplete);
  }

  private evaluateAnew(vector: ArrayLike<number>, base: number, isComplete: boolean): number {
    this.show(vector, base);
    this.observer.begin();
    let verdict: number;
    try {
      verdict = this.run();
    } finally {
      this.observer.recording = false;
    }
    this.onRun?.(this, verdict, this.again);
    const news = this.observer.seen.filter((o) => !this.known.has(o));
    if (news.length > 0) {
      for (const o of news) this.learn(o);
      for (const p of this.projections) p.data.fill(0);
      this.folds.clear();
      for (const p of this.pairProjections) p.data.fill(0);
      this.verdicts = new GrowingArray();
    }
    this.verdicts.set(this.key(vector, base, isComplete), (verdict << 1) | 1);
    return verdict;
  }

  private learn(observation: number): void {
    this.known.add(observation);
    const leaves = this.observer.leaves.length;
    const at = this.observer.leafIndex(observation);
    const cluster = this.layout.clusterOfLeaf[at % leaves] ?? 0;
    this.observed[at < leaves ? cluster : this.layout.clusters.length + cluster]?.push(observation);
  }

  /** One number for what the predicates observe of a state, or of a state and the next. */
  private key(vector: ArrayLike<number>, base: number, isComplete: boolean): number {
    const n = this.layout.clusters.length;
    if (isComplete && !this.pairs) {
      const left = this.knownProjection(this.rootLeft, vector[base + this.rootLeft] ?? 0);
      const right = this.knownProjection(this.rootRight, vector[base + this.rootRight] ?? 0);
      if (left !== 0 && right !== 0) return this.fold(left, right);
    }
    const key = this.projectHalves(this.layout.left.length - 1, vector, base, 0, isComplete);
    return this.pairs ? this.fold(key, this.projectHalves(this.layout.left.length - 1, vector, base, n, false)) : key;
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
    const n = this.layout.clusters.length;
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

  /** What the predicates observe of one cluster, as one number from 1. */
  private project(position: number, id: number): number {
    const n = this.layout.clusters.length;
    const cluster = this.layout.clusters[position % n];
    if (cluster === undefined) return 0;
    this.layout.decode(cluster, id, this.observer.ids, position < n ? 0 : this.observer.leaves.length);
    let projection = position + 1;
    for (const o of this.observed[position] ?? []) projection = this.fold(projection, this.observer.answer(o));
    this.projections[position]?.set(id, projection);
    return projection;
  }

  /** Do the predicates, by what they have been seen to observe, take two ids of a cluster for one? */
  isSame(position: number, a: number, b: number): boolean {
    const n = this.layout.clusters.length;
    for (let p = position; p < this.positions; p += n) {
      if (this.observed[p]?.length === 0) continue;
      if (this.projection(p, a) !== this.projection(p, b)) return false;
    }
    return true;
  }

  private projection(position: number, id: number): number {
    const known = this.projections[position]?.get(id) ?? 0;
    return known === 0 ? this.project(position, id) : known;
  }

  /** How many different things they have been seen to observe. */
  get observations(): number {
    return this.known.size;
  }

  /** Do they look at the next state, too? */
  get pairs(): boolean {
    return this.positions > this.layout.clusters.length;
  }

  private readonly again = (): number => this.run();

  private show(vector: ArrayLike<number>, base: number): void {
    const { layout, observer } = this;
    layout.decodeAll(vector, base, observer.ids);
    if (this.positions > layout.clusters.length)
      layout.decodeAll(vector, base + layout.clusters.length, observer.ids, observer.leaves.length);
  }

  private run(): number {
    let verdict = 0;
    for (let i = 0; i < this.predicates.length; i++) {
      const predicate = this.predicates[i];
      let holds: unknown;
      try {
        holds = predicate?.test(this.scope);
      } catch (error) {
        if (error instanceof TableFull) throw error;
        throw new SpecError(`${this.what} ${predicate?.name ?? ""} threw ${messageOf(error)} in the state ${this.describeState()}`, {
          cause: error,
        });
      }
      if (typeof holds !== "boolean")
        throw new SpecError(`${this.what} ${predicate?.name ?? ""} gives ${String(holds)} instead of true or false`);
      if (holds) verdict |= 1 << i;
    }
    return verdict;
  }

  private reconsider(): void {
    if (this.misses > TRIAL / 2) {
      this.direct = true;
      this.folds.clear();
      this.verdicts = new GrowingArray();
    }
    this.misses = 0;
  }

  get bytes(): number {
    return (
      this.folds.bytes +
      this.verdicts.data.byteLength +
      [...this.projections, ...this.pairProjections].reduce((sum, p) => sum + p.data.byteLength, 0)
    );
  }
}

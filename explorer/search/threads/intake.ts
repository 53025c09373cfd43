/**
 * What becomes of successors, however they were found: they pass constraints, reductions and symmetry, wait in batches (so
 * that the memory they will touch can be asked for ahead of its use), are inserted, counted and checked.
 */
import { SpecError } from "../../../specs/language/errors.ts";
import type { ActionRunner } from "../remember/action-runner.ts";
import { BLOCK, HOLE } from "../kernel/pair-table.ts";
import type { PairTable } from "../kernel/pair-table.ts";
import type { StateTree } from "../kernel/state-tree.ts";
import { MAX_PREDICATES } from "../remember/predicates.ts";
import type { Verdicts } from "../remember/predicates.ts";
import type { Reductions } from "../quotient/reductions.ts";
import type { Findings } from "./findings.ts";
import type { Symmetry } from "../quotient/symmetry.ts";

/** The action of an initial state. */
const NO_ACTION = -1;

export interface IntakeParts {
  /** Of a state: clusters or words. */
  readonly partCount: number;
  readonly states: PairTable;
  readonly tree: StateTree;
  /** One parent per block of states: the first of those that the block's states were found from. */
  readonly blockParents: Uint32Array;
  readonly runner: ActionRunner;
  readonly symmetry: Symmetry | undefined;
  readonly reductions: Reductions | undefined;
  /** Invariants first, then witnesses. Each set but the last is full. */
  readonly predicates: readonly Verdicts[];
  readonly invariantCount: number;
  readonly constraints: readonly Verdicts[];
  readonly actionProperties: readonly Verdicts[];
  readonly actionConstraints: readonly Verdicts[];
  readonly terminated: readonly Verdicts[];
  readonly findings: Findings;
  readonly tuning: { readonly batch: number; readonly chunk: number };
}

export abstract class Intake {
  generated = 0;
  distinct = 0;
  /** States expanded, and the least and greatest number of their successors. */
  expanded = 0;
  minDegree = Infinity;
  maxDegree = 0;
  readonly generatedByAction: Float64Array;
  readonly distinctByAction: Float64Array;

  protected readonly tuning: IntakeParts["tuning"];
  protected readonly n: number;
  protected readonly width: number;
  /** The present state: parts, then inner pairs. */
  protected readonly state: Uint32Array;
  protected readonly parent: Uint32Array;
  /** A chunk of states. */
  protected readonly chunk: Uint32Array;
  /** Does nothing but the tables look at successors? */
  private readonly isPlain: boolean;
  protected waiting = 0;
  protected readonly batch: Uint32Array;
  protected readonly parents: Uint32Array;
  protected readonly actions: Int32Array;
  private readonly changed: Int32Array;
  /** Per set of predicates: which are invariants, and which witnesses were seen to hold. */
  private readonly invariants: readonly number[];
  private readonly witnessed: number[];
  private readonly pair: Uint32Array;

  constructor(private readonly intake: IntakeParts) {
    const { batch, chunk } = (this.tuning = intake.tuning);
    this.parents = new Uint32Array(batch);
    this.actions = new Int32Array(batch);
    this.changed = new Int32Array(batch);
    this.n = intake.partCount;
    this.width = intake.tree.width;
    this.state = new Uint32Array(this.width);
    this.parent = new Uint32Array(this.width);
    this.chunk = new Uint32Array(chunk * this.width);
    const { reductions, symmetry, constraints, actionProperties, actionConstraints } = intake;
    const predicates = [...constraints, ...actionProperties, ...actionConstraints];
    this.isPlain = !reductions && !symmetry && predicates.length === 0;
    this.batch = new Uint32Array(batch * this.width);
    this.generatedByAction = new Float64Array(intake.runner.roots.length);
    this.distinctByAction = new Float64Array(intake.runner.roots.length);
    this.invariants = intake.predicates.map((_, s) => {
      const count = Math.min(MAX_PREDICATES, Math.max(0, intake.invariantCount - s * MAX_PREDICATES));
      return (1 << count) - 1;
    });
    this.witnessed = intake.predicates.map(() => 0);
    this.pair = new Uint32Array(2 * this.n);
  }

  /** Forgets what takes too much memory; looks up what a chunk of states needs. */
  protected abstract beginPortion(): void;
  protected abstract lookUp(size: number): void;
  /** Gives all successors of the present state, the k-th of the chunk, to `enqueue`. Throws SpecError when user code fails. */
  protected abstract expandState(k: number, id: number): void;
  /** Makes what is still to be done to the successors that wait. */
  protected abstract complete(): void;

  /** Normal form and representative of the parts in `vector`. */
  represent(vector: Uint32Array): void {
    this.intake.reductions?.normalise(vector, 0, (1 << this.n) - 1);
    this.intake.symmetry?.canonicalise(vector, 0);
  }

  /** Inserts an initial state, with the next `flush`. */
  addInitial(clusters: Uint32Array): void {
    this.state.fill(0);
    this.generated++;
    this.batch.set(clusters.subarray(0, this.n), this.waiting * this.width);
    this.enqueue(0, NO_ACTION, -1);
  }

  /** Expands the states with ids from `from` to `to`, without `to`. */
  expand(from: number, to: number): void {
    this.beginPortion();
    const { chunk } = this.tuning;
    for (let first = from; first < to; first += chunk) this.expandChunk(first, Math.min(chunk, to - first));
  }

  private expandChunk(first: number, size: number): void {
    const { states } = this.intake;
    const { state, chunk, width } = this;
    this.intake.tree.loadMany(first, size, chunk);
    this.lookUp(size);
    for (let k = 0; k < size; k++) {
      const id = first + k;
      if (states.data[2 * id] === HOLE) continue;
      for (let i = 0; i < width; i++) state[i] = chunk[k * width + i] ?? 0;
      const before = this.generated;
      if (!this.triedToExpand(k, id)) continue;
      const degree = this.generated - before;
      this.expanded++;
      if (degree < this.minDegree) this.minDegree = degree;
      if (degree > this.maxDegree) this.maxDegree = degree;
      if (degree === 0) this.foundEnd(id);
    }
  }

  /** The present state has no successors: a deadlock, unless the spec says that it has terminated there. */
  private foundEnd(id: number): void {
    const { terminated, findings } = this.intake;
    try {
      if (!terminated.some((set) => set.evaluate(this.state, 0) === set.allHold)) findings.deadlock(id);
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      findings.fault(id, false, error);
    }
  }

  /** False if user code failed: then nothing is known of those successors that are missing. */
  private triedToExpand(k: number, id: number): boolean {
    try {
      this.expandState(k, id);
      return true;
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      this.intake.findings.fault(id, false, error);
      return false;
    }
  }

  protected count(action: number): void {
    this.generated++;
    this.generatedByAction[action] = (this.generatedByAction[action] ?? 0) + 1;
  }

  /** Takes the successor at the end of the batch through constraints, reductions and symmetry, and keeps it. */
  protected enqueue(id: number, action: number, changedBy: number): void {
    this.actions[this.waiting] = action;
    if (this.isPlain) {
      this.keep(id, changedBy);
      return;
    }
    this.complete();
    const { reductions, symmetry, constraints, actionProperties, actionConstraints } = this.intake;
    const base = this.waiting * this.width;
    let changed = changedBy;
    if (actionProperties.length > 0 && action !== NO_ACTION) this.checkStep(actionProperties, id, base);
    if (constraints.length > 0 && this.isOutside(constraints, id, action, base)) return;
    if (actionConstraints.length > 0 && action !== NO_ACTION && this.isOutside(actionConstraints, id, action, base)) return;
    if (reductions !== undefined) reductions.normalise(this.batch, base, changed === -1 ? (1 << this.n) - 1 : changed);
    if (symmetry?.canonicalise(this.batch, base) === true) changed = -1;
    this.keep(id, changed);
  }

  /** The successor at the end of the batch is complete. */
  private keep(id: number, changed: number): void {
    const i = this.waiting++;
    this.parents[i] = id;
    this.changed[i] = changed;
    if (this.waiting === this.tuning.batch) this.flush();
  }

  /** TLA+ `[][P]_vars`: a step that changes nothing is always allowed. */
  private checkStep(properties: readonly Verdicts[], id: number, base: number): void {
    const pair = this.pairAt(base);
    const { n } = this;
    if (pair.every((cluster, i) => i >= n || cluster === pair[n + i])) return;
    properties.forEach((set, s) => {
      const broken = ~set.evaluate(pair, 0) & set.allHold;
      if (broken !== 0) this.reportBadStep("action-property", s, broken, id, base);
    });
  }

  /** The clusters of the present state, then those of a successor. */
  private pairAt(base: number): Uint32Array {
    const { n, pair } = this;
    for (let i = 0; i < n; i++) {
      pair[i] = this.state[i] ?? 0;
      pair[n + i] = this.batch[base + i] ?? 0;
    }
    return pair;
  }

  /** TLC: a state outside a constraint is generated and its invariants are checked, but it is not part of the model. */
  private isOutside(constraints: readonly Verdicts[], id: number, action: number, base: number): boolean {
    if (constraints.every((set) => (set.pairs ? set.evaluate(this.pairAt(base), 0) : set.evaluate(this.batch, base)) === set.allHold))
      return false;
    this.intake.predicates.forEach((set, s) => {
      const broken = ~set.evaluate(this.batch, base) & (this.invariants[s] ?? 0);
      if (broken !== 0) this.reportBadStep("invariant", s, broken, action === NO_ACTION ? -1 : id, base);
    });
    return true;
  }

  /** `broken` is a mask of the predicates of set `s`. */
  private reportBadStep(kind: "invariant" | "action-property", s: number, broken: number, from: number, base: number): void {
    const successor = this.batch.slice(base, base + this.n);
    for (let p = 0; broken >>> p !== 0; p++)
      if ((broken & (1 << p)) !== 0) this.intake.findings.badStep(kind, s * MAX_PREDICATES + p, from, successor);
  }

  /** Inserts the waiting successors. */
  flush(): void {
    this.complete();
    this.intake.tree.intern(this.batch, this.changed, this.waiting);
    this.takeIn();
    this.waiting = 0;
  }

  /** Counts and checks those of the batch that are new. */
  private takeIn(): void {
    const { width, waiting, parents, actions, distinctByAction } = this;
    const { ids, isNew } = this.intake.tree;
    for (let i = 0; i < waiting; i++) {
      if (isNew[i] === 0) continue;
      this.distinct++;
      const id = ids[i] ?? 0;
      const action = actions[i] ?? 0;
      if (action !== NO_ACTION) distinctByAction[action] = (distinctByAction[action] ?? 0) + 1;
      if (id % BLOCK === 0) this.intake.blockParents[id / BLOCK] = parents[i] ?? 0;
      this.checkState(i * width, id);
    }
  }

  private checkState(base: number, id: number): void {
    try {
      this.check(base, id);
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      this.intake.findings.fault(id, true, error);
    }
  }

  private check(base: number, id: number): void {
    const { predicates, findings } = this.intake;
    for (let s = 0; s < predicates.length; s++) {
      const set = predicates[s];
      const verdict = set?.evaluate(this.batch, base, true) ?? 0;
      const invariants = this.invariants[s] ?? 0;
      const broken = ~verdict & invariants;
      for (let p = 0; broken >>> p !== 0; p++) if ((broken & (1 << p)) !== 0) findings.violation(s * MAX_PREDICATES + p, id);
      const news = verdict & ~invariants & ~(this.witnessed[s] ?? 0);
      if (news === 0) continue;
      this.witnessed[s] = (this.witnessed[s] ?? 0) | news;
      for (let p = 0; news >>> p !== 0; p++) if ((news & (1 << p)) !== 0) findings.witness(s * MAX_PREDICATES + p);
    }
  }
}

/**
 * The hot loop: takes states apart, finds the successor lists of their groups, puts the successors together and inserts
 * them. Successors wait in batches, so that the memory they will touch can be asked for ahead of its use.
 */
import { SpecError } from "../../../specs/language/errors.ts";
import type { ActionRunner } from "../remember/action-runner.ts";
import type { Layout } from "../tracked/layout.ts";
import { BLOCK, HOLE } from "../kernel/pair-table.ts";
import type { PairTable } from "../kernel/pair-table.ts";
import type { StateTree } from "../kernel/state-tree.ts";
import { MAX_PREDICATES } from "../remember/predicates.ts";
import type { PredicateSet } from "../remember/predicates.ts";
import type { Reductions } from "../quotient/reductions.ts";
import type { Findings } from "./findings.ts";
import type { FoundLists, SuccessorLists } from "../relation/successor-lists.ts";
import type { Symmetry } from "../quotient/symmetry.ts";

/** The action of an initial state. */
const NO_ACTION = -1;

export interface ExpanderParts {
  readonly layout: Layout;
  readonly states: PairTable;
  readonly tree: StateTree;
  /** One parent per block of states: the first of those that the block's states were found from. */
  readonly blockParents: Uint32Array;
  readonly lists: SuccessorLists;
  readonly runner: ActionRunner;
  readonly symmetry: Symmetry | undefined;
  readonly reductions: Reductions | undefined;
  /** Invariants first, then witnesses. Each set but the last is full. */
  readonly predicates: readonly PredicateSet[];
  readonly invariantCount: number;
  readonly constraints: readonly PredicateSet[];
  readonly actionProperties: readonly PredicateSet[];
  readonly actionConstraints: readonly PredicateSet[];
  readonly terminated: readonly PredicateSet[];
  readonly findings: Findings;
  readonly tuning: { readonly batch: number; readonly chunk: number };
}

export class Expander {
  generated = 0;
  distinct = 0;
  /** States expanded, and the least and greatest number of their successors. */
  expanded = 0;
  minDegree = Infinity;
  maxDegree = 0;
  readonly generatedByAction: Float64Array;
  readonly distinctByAction: Float64Array;

  private readonly tuning: ExpanderParts["tuning"];
  private readonly n: number;
  private readonly width: number;
  /** The present state: clusters, then inner pairs. */
  private readonly state: Uint32Array;
  private readonly parent: Uint32Array;
  /** A chunk of states, and the lists of their groups, as far as they are known. */
  private readonly chunk: Uint32Array;
  private readonly found: readonly FoundLists[];
  /** Changes of clusters in the batch that are still to be made: where, and which. */
  private due = 0;
  private readonly dueAt: Uint32Array;
  private readonly dueChanges: Uint32Array;
  /** Does nothing but the tables look at successors? */
  private readonly isPlain: boolean;
  private waiting = 0;
  private readonly batch: Uint32Array;
  private readonly parents: Uint32Array;
  private readonly actions: Int32Array;
  private readonly changed: Int32Array;
  /** Per set of predicates: which are invariants, and which witnesses were seen to hold. */
  private readonly invariants: readonly number[];
  private readonly witnessed: number[];
  private readonly pair: Uint32Array;

  constructor(private readonly parts: ExpanderParts) {
    const { layout, lists } = parts;
    const { batch, chunk } = (this.tuning = parts.tuning);
    this.parents = new Uint32Array(batch);
    this.actions = new Int32Array(batch);
    this.changed = new Int32Array(batch);
    this.n = layout.clusters.length;
    this.width = layout.width;
    this.state = new Uint32Array(this.width);
    this.parent = new Uint32Array(this.width);
    this.chunk = new Uint32Array(chunk * this.width);
    this.found = lists.groups.map(() => ({ starts: new Uint32Array(chunk), counts: new Uint32Array(chunk) }));
    this.dueAt = new Uint32Array(batch * this.n);
    this.dueChanges = new Uint32Array(batch * this.n);
    const { reductions, symmetry, constraints, actionProperties, actionConstraints } = parts;
    const predicates = [...constraints, ...actionProperties, ...actionConstraints];
    this.isPlain = !reductions && !symmetry && predicates.length === 0;
    this.batch = new Uint32Array(batch * this.width);
    this.generatedByAction = new Float64Array(parts.runner.roots.length);
    this.distinctByAction = new Float64Array(parts.runner.roots.length);
    this.invariants = parts.predicates.map((_, s) => {
      const count = Math.min(MAX_PREDICATES, Math.max(0, parts.invariantCount - s * MAX_PREDICATES));
      return (1 << count) - 1;
    });
    this.witnessed = parts.predicates.map(() => 0);
    this.pair = new Uint32Array(2 * this.n);
  }

  /** Normal form and representative of the clusters in `vector`. */
  represent(vector: Uint32Array): void {
    this.parts.reductions?.normalise(vector, 0, (1 << this.n) - 1);
    this.parts.symmetry?.canonicalise(vector, 0);
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
    this.parts.lists.trim();
    const { chunk } = this.tuning;
    for (let first = from; first < to; first += chunk) this.expandChunk(first, Math.min(chunk, to - first));
  }

  private expandChunk(first: number, size: number): void {
    const { states, lists } = this.parts;
    const { groups } = lists;
    const { state, chunk, width } = this;
    this.parts.tree.loadMany(first, size, chunk);
    for (let g = 0; g < groups.length; g++) {
      const group = groups[g];
      const found = this.found[g];
      if (group !== undefined && found !== undefined) lists.findKnown(group, chunk, width, size, found);
    }
    for (let k = 0; k < size; k++) {
      const id = first + k;
      if (states.data[2 * id] === HOLE) continue;
      for (let i = 0; i < width; i++) state[i] = chunk[k * width + i] ?? 0;
      const before = this.generated;
      if (!this.expandState(groups.length, k, id)) continue;
      const degree = this.generated - before;
      this.expanded++;
      if (degree < this.minDegree) this.minDegree = degree;
      if (degree > this.maxDegree) this.maxDegree = degree;
      if (degree === 0) this.foundEnd(id);
    }
  }

  /** The present state has no successors: a deadlock, unless the spec says that it has terminated there. */
  private foundEnd(id: number): void {
    const { terminated, findings } = this.parts;
    try {
      if (!terminated.some((set) => set.evaluate(this.state, 0) === set.allHold)) findings.deadlock(id);
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      findings.fault(id, false, error);
    }
  }

  /** The successors of the present state, the k-th of the chunk; false if user code failed: then nothing is known of those that are missing. */
  private expandState(groups: number, k: number, id: number): boolean {
    try {
      for (let g = 0; g < groups; g++) this.expandGroup(g, k, id);
      return true;
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      this.parts.findings.fault(id, false, error);
      return false;
    }
  }

  /** The successors by one group of the present state, the k-th of the chunk. */
  private expandGroup(g: number, k: number, id: number): void {
    const { lists } = this.parts;
    const group = lists.groups[g];
    const found = this.found[g];
    if (group === undefined || found === undefined) return;
    const known = found.starts[k] ?? 0;
    if (known !== 0) {
      this.successors(id, known - 1, found.counts[k] ?? 0);
      return;
    }
    lists.find(group, this.state);
    const { start } = lists;
    this.successors(id, start, lists.count);
    lists.release(group, start);
  }

  private successors(id: number, start: number, count: number): void {
    const { lists, runner } = this.parts;
    const { width, state, batch, generatedByAction, dueAt, dueChanges } = this;
    const actions = runner.actionIds.data;
    let at = start;
    for (let c = count; c > 0; c--) {
      const { data } = lists.arena;
      const base = this.waiting * width;
      for (let i = 0; i < width; i++) batch[base + i] = state[i] ?? 0;
      const binding = data[at] ?? 0;
      const header = data[at + 1] ?? 0;
      let changed = 0;
      let o = at + 2;
      for (let w = header & 0xffff; w > 0; w--, o += 2) {
        const i = data[o] ?? 0;
        batch[base + i] = data[o + 1] ?? 0;
        changed |= 1 << i;
      }
      for (let k = header >>> 16; k > 0; k--, o += 2) {
        const i = data[o] ?? 0;
        dueAt[this.due] = base + i;
        dueChanges[this.due++] = data[o + 1] ?? 0;
        changed |= 1 << i;
      }
      at = o;
      const action = actions[binding] ?? 0;
      this.generated++;
      generatedByAction[action] = (generatedByAction[action] ?? 0) + 1;
      this.enqueue(id, action, changed);
    }
  }

  /** Makes the changes that are due. */
  private applyChanges(): void {
    const { lists } = this.parts;
    const { batch, dueAt, dueChanges, due } = this;
    let k = 0;
    this.due = 0;
    while (k < due)
      try {
        for (; k < due; k++) {
          const at = dueAt[k] ?? 0;
          batch[at] = lists.apply(batch[at] ?? 0, dueChanges[k] ?? 0);
        }
      } catch (error) {
        this.dropSuccessor(Math.floor((dueAt[k++] ?? 0) / this.width), error);
      }
  }

  /** A change made no sense in this state, though its action was run in another: the successor gives way to its parent, which is known. */
  private dropSuccessor(i: number, error: unknown): void {
    const fault = this.parts.runner.failureLater(this.actions[i] ?? 0, error);
    if (!(fault instanceof SpecError) || i === this.waiting) throw fault;
    const parent = this.parents[i] ?? 0;
    this.parts.findings.fault(parent, false, fault);
    this.parts.tree.load(parent, this.parent);
    this.batch.set(this.parent, i * this.width);
  }

  /** Takes the successor at the end of the batch through constraints, reductions and symmetry, and keeps it. */
  private enqueue(id: number, action: number, changedBy: number): void {
    this.actions[this.waiting] = action;
    if (this.isPlain) {
      this.keep(id, changedBy);
      return;
    }
    this.applyChanges();
    const { reductions, symmetry, constraints, actionProperties, actionConstraints } = this.parts;
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
  private checkStep(properties: readonly PredicateSet[], id: number, base: number): void {
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
  private isOutside(constraints: readonly PredicateSet[], id: number, action: number, base: number): boolean {
    if (constraints.every((set) => (set.pairs ? set.evaluate(this.pairAt(base), 0) : set.evaluate(this.batch, base)) === set.allHold))
      return false;
    this.parts.predicates.forEach((set, s) => {
      const broken = ~set.evaluate(this.batch, base) & (this.invariants[s] ?? 0);
      if (broken !== 0) this.reportBadStep("invariant", s, broken, action === NO_ACTION ? -1 : id, base);
    });
    return true;
  }

  /** `broken` is a mask of the predicates of set `s`. */
  private reportBadStep(kind: "invariant" | "action-property", s: number, broken: number, from: number, base: number): void {
    const successor = this.batch.slice(base, base + this.n);
    for (let p = 0; broken >>> p !== 0; p++)
      if ((broken & (1 << p)) !== 0) this.parts.findings.badStep(kind, s * MAX_PREDICATES + p, from, successor);
  }

  /** Inserts the waiting successors. */
  flush(): void {
    this.applyChanges();
    this.parts.tree.intern(this.batch, this.changed, this.waiting);
    this.takeIn();
    this.waiting = 0;
  }

  /** Counts and checks those of the batch that are new. */
  private takeIn(): void {
    const { width, waiting, parents, actions, distinctByAction } = this;
    const { ids, isNew } = this.parts.tree;
    for (let i = 0; i < waiting; i++) {
      if (isNew[i] === 0) continue;
      this.distinct++;
      const id = ids[i] ?? 0;
      const action = actions[i] ?? 0;
      if (action !== NO_ACTION) distinctByAction[action] = (distinctByAction[action] ?? 0) + 1;
      if (id % BLOCK === 0) this.parts.blockParents[id / BLOCK] = parents[i] ?? 0;
      this.checkState(i * width, id);
    }
  }

  private checkState(base: number, id: number): void {
    try {
      this.check(base, id);
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      this.parts.findings.fault(id, true, error);
    }
  }

  private check(base: number, id: number): void {
    const { predicates, findings } = this.parts;
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

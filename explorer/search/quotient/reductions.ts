/**
 * Declared reductions: normal forms of what one process owns. A reduction is sound if a state and its normal form have
 * equal verdicts, and successors that are equal up to normal form (a bisimulation; steps that lead back to the same
 * normal form aside). That is checked here, on every state that a reduction changes, against what the groups that read
 * the changed cluster can do: on all such cases at first, and on an ever smaller share of them in large searches.
 */
import { SpecError, messageOf } from "../../../specs/language/errors.ts";
import { LockstepError } from "../../../specs/language/errors.ts";
import type { BoundReduction, CallScope, SpecInstance } from "../../../specs/language/instantiate.ts";
import type { Scalar } from "../../../specs/language/value-set.ts";
import { TableFull, hashPair } from "../kernel/pair-table.ts";
import { DecisionTree, MISS } from "../remember/decision-tree.ts";
import type { Changes, Draft, LeafChange } from "../tracked/draft.ts";
import type { Cluster, Layout } from "../tracked/layout.ts";
import { GrowingArray, MemoTable } from "../kernel/memo-table.ts";
import type { Observer } from "../tracked/observer.ts";
import type { PredicateSet } from "../remember/predicates.ts";
import type { Group, SuccessorLists } from "../relation/successor-lists.ts";

/** A reduction for one process and one choice of its other parameters. */
interface Instance {
  readonly reduction: BoundReduction;
  readonly set: string;
  readonly key: Scalar;
  readonly scope: CallScope;
  /** Where its remembered results start in the tree. */
  root: number;
}

/** So many cases are all checked. Each time the number of checks has doubled, only a quarter of the share before is checked. */
const ALL_CHECKED = 10_000;
/** So many steps from states that are not in normal form are followed. */
const ALL_FOLLOWED = 500;
/** Remembered results are forgotten when they take this many nodes. */
const MAX_NODES = 1 << 22;

export class Reductions {
  /** Per cluster position: normal form of a cluster id, +1. */
  private readonly normal: GrowingArray[];
  private readonly instances: readonly (readonly Instance[])[];
  /** Per group: the parts of states whose check has been done. */
  private readonly checked: { readonly keys: MemoTable; readsMask: number }[];
  /** The same per position, for the groups that change it without reading it. */
  private readonly checkedBlind: { readonly keys: MemoTable; readsMask: number }[][];
  /** Scratch: the state being checked, and the same with one normal form taken. */
  private readonly raw: Uint32Array;
  private readonly reduced: Uint32Array;
  private readonly saved: Uint32Array;
  private readonly tree: DecisionTree;
  private results: (readonly LeafChange[])[] = [];
  /** Per position: how much had been observed when an id was last found to look like its normal form. */
  private readonly alike: GrowingArray[];
  private checks = 0;
  private cases = 0;
  private checkedCases = 0;
  private thinAt = ALL_CHECKED;
  /** One case in so many is checked. */
  private share = 1;
  private readonly vectors = new MemoTable();
  /** States that are reached without taking normal forms on the way, still to be compared with theirs. */
  private readonly unreduced: Uint32Array[] = [];
  private followed = 0;
  private following = false;

  constructor(
    spec: SpecInstance,
    now: object,
    private readonly layout: Layout,
    private readonly observer: Observer,
    private readonly draft: Draft,
    private readonly changes: Changes,
    private readonly lists: SuccessorLists,
    /** Invariants and witnesses first, then constraints and action properties. */
    private readonly predicates: readonly PredicateSet[],
    private readonly describe: (vector: Uint32Array) => string,
    /** Deadlocks are not looked for. */
    private readonly mayDropSelfLoops: boolean,
  ) {
    for (const set of predicates) set.watched = true;
    this.tree = new DecisionTree(observer);
    this.saved = new Uint32Array(observer.ids.length);
    const all = spec.reductions.flatMap((reduction) =>
      this.instantiate(reduction, { now, next: draft.next, constants: spec.constants, design: spec.design }),
    );
    this.instances = layout.clusters.map((c) => all.filter((i) => c.leaves.some((l) => l.keySet === i.set && l.key === i.key)));
    this.normal = layout.clusters.map(() => new GrowingArray());
    this.alike = layout.clusters.map(() => new GrowingArray());
    const unchecked = () => lists.groups.map(() => ({ keys: new MemoTable(), readsMask: 0 }));
    this.checked = unchecked();
    this.checkedBlind = layout.clusters.map(unchecked);
    this.raw = new Uint32Array(layout.clusters.length);
    this.reduced = new Uint32Array(layout.clusters.length);
  }

  private instantiate(reduction: BoundReduction, common: CallScope): Instance[] {
    const [process, ...others] = reduction.parameters;
    if (process?.kind !== "static" || process.set === undefined)
      throw new LockstepError("load", `reduction ${reduction.name}: its first parameter must be a value set that indexes variables`);
    let choices: Record<string, unknown>[] = [{}];
    for (const parameter of [process, ...others]) {
      if (parameter.kind !== "static")
        throw new LockstepError(
          "load",
          `reduction ${reduction.name}, parameter ${parameter.name}: its domain must not depend on the state`,
        );
      choices = choices.flatMap((choice) => parameter.members.map((member) => ({ ...choice, [parameter.name]: member })));
    }
    const { name, set } = process;
    return choices.map((choice) => {
      const key = choice[name] as Scalar; // a member of a value set
      return { reduction, set, key, scope: Object.freeze({ ...common, ...choice }), root: this.tree.addRoot() };
    });
  }

  get bytes(): number {
    const arrays = [...this.normal, ...this.alike].map((a) => a.data.byteLength);
    const tables = [this.tree, this.vectors, ...[...this.checked, ...this.checkedBlind.flat()].map((c) => c.keys)].map((t) => t.bytes);
    return [...arrays, ...tables].reduce((a, b) => a + b, 0);
  }

  /** States that a reduction changed, and those of them of which the successors were compared (or had been, for what acts there). */
  get audit(): { readonly cases: number; readonly checked: number } {
    return { cases: this.cases, checked: this.checkedCases };
  }

  /** The normal form of a cluster id at a position. */
  normalForm(position: number, id: number): number {
    const known = this.normal[position]?.get(id) ?? 0;
    return known !== 0 ? known - 1 : this.computeNormalForm(position, id);
  }

  private computeNormalForm(position: number, id: number): number {
    const cluster = this.layout.clusters[position];
    if (cluster === undefined) return id;
    const instances = this.instances[position] ?? [];
    if (instances.length === 0) {
      this.normal[position]?.set(id, id + 1);
      return id;
    }
    // A normal form is its own normal form; until that is so, the reductions are applied again.
    const passed = new Set<number>();
    let form = id;
    for (;;) {
      const known = this.normal[position]?.get(form) ?? 0;
      const once = known !== 0 ? known - 1 : this.applyAll(cluster, instances, form);
      if (once === form) break;
      passed.add(form);
      form = once;
      if (!passed.has(form)) continue;
      const names = [...new Set(instances.map((i) => i.reduction.name))].join(", ");
      throw new SpecError(`the reductions of ${cluster.leaves[0]?.path ?? ""} (${names}) never come to rest`);
    }
    for (const on of passed.add(form)) this.normal[position]?.set(on, form + 1);
    return form;
  }

  /** A cluster id after each reduction was applied once, in their order. */
  private applyAll(cluster: Cluster, instances: readonly Instance[], id: number): number {
    this.saved.set(this.observer.ids);
    this.layout.decode(cluster, id, this.observer.ids);
    for (const instance of instances) this.applyOnce(instance);
    const once = this.layout.encode(cluster, this.observer.ids);
    this.observer.ids.set(this.saved);
    return once;
  }

  /** Applies one reduction to the leaves in the observer. */
  private applyOnce(instance: Instance): void {
    const { observer } = this;
    const found = this.tree.lookup(instance.root);
    const changes = found === MISS ? this.run(instance) : (this.results[found] ?? []);
    for (const [leaf, change] of changes) observer.ids[leaf] = this.changes.apply(observer.leaf(leaf), observer.ids[leaf] ?? 0, change);
  }

  private run(instance: Instance): readonly LeafChange[] {
    const { observer, draft } = this;
    observer.begin();
    try {
      draft.begin();
      instance.reduction.then(instance.scope);
      const changes = draft.finish();
      const own = (leaf: number): boolean => observer.leaf(leaf).keySet === instance.set && observer.leaf(leaf).key === instance.key;
      const foreign = [...observer.seen.map((o) => observer.leafIndex(o)), ...changes.map(([leaf]) => leaf)].find((leaf) => !own(leaf));
      if (foreign !== undefined) throw new SpecError(`it looks at or changes ${observer.leaf(foreign).path}, which is not its own`);
      if (!this.tree.insert(instance.root, this.results.push(changes) - 1)) throw new SpecError("it is not pure");
      if (this.tree.size > MAX_NODES) this.forget();
      return changes;
    } catch (error) {
      if (error instanceof TableFull) throw error;
      throw new SpecError(`reduction ${instance.reduction.name}(${String(instance.key)}): ${messageOf(error)}`, { cause: error });
    } finally {
      observer.recording = false;
    }
  }

  /** Drops the remembered results of reductions, when they are too many. */
  private forget(): void {
    this.tree.clear();
    this.results = [];
    for (const instance of new Set(this.instances.flat())) instance.root = this.tree.addRoot();
  }

  /** Brings the clusters at `base` to normal form, one after the other, checking each change. Returns the mask of those that changed. */
  normalise(vector: Uint32Array, base: number, touched: number): number {
    let changed = 0;
    for (let position = 0; touched >>> position !== 0; position++) {
      if ((touched & (1 << position)) === 0) continue;
      const id = vector[base + position] ?? 0;
      const form = this.normalForm(position, id);
      if (form === id) continue;
      changed |= 1 << position;
      this.check(vector, base, position, form);
      vector[base + position] = form;
    }
    if (this.unreduced.length > 0 && !this.following) this.follow();
    return changed;
  }

  /**
   * The search goes from normal form to normal form, so that it never meets what only shows after several steps without
   * them (messages that are counted, say). Some of those behaviours are followed here.
   */
  private follow(): void {
    const constraints = this.predicates.filter((set) => set.what === "constraint");
    const isWithin = (state: Uint32Array): boolean => constraints.every((set) => set.evaluate(state, 0) === set.allHold);
    this.following = true;
    for (let state = this.unreduced.shift(); state !== undefined; state = this.unreduced.shift())
      if (isWithin(state)) this.normalise(state, 0, (1 << this.layout.clusters.length) - 1);
    this.following = false;
  }

  /** One number for the clusters with all normal forms taken; without checks. */
  private formOf(vector: Uint32Array): number {
    let n = 0;
    for (let position = 0; position < this.layout.clusters.length; position++)
      n = this.vectors.number(n, this.normalForm(position, vector[position] ?? 0));
    return n;
  }

  private check(vector: Uint32Array, base: number, position: number, form: number): void {
    const n = this.layout.clusters.length;
    const { raw, reduced } = this;
    for (let i = 0; i < n; i++) raw[i] = reduced[i] = vector[base + i] ?? 0;
    reduced[position] = form;
    this.cases++;
    if (!this.isPassedOver()) {
      this.checkedCases++;
      this.checkSuccessors(position);
    }
    this.checkPredicates(raw, position, form);
  }

  /** Of `raw` and `reduced`: what any group can do there, as far as that was not compared before. */
  private checkSuccessors(position: number): void {
    const { raw } = this;
    const bit = 1 << position;
    for (const group of this.lists.groups) {
      const isReader = (group.readsMask & bit) !== 0;
      // What is sent to a process without looking at it must not tell the two apart, either.
      if (!isReader && (group.changesMask & bit) === 0) continue;
      if (!this.isNew(group, raw, isReader ? -1 : position)) continue;
      this.compareSuccessors(group, position);
      // It may observe something new.
      for (const set of this.predicates) if (set.what === "invariant") this.ahead(() => set.evaluate(raw, 0));
    }
  }

  /** No predicate may tell the two apart by what it observes; looked at again when one is seen to observe more. */
  private checkPredicates(raw: Uint32Array, position: number, form: number): void {
    let version = 1;
    for (const set of this.predicates) version += set.footprint.size;
    const id = raw[position] ?? 0;
    const seen = this.alike[position];
    if (seen?.get(id) === version) return;
    for (const set of this.predicates)
      if (!set.footprint.isSame(position, id, form)) throw this.wrong(raw, position, `it changes what ${set.what}s look at`);
    seen?.set(id, version);
  }

  /** Was the group's part of this state never checked? */
  private isNew(group: Group, vector: Uint32Array, blind: number): boolean {
    const checked = blind < 0 ? this.checked[group.index] : this.checkedBlind[blind]?.[group.index];
    if (checked === undefined) return false;
    if (checked.readsMask !== group.readsMask) {
      checked.keys.clear(); // the group was seen to read more: its keys have become longer
      checked.readsMask = group.readsMask;
    }
    const before = checked.keys.size;
    let key = blind < 0 ? 0 : checked.keys.number(0, vector[blind] ?? 0);
    for (const position of group.reads) key = checked.keys.number(key, vector[position] ?? 0);
    return checked.keys.size > before; // a key is new exactly when one of its folds is
  }

  /** Of `raw` and `reduced`, which differ at a position. */
  private compareSuccessors(group: Group, position: number): void {
    this.checks++;
    const successorsOfRaw = this.ahead(() => this.successors(group, this.raw, false));
    const successorsOfForm = this.ahead(() => this.successors(group, this.reduced, true));
    if (successorsOfRaw === undefined && successorsOfForm === undefined) return;
    if (successorsOfRaw === undefined || successorsOfForm === undefined)
      throw this.wrong(
        this.raw,
        position,
        `what ${group.name === "" ? "no process in particular" : group.name} does fails there or in its normal form only`,
      );
    // A step that leads back to the same normal form makes no behaviour shorter; it only keeps a state from being a deadlock.
    const here = this.mayDropSelfLoops ? this.formOf(this.raw) : -1;
    for (const [some, others] of [
      [successorsOfRaw, successorsOfForm],
      [successorsOfForm, successorsOfRaw],
    ] as const)
      for (const [form, binding] of some)
        if (form !== here && !others.has(form))
          throw this.wrong(this.raw, position, `its normal form differs in what ${this.lists.describe(binding)} does`);
  }

  /**
   * Undefined where the spec is at fault: what is run ahead decides nothing, since the search comes to the normal form by
   * itself, if nothing ends it before.
   */
  private ahead<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      if (error instanceof SpecError) return undefined;
      throw error;
    }
  }

  private wrong(vector: Uint32Array, position: number, how: string): SpecError {
    const cluster = this.layout.clusters[position];
    const names = [...new Set((this.instances[position] ?? []).map((i) => i.reduction.name))].join(", ");
    return new SpecError(
      `a declared reduction is wrong (${names}, of ${String(cluster?.owner?.key ?? "the shared variables")}): ${how}; in the state ${this.describe(vector)}`,
    );
  }

  /** Which cases stand for all is decided by the content of the state. */
  private isPassedOver(): boolean {
    if (this.checks >= this.thinAt) {
      this.thinAt *= 2;
      this.share *= 4;
    }
    if (this.share === 1) return false;
    let hash = 0;
    for (let i = 0; i < this.raw.length; i++) hash = hashPair(hash, this.raw[i] ?? 0);
    return hash % this.share !== 0;
  }

  /** Normal forms of the successors, with the binding that made each. */
  private successors(group: Group, vector: Uint32Array, remember: boolean): Map<number, number> {
    const result = new Map<number, number>();
    const take = (successor: Uint32Array, binding: number): void => {
      if (!remember && this.followed < ALL_FOLLOWED) {
        this.followed++;
        this.unreduced.push(successor.slice());
      }
      result.set(this.formOf(successor), binding);
    };
    this.lists.forEachSuccessor(group, vector, take, !remember);
    return result;
  }
}

/**
 * The successors that one group of actions has, as lists of changes to clusters, remembered under the ids of the
 * clusters that the group reads. A group is what one process can do (or what no process in particular does).
 *
 * A list is stored as 32-bit numbers; per successor: the binding; the number of writes and, 16 bits up, of changes;
 * then a pair (cluster, new id) per write and (cluster, cluster change) per change. Clusters that the group reads are
 * written; what it does to others (a message sent) is a change, applied to whatever is there.
 */
import type { ActionRunner, Effect } from "../remember/action-runner.ts";
import type { Binding } from "../remember/binding.ts";
import type { Changes, LeafChange } from "../tracked/draft.ts";
import type { Cluster, Layout } from "../tracked/layout.ts";
import { GrowingArray, MemoTable } from "../kernel/memo-table.ts";
import type { Observer } from "../tracked/observer.ts";

export interface Group {
  readonly index: number;
  readonly name: string;
  readonly units: readonly Binding[];
  /** The clusters that the group has been seen to read, ascending. */
  reads: number[];
  readsMask: number;
  /** The clusters that the group has been seen to change. */
  changesMask: number;
  /** Folds the ids of all clusters read but the last into one number. */
  folds: MemoTable[];
  /** From that number and the last cluster's id to where the list starts (+1) and how many successors it has. */
  known: MemoTable;
  lookups: number;
  misses: number;
  /** Remembering does not pay: lists are made anew for each state, in a scratch area. */
  direct: boolean;
}

/** Lists of some states in a row: where they start, +1, or 0 for those that are not known, and how many successors they have. */
export interface FoundLists {
  readonly starts: Uint32Array;
  readonly counts: Uint32Array;
}

/** What an effect does to one cluster. */
interface EffectPart {
  readonly cluster: Cluster;
  readonly changes: readonly LeafChange[];
  /** Its number as a cluster change; -1 until it is needed. */
  number: number;
}

/** After this many look-ups, a group that misses more than this share is expanded directly. */
const TRIAL = 1 << 14;
const MAX_MISSES = 0.6;
/** Numbers in the arena, at most, after which the lists are forgotten. */
const MAX_ARENA = 1 << 27;
/** Bytes of the memory budget to one number in the arena. */
const ARENA_SHARE = 64;

const maskOf = (clusters: Iterable<number>): number => [...clusters].reduce((mask, c) => mask | (1 << c), 0);

export class SuccessorLists {
  readonly groups: Group[];
  readonly arena = new GrowingArray();
  private used = 0;
  /** Where the last list that is remembered ends: what is released before it stays, unused. */
  private kept = 0;
  /** After so many numbers in the arena, `trim` forgets them. */
  maxUsed: number;
  /** The list found by the last `find`. */
  start = 0;
  count = 0;
  private readonly effectParts = new WeakMap<Effect, readonly EffectPart[]>();
  private readonly changeNumbers = new Map<string, number>();
  private readonly clusterChanges: { readonly cluster: Cluster; readonly changes: readonly LeafChange[] }[] = [];
  private readonly applied = new MemoTable(1 << 10);
  private readonly scratch: Uint32Array;
  private filling: Group | undefined;

  constructor(
    groups: readonly { readonly name: string; readonly units: readonly Binding[]; readonly clusters: ReadonlySet<number> }[],
    private readonly layout: Layout,
    private readonly observer: Observer,
    private readonly runner: ActionRunner,
    private readonly changes: Changes,
    memoise: boolean,
    memoryBytes: number,
  ) {
    this.maxUsed = Math.min(MAX_ARENA, memoryBytes / ARENA_SHARE);
    this.scratch = new Uint32Array(layout.leaves.length);
    this.groups = groups.map(({ name, units }, index) => ({
      index,
      name,
      units,
      reads: [],
      readsMask: 0,
      changesMask: 0,
      folds: [],
      known: new MemoTable(),
      lookups: 0,
      misses: 0,
      direct: !memoise,
    }));
    for (const g of this.groups) {
      if (g.direct) this.stopRemembering(g);
      else this.setReads(g, maskOf(groups[g.index]?.clusters ?? []));
    }
  }

  get bytes(): number {
    const groups = this.groups.flatMap((g) => [...g.folds.map((k) => k.bytes), g.known.bytes]);
    return this.arena.data.byteLength + this.applied.bytes + groups.reduce((a, b) => a + b, 0);
  }

  private setReads(group: Group, mask: number): void {
    group.readsMask = mask;
    group.reads = this.layout.clusters.filter((c) => (mask & (1 << c.index)) !== 0).map((c) => c.index);
    group.folds = Array.from({ length: Math.max(0, group.reads.length - 2) }, () => new MemoTable());
    group.known = new MemoTable();
  }

  /**
   * Finds or makes the group's list for the clusters in `vector`; sets `start` and `count`. Returns true when it was made
   * now. A list that is not to be remembered stays until `release`, in the reverse order of finding.
   */
  find(group: Group, vector: Uint32Array): boolean {
    if (group.direct) {
      this.fill(group, vector);
      return true;
    }
    const { known } = group;
    const start = known.get(this.fold(group, vector, 0), this.lastRead(group, vector, 0));
    group.lookups++;
    if (start !== 0) {
      this.start = start - 1;
      this.count = known.second;
      return false;
    }
    this.make(group, vector);
    return true;
  }

  /**
   * Looks up the group's lists for `size` states, one after the other in `vectors`, so that many requests for memory are
   * under way at once. Those that are found stay where they are until `trim`.
   */
  findKnown(group: Group, vectors: Uint32Array, width: number, size: number, { starts, counts }: FoundLists): void {
    if (group.direct) {
      starts.fill(0, 0, size);
      return;
    }
    const { known } = group;
    for (let k = 0, base = 0; k < size; k++, base += width) {
      starts[k] = known.get(this.fold(group, vectors, base), this.lastRead(group, vectors, base));
      counts[k] = known.second;
    }
    group.lookups += size;
  }

  /** One number for all clusters that the group reads but the last. */
  private fold(group: Group, vector: Uint32Array, base: number): number {
    const { reads, folds } = group;
    let key = reads.length === 0 ? 0 : (vector[base + (reads[0] ?? 0)] ?? 0);
    for (let i = 0; i < folds.length; i++) key = folds[i]?.number(key, vector[base + (reads[i + 1] ?? 0)] ?? 0) ?? 0;
    return key;
  }

  private lastRead({ reads }: Group, vector: Uint32Array, base: number): number {
    return reads.length < 2 ? 0 : (vector[base + (reads[reads.length - 1] ?? 0)] ?? 0);
  }

  private make(group: Group, vector: Uint32Array): void {
    group.misses++;
    if (group.lookups >= TRIAL) {
      if (group.misses > MAX_MISSES * group.lookups) {
        this.stopRemembering(group);
        this.find(group, vector);
        return;
      }
      group.lookups = group.misses = 0;
    }
    this.fill(group, vector);
    // It may have been seen to read more while it ran.
    group.known.set(this.fold(group, vector, 0), this.lastRead(group, vector, 0), this.start + 1, this.count);
    this.kept = this.used;
  }

  /** From now on the group's lists are made anew for each state. */
  stopRemembering(group: Group): void {
    this.setReads(group, (1 << this.layout.clusters.length) - 1);
    group.direct = true;
    group.folds = [];
  }

  /** Forgets all lists, if they take too much memory. Nobody may be in the middle of one. */
  trim(): void {
    if (this.used < this.maxUsed) return;
    this.used = this.kept = 0;
    for (const g of this.groups) if (!g.direct) this.setReads(g, g.readsMask);
  }

  private fill(group: Group, vector: Uint32Array): void {
    const { observer, runner, layout } = this;
    layout.decodeAll(vector, 0, observer.ids);
    this.filling = group;
    runner.onObserved = group.direct ? undefined : this.noteObserved;
    for (;;) {
      const mask = group.readsMask;
      this.start = this.used;
      this.count = 0;
      for (const unit of group.units) runner.forEachEnabled(unit, this.store);
      if (group.readsMask === mask) break;
      this.used = this.start; // writes and changes are told apart by what the group reads
    }
    runner.onObserved = undefined;
  }

  /** Frees the list of a group that does not remember. */
  release(group: Group, start: number): void {
    if (group.direct) this.used = Math.max(start, this.kept);
  }

  /**
   * Calls `visit` with the clusters of each successor by the group, which are only valid during the call, and the binding
   * that makes it. `once`: the state is not part of the search, and nothing is remembered of it.
   */
  forEachSuccessor(group: Group, vector: Uint32Array, visit: (successor: Uint32Array, binding: number) => void, once = false): void {
    if (once) this.fill(group, vector);
    else this.find(group, vector);
    const { start, count } = this;
    const successor = new Uint32Array(vector.length);
    for (let at = start, c = 0; c < count; c++) {
      const binding = this.arena.get(at);
      successor.set(vector);
      at = this.applyAt(at, successor, 0);
      visit(successor, binding);
    }
    if (once || group.direct) this.used = Math.max(start, this.kept);
  }

  private readonly noteObserved = (observations: readonly number[]): void => {
    const group = this.filling;
    if (group === undefined) return;
    let mask = group.readsMask;
    for (const o of observations) mask |= 1 << (this.layout.clusterOfLeaf[this.observer.leafIndex(o)] ?? 0);
    if (mask !== group.readsMask) this.setReads(group, mask);
  };

  private readonly store = (binding: Binding, effect: Effect): void => {
    const { arena } = this;
    const mask = this.filling?.readsMask ?? 0;
    const parts = this.partsOf(effect);
    const header = this.used;
    arena.reserve(header + 2 + 2 * parts.length);
    const { data } = arena;
    data[header] = binding.id;
    let at = header + 2;
    let writes = 0;
    let changed = 0;
    for (const part of parts) {
      changed |= 1 << part.cluster.index;
      if ((mask & (1 << part.cluster.index)) === 0) continue;
      data[at++] = part.cluster.index;
      data[at++] = this.written(part);
      writes++;
    }
    for (const part of parts) {
      if ((mask & (1 << part.cluster.index)) !== 0) continue;
      data[at++] = part.cluster.index;
      data[at++] = this.number(part);
    }
    if (this.filling !== undefined) this.filling.changesMask |= changed;
    data[header + 1] = writes | ((parts.length - writes) << 16);
    this.used = at;
    this.count++;
  };

  /** An effect by clusters; remembered, since the same effects come again and again. */
  private partsOf(effect: Effect): readonly EffectPart[] {
    let parts = this.effectParts.get(effect);
    if (parts === undefined) {
      const { clusterOfLeaf, clusters } = this.layout;
      parts = clusters.flatMap((cluster) => {
        const changes = effect.filter(([leaf]) => clusterOfLeaf[leaf] === cluster.index);
        return changes.length > 0 ? [{ cluster, changes, number: -1 }] : [];
      });
      this.effectParts.set(effect, parts);
    }
    return parts;
  }

  /** The id of the part's cluster of the state in the observer, after the part's changes. */
  private written({ cluster, changes }: EffectPart): number {
    const { scratch, observer } = this;
    const { leaves } = cluster;
    for (let i = 0; i < leaves.length; i++) {
      const leaf = leaves[i]?.index ?? 0;
      scratch[leaf] = observer.ids[leaf] ?? 0;
    }
    return this.changed(cluster, changes);
  }

  /** The id of a cluster, whose leaves are in `scratch`, after some changes. */
  private changed(cluster: Cluster, changes: readonly LeafChange[]): number {
    for (let i = 0; i < changes.length; i++) {
      const leaf = changes[i]?.[0] ?? 0; // taking the pair apart by a pattern is slow
      const change = changes[i]?.[1] ?? 0;
      this.scratch[leaf] = this.changes.apply(this.observer.leaf(leaf), this.scratch[leaf] ?? 0, change);
    }
    return this.layout.encode(cluster, this.scratch);
  }

  /** The number of a cluster change; equal for equal changes to the same position of clusters. */
  private number(part: EffectPart): number {
    if (part.number >= 0) return part.number;
    const { cluster, changes } = part;
    const key = `${String(cluster.index)}:${changes.map(([leaf, change]) => `${String(leaf)} ${String(change)}`).join(",")}`;
    let n = this.changeNumbers.get(key);
    if (n === undefined) {
      n = this.clusterChanges.push({ cluster, changes }) - 1;
      this.changeNumbers.set(key, n);
    }
    part.number = n;
    return n;
  }

  /** A cluster's id after a cluster change. */
  apply(id: number, change: number): number {
    const known = this.applied.get(id, change);
    return known !== 0 ? known - 1 : this.applyAnew(id, change);
  }

  private applyAnew(id: number, change: number): number {
    const c = this.clusterChanges[change];
    if (c === undefined) throw new RangeError(`there is no cluster change ${String(change)}`);
    this.layout.decode(c.cluster, id, this.scratch);
    const result = this.changed(c.cluster, c.changes);
    this.applied.set(id, change, result + 1);
    return result;
  }

  /** Applies the successor stored at `at` to the clusters at `base`; returns where the next one is stored. */
  private applyAt(at: number, vector: Uint32Array, base: number): number {
    const { data } = this.arena;
    const header = data[at + 1] ?? 0;
    let o = at + 2;
    for (let w = header & 0xffff; w > 0; w--, o += 2) vector[base + (data[o] ?? 0)] = data[o + 1] ?? 0;
    for (let c = header >>> 16; c > 0; c--, o += 2) {
      const i = base + (data[o] ?? 0);
      vector[i] = this.apply(vector[i] ?? 0, data[o + 1] ?? 0);
    }
    return o;
  }

  describe(binding: number): string {
    return this.runner.describe(this.runner.binding(binding));
  }
}

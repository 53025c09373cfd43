/**
 * The successors of packed states. What a group of actions can do is a decision tree over bits, whose results are lists of
 * successors as bits to write. A tree that grows too much is taken apart: into one for each half of its actions, down to
 * one for each choice of parameters. A domain that depends on the state has a tree whose results are the trees of its
 * choices. Where a tree is seldom found to know a state, its actions are simply run.
 *
 * A list is stored as 32-bit numbers: how many successors; for each its action, the number of writes, and the writes: the
 * word, the bits that stay, the bits that are set. A write whose word is VERB or more is a change of a collection that is
 * an id.
 */
import { SpecError } from "../../../specs/language/errors.ts";
import { DecisionGraph } from "../kernel/decision-graph.ts";
import { GrowingArray } from "../kernel/memo-table.ts";
import type { ActionRunner, Effect } from "../remember/action-runner.ts";
import type { Binding } from "../remember/binding.ts";
import type { PackedTests } from "../remember/packed-tests.ts";
import type { Changes, LeafChange } from "../tracked/draft.ts";
import type { Observer } from "../tracked/observer.ts";
import type { PackedLayout } from "../tracked/packed-layout.ts";

export const VERB = 1 << 16;

/** What a tree knows: successors of its actions, or the choices of a domain; or it was taken apart. */
interface Part {
  /** In the graph; also its place among the parts. */
  readonly tree: number;
  readonly bindings: readonly Binding[];
  readonly isDomain: boolean;
  /** The parts that it was taken apart into. */
  parts: readonly number[] | undefined;
  misses: number;
  /** States that had been expanded at the last look. */
  lookedAt: number;
  direct: boolean;
}

/** A tree of several actions is taken apart when it has learnt so many lists. */
const MAX_LISTS = 1_024;
/** After so many misses: a tree that misses more than this share of the states is no longer asked. */
const TRIAL = 4_096;
const MAX_MISSES = 0.6;
/** Bytes of the memory budget to one byte of what is remembered here. */
const SHARE = 16;
const MAX_BYTES = 1 << 28;

export class PackedRelation {
  readonly graph: DecisionGraph;
  readonly flat = new GrowingArray();
  private used = 1;
  private kept = 1;
  private readonly parts: Part[] = [];
  /** By part: 1 where what its tree knows are lists of successors. */
  readonly givesLists = new GrowingArray();
  private readonly partOf = new Map<Binding, number>();
  /** The parts of the groups, in order. */
  readonly groups: readonly number[];
  /** To be counted by whoever expands. */
  expanded = 0;
  private readonly maxBytes: number;

  constructor(
    groups: readonly { readonly units: readonly Binding[] }[],
    private readonly layout: PackedLayout,
    private readonly observer: Observer,
    private readonly runner: ActionRunner,
    private readonly changes: Changes,
    private readonly tests: PackedTests,
    private readonly memoise: boolean,
    memoryBytes: number,
  ) {
    this.graph = new DecisionGraph(tests.ask);
    this.maxBytes = Math.min(MAX_BYTES, memoryBytes / SHARE);
    this.groups = groups.flatMap(({ units }) => this.partsOf(units.flatMap((u) => this.chosen(u))));
  }

  get bytes(): number {
    return this.graph.bytes + 4 * this.used;
  }

  /** A binding with its choices that do not depend on the state. */
  private chosen(binding: Binding): readonly Binding[] {
    return binding.complete || binding.choices === undefined ? [binding] : binding.choices.flatMap((c) => this.chosen(c));
  }

  /** Parts for bindings in order: one for all that are complete in a row, one for each domain. */
  private partsOf(bindings: readonly Binding[]): number[] {
    const rows: Binding[][] = [];
    for (const b of bindings) {
      const last = rows.at(-1);
      if (b.complete && last?.[0]?.complete === true) last.push(b);
      else rows.push([b]);
    }
    return rows.map((row) => this.addPart(row));
  }

  private addPart(bindings: readonly Binding[]): number {
    const tree = this.graph.addTree();
    const isDomain = bindings[0]?.complete === false;
    this.givesLists.set(tree, isDomain ? 0 : 1);
    this.parts[tree] = { tree, bindings, isDomain, parts: undefined, misses: 0, lookedAt: this.expanded, direct: !this.memoise };
    return tree;
  }

  /** Forgets what is remembered, if it takes too much memory. Nobody may be in the middle of it. */
  trim(): void {
    if (this.bytes <= this.maxBytes) return;
    this.graph.clear();
    this.used = this.kept = 1;
  }

  /** Calls `visit` with where each list of successors of the words at `base` starts in `flat`; lists are valid during the call. */
  forEachList(group: number, words: Uint32Array, base: number, visit: (list: number) => void): void {
    const found = this.graph.find(group, words, base);
    const part = this.parts[group];
    if (part === undefined) return;
    if (found !== 0 && !part.isDomain) {
      visit(found);
      return;
    }
    if (part.parts !== undefined) {
      for (const inner of part.parts) this.forEachList(inner, words, base, visit);
      return;
    }
    const before = this.used;
    const list = found !== 0 ? found : this.learn(part, words, base);
    if (!part.isDomain) visit(list);
    else for (let i = 1, n = this.flat.get(list); i <= n; i++) this.forEachList(this.flat.get(list + i), words, base, visit);
    if (part.direct) this.used = Math.max(before, this.kept);
  }

  /** Runs what the part has to say of a state. The list that it returns is remembered, if that pays. */
  private learn(part: Part, words: Uint32Array, base: number): number {
    const { observer, runner, layout } = this;
    layout.decode(words, base, observer.ids);
    const observations: number[] = [];
    if (!part.direct) {
      runner.onObserved = (seen) => void observations.push(...seen);
      runner.repeatsObserved = true;
    }
    const list = this.used;
    try {
      if (part.isDomain) this.storeChoices(part);
      else this.storeSuccessors(part);
    } catch (error) {
      this.used = list;
      throw error;
    } finally {
      runner.onObserved = undefined;
      runner.repeatsObserved = false;
    }
    if (part.direct) return list;
    const first = part.bindings[0];
    if (!this.graph.insert(part.tree, this.tests.of(observations), words, base, list))
      throw new SpecError(
        `action ${first === undefined ? "" : runner.describe(first)} is not pure: it reads other parts of the state than in an equal situation before`,
      );
    this.kept = this.used;
    this.reconsider(part);
    return list;
  }

  private reconsider(part: Part): void {
    part.misses++;
    if (part.bindings.length > 1 && part.misses >= MAX_LISTS) {
      const half = part.bindings.length >> 1;
      part.parts = [this.addPart(part.bindings.slice(0, half)), this.addPart(part.bindings.slice(half))];
      this.graph.cut(part.tree);
    } else if (part.misses % TRIAL === 0) {
      if (TRIAL > MAX_MISSES * (this.expanded - part.lookedAt)) {
        part.direct = true;
        this.graph.cut(part.tree);
      }
      part.lookedAt = this.expanded;
    }
  }

  private storeChoices({ bindings: [binding] }: Part): void {
    const parts = binding === undefined ? [] : this.runner.choicesOf(binding).map((choice) => this.partOfChoice(choice));
    this.append([parts.length, ...parts]);
  }

  private partOfChoice(choice: Binding): number {
    let part = this.partOf.get(choice);
    if (part === undefined) {
      part = this.addPart([choice]);
      this.partOf.set(choice, part);
    }
    return part;
  }

  private storeSuccessors({ bindings }: Part): void {
    const list = this.used;
    this.append([0]);
    for (const binding of bindings) this.runner.forEachEnabled(binding, (enabled, effect) => {
      const writes = this.writesOf(effect);
      this.append([enabled.action, writes.length, ...writes.flat()]);
      this.flat.set(list, this.flat.get(list) + 1);
    }); // prettier-ignore
  }

  private append(numbers: readonly number[]): void {
    this.flat.reserve(this.used + numbers.length);
    this.flat.data.set(numbers, this.used);
    this.used += numbers.length;
  }

  private writesOf(effect: Effect): (readonly [word: number, keep: number, set: number])[] {
    const byWord = new Map<number, [keep: number, set: number]>();
    const verbs: (readonly [number, number, number])[] = [];
    const write = (word: number, mask: number, bits: number): void => {
      const [keep, set] = byWord.get(word) ?? [-1, 0];
      byWord.set(word, [keep & ~mask, (set & ~mask) | bits]);
    };
    for (const change of effect) this.writeChange(change, write, (leaf, word) => verbs.push([VERB + word, leaf, change[1]]));
    return [...[...byWord].map(([word, [keep, set]]) => [word, keep, set] as const), ...verbs];
  }

  private writeChange(
    [at, change]: LeafChange,
    write: (word: number, mask: number, bits: number) => void,
    verb: (leaf: number, word: number) => void,
  ): void {
    const packed = this.layout.packed[at];
    if (packed === undefined) return;
    const kind = this.changes.kind(change);
    // An id that is changed by verbs is changed by all of them in order, an assignment too.
    if (packed.kind === "id" && packed.leaf.isList) verb(at, packed.pieces[0]?.word ?? 0);
    else if ("to" in kind) this.layout.bitsOf(packed, kind.to, write);
    else {
      const { word, shift } = this.layout.bitOf(packed, kind.element);
      write(word, 1 << shift, kind.verb === "add" ? 1 << shift : 0);
    }
  }

  /** The word of a leaf after a change; throws SpecError where the change makes no sense. */
  changed(leaf: number, word: number, change: number): number {
    return this.changes.apply(this.observer.leaf(leaf), word, change);
  }

  /** Calls `visit` with the words of each successor by a group, which are only valid during the call. */
  forEachSuccessor(group: number, words: Uint32Array, visit: (successor: Uint32Array) => void): void {
    const successor = new Uint32Array(words.length);
    this.forEachList(group, words, 0, (list) => {
      const { flat } = this;
      let at = list + 1;
      for (let count = flat.get(list); count > 0; count--) {
        successor.set(words);
        const end = at + 2 + 3 * flat.get(at + 1);
        for (at += 2; at < end; at += 3) {
          const word = flat.get(at);
          if (word < VERB) successor[word] = ((successor[word] ?? 0) & flat.get(at + 1)) | flat.get(at + 2);
          else successor[word - VERB] = this.changed(flat.get(at + 1), successor[word - VERB] ?? 0, flat.get(at + 2));
        }
        visit(successor);
      }
    });
  }
}

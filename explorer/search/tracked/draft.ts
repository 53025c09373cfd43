/**
 * The `next` of user code. What an effect does to a leaf is recorded as a change (replace the value; add, send or
 * discard an element), because the same change can then be applied to any state that gives the same answers to what
 * the effect observed. Reading from `next` observes the whole leaf; replacing a value or sending observes nothing.
 */
import { BagDraft, NetworkDraft, SetDraft } from "../../../specs/language/collection-drafts.ts";
import type { DraftContents } from "../../../specs/language/collection-drafts.ts";
import { Counted, SetValue, counted, destinationOf } from "../../../specs/language/collections.ts";
import type { Verb } from "../../../specs/language/collections.ts";
import { Draft as ValueDraft, isFields } from "../../../specs/language/draft.ts";
import { COLLECTION, copyOf, isCollection, settled } from "../../../specs/language/equality.ts";
import { SpecError } from "../../../specs/language/errors.ts";
import type { SpecInstance } from "../../../specs/language/instantiate.ts";
import type { Schema } from "../../../specs/language/schema.ts";
import type { Leaf } from "./leaves.ts";
import { collectionOf } from "./leaves.ts";
import type { Lists } from "../kernel/lists.ts";
import { MemoTable } from "../kernel/memo-table.ts";
import { COUNT, WHOLE } from "./observer.ts";
import type { Observer } from "./observer.ts";

/** The leaf gets another id, or its collection is changed by a verb. */
export type LeafChangeKind = { readonly to: number } | { readonly verb: Verb; readonly element: number };

/** Changes of leaves, numbered from 1. */
export class Changes {
  private readonly numbers = new Map<string, number>();
  private readonly changes: LeafChangeKind[] = [];
  private readonly applied = new MemoTable();

  constructor(private readonly lists: Lists) {}

  get bytes(): number {
    return this.applied.bytes;
  }

  /** Replace the leaf by an id. */
  set(to: number): number {
    return this.number(`=${String(to)}`, { to });
  }
  verb(verb: Verb, element: number): number {
    return this.number(`${verb} ${String(element)}`, { verb, element });
  }
  private number(key: string, change: LeafChangeKind): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const n = this.changes.push(change);
    this.numbers.set(key, n);
    return n;
  }

  /** What a change does. */
  kind(change: number): LeafChangeKind {
    const c = this.changes[change - 1];
    if (c === undefined) throw new RangeError(`there is no change ${String(change)}`);
    return c;
  }

  /** The leaf's id after a change. Throws SpecError when the change makes no sense there. */
  apply(leaf: Leaf, id: number, change: number): number {
    const c = this.kind(change);
    if ("to" in c) return c.to;
    const known = this.applied.get(id, change);
    if (known !== 0) return known - 1;
    const result = this.applyVerb(leaf, id, c.verb, c.element);
    this.applied.set(id, change, result + 1);
    return result;
  }

  /** An element's count after a verb; undefined: absent. Throws SpecError when there is nothing to take away. */
  count(leaf: Leaf, count: number | undefined, verb: Verb, element: number): number | undefined {
    return counted(verb, count, leaf.variable, () => leaf.values.orderText(element));
  }

  private applyVerb(leaf: Leaf, list: number, verb: Verb, element: number): number {
    return this.lists.with(list, element, this.count(leaf, this.lists.count(list, element), verb, element));
  }
}

/** One change in an effect: which leaf, and the number of the change. */
export type LeafChange = readonly [leaf: number, change: number];

/** A leaf that an effect has read or written. */
interface Drafted {
  readonly leaf: Leaf;
  /** What user code sees: the value, or the proxy of its draft. */
  readonly value: unknown;
  readonly draft: ValueDraft | undefined;
  /** The draft is of a record that holds the value, a collection, under the leaf's path. */
  readonly isHeld: boolean;
  /** It was read before it was written, so that its present value has been observed. */
  readonly read: boolean;
}

export class Draft {
  /** The object that user code sees. */
  readonly next: object;
  private readonly drafted = new Map<number, Drafted>();
  private readonly collectionChanges: LeafChange[] = [];

  constructor(
    instance: SpecInstance,
    private readonly observer: Observer,
    private readonly lists: Lists,
    private readonly changes: Changes,
  ) {
    const next = {};
    for (const { name } of instance.variables) {
      const leaves = observer.leaves.filter((l) => l.variable === name);
      const first = leaves[0];
      if (first === undefined)
        Object.defineProperty(next, name, { enumerable: true, value: Object.freeze({}) }); // a map on an empty set
      else if (first.isList) this.defineCollection(next, first, leaves);
      else if (first.key === undefined) this.defineLeaf(next, name, first);
      else this.defineMap(next, name, leaves);
    }
    this.next = Object.preventExtensions(next);
  }

  begin(): void {
    this.drafted.clear();
    this.collectionChanges.length = 0;
  }

  /** The changes since `begin`. Throws SpecError (TypeOK) for values outside their schemas. */
  finish(): LeafChange[] {
    const result: LeafChange[] = [];
    for (const { leaf, value, draft, isHeld, read } of this.drafted.values()) {
      const whole = draft === undefined ? value : isHeld ? draft.finish()[leaf.path] : draft.finish();
      const id = leaf.values.id(whole, leaf.path);
      if (!(read && id === this.observer.ids[leaf.index])) result.push([leaf.index, this.changes.set(id)]);
    }
    return [...result, ...this.collectionChanges];
  }

  /** A record, map or collection is drafted, so that it may be changed in place; all else is the immutable value that it is. */
  private drafting(leaf: Leaf, value: unknown, read: boolean): unknown {
    const isHeld = isCollection(value);
    const draft = isHeld ? new ValueDraft({ [leaf.path]: value }) : isFields(value) ? new ValueDraft(value) : undefined;
    const seen = draft === undefined ? value : isHeld ? draft.read(leaf.path) : draft.proxy;
    this.drafted.set(leaf.index, { leaf, value: seen, draft, isHeld, read });
    return seen;
  }

  private defineLeaf(target: object, property: string, leaf: Leaf): void {
    Object.defineProperty(target, property, {
      enumerable: true,
      get: () => {
        const known = this.drafted.get(leaf.index);
        if (known) return known.value;
        const value = leaf.values.value(this.observer.observe(leaf.index, WHOLE, 0));
        return this.drafting(leaf, isFields(value) ? value : copyOf(value), true);
      },
      set: (value: unknown) => void this.drafting(leaf, settled(value), this.drafted.get(leaf.index)?.read ?? false),
    });
  }

  private defineMap(target: object, property: string, leaves: readonly Leaf[]): void {
    const byKey = {};
    for (const leaf of leaves) this.defineLeaf(byKey, String(leaf.key), leaf);
    Object.preventExtensions(byKey);
    const assign = (value: unknown): void => {
      if (!isFields(value)) throw new SpecError(`TypeOK: ${property} is not a map`);
      const extra = Object.keys(value).find((k) => !leaves.some((l) => String(l.key) === k));
      if (extra !== undefined) throw new SpecError(`TypeOK: ${property}[${extra}] is not a key of the map`);
      // All values are read before any is written, since they may come from this very draft.
      const values = leaves.map((leaf): unknown => settled(value[String(leaf.key)]));
      leaves.forEach((leaf, i) => void this.drafting(leaf, values[i], false));
    };
    Object.defineProperty(target, property, { enumerable: true, get: () => byKey, set: assign });
  }

  private defineCollection(target: object, first: Leaf, leaves: readonly Leaf[]): void {
    const { variableSchema, variable } = first;
    const leafOf = (element: unknown): Leaf => {
      if (variableSchema.kind !== "network") return first;
      const destination = destinationOf(element, variableSchema.by);
      const leaf = leaves.find((l) => l.key === destination);
      if (leaf === undefined) throw new SpecError(`TypeOK: ${variable} has no destination ${String(destination)}`);
      return leaf;
    };
    const contents: DraftContents<unknown> = {
      change: (verb, element) => {
        const leaf = leafOf(element);
        const id = leaf.values.id(element, `${leaf.path}{…}`);
        if (verb === "discard" || verb === "removeCopy") this.expectPresent(leaf, verb, id);
        this.collectionChanges.push([leaf.index, this.changes.verb(verb, id)]);
      },
      assign: (elements) => {
        const ids = SetValue.of(elements).toArray();
        const entries = ids.map((e) => [first.values.id(e, `${first.path}{…}`), 1] as const);
        this.collectionChanges.push([first.index, this.changes.set(this.lists.from(entries))]);
      },
      // All else reads the collection as it stands after the changes made so far.
      sorted: () => this.current(leaves).sorted(),
      count: (element) => this.current(leaves).count(element),
      tagged: (tag, pending) => this.current(leaves).contents.tagged(tag, pending),
      to: (destination) => this.current(leaves.filter((l) => l.key === destination)).contents,
    };
    const view = collectionDraft(variableSchema, contents);
    Object.defineProperty(target, variable, {
      enumerable: true,
      get: () => view,
      set: (value: unknown) => {
        const whole = settled(value);
        if (!(whole instanceof Counted) || whole[COLLECTION] !== variableSchema.kind)
          throw new SpecError(`TypeOK: ${variable} is not a ${variableSchema.kind}`);
        const lists = new Map<Leaf, (readonly [number, number])[]>(leaves.map((leaf) => [leaf, []]));
        for (const [element, count] of whole.entries()) {
          const leaf = leafOf(element);
          lists.get(leaf)?.push([leaf.values.id(element, `${leaf.path}{…}`), count]);
        }
        for (const [leaf, entries] of lists) this.collectionChanges.push([leaf.index, this.changes.set(this.lists.from(entries))]);
      },
    });
  }

  /** Taking away observes that there is something to take, so that an effect that may not is found where it runs. */
  private expectPresent(leaf: Leaf, verb: Verb, element: number): void {
    const earlier = this.collectionChanges.filter(([at]) => at === leaf.index);
    if (earlier.length === 0) {
      const answer = this.observer.observe(leaf.index, COUNT, element);
      this.changes.count(leaf, answer === 0 ? undefined : answer - 1, verb, element);
      return;
    }
    let list = this.observer.observe(leaf.index, WHOLE, 0);
    for (const [, change] of earlier) list = this.changes.apply(leaf, list, change);
    this.changes.count(leaf, this.lists.count(list, element), verb, element);
  }

  private current(leaves: readonly Leaf[]): Counted<unknown> {
    const entries = leaves.flatMap((leaf) => {
      let list = this.observer.observe(leaf.index, WHOLE, 0);
      for (const [at, change] of this.collectionChanges) if (at === leaf.index) list = this.changes.apply(leaf, list, change);
      return this.lists.entries(list).map(([e, n]) => [leaf.values.value(e), n] as const);
    });
    return collectionOf(leaves[0]?.variableSchema, entries);
  }
}

const collectionDraft = (schema: Schema, contents: DraftContents<unknown>): object => {
  if (schema.kind === "set") return new SetDraft(contents);
  return schema.kind === "bag" ? new BagDraft(contents) : new NetworkDraft(contents, schema.kind === "network" ? schema.by : "");
};

/**
 * The `next` of user code. What an effect does to a leaf is recorded as a change (replace the value; add, send or
 * discard an element), because the same change can then be applied to any state that gives the same answers to what
 * the effect observed. Reading from `next` observes the whole leaf; replacing a value or sending observes nothing.
 */
import { BagValue, Counted, NetworkValue, SetValue, destinationOf, verbs } from "../../../specs/language/collections.ts";
import type { Verb } from "../../../specs/language/collections.ts";
import { SpecError } from "../../../specs/language/errors.ts";
import type { SpecInstance } from "../../../specs/language/instantiate.ts";
import type { Leaf } from "./leaves.ts";
import { collectionOf } from "./leaves.ts";
import type { Lists } from "../kernel/lists.ts";
import { MemoTable } from "../kernel/memo-table.ts";
import { COUNT, WHOLE } from "./observer.ts";
import type { Observer } from "./observer.ts";

/** Changes of leaves, numbered from 1. */
export class Changes {
  private readonly numbers = new Map<string, number>();
  private readonly changes: ({ readonly to: number } | { readonly verb: Verb; readonly element: number })[] = [];
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
  private number(key: string, change: (typeof this.changes)[number]): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const n = this.changes.push(change);
    this.numbers.set(key, n);
    return n;
  }

  /** The leaf's id after a change. Throws SpecError when the change makes no sense there. */
  apply(leaf: Leaf, id: number, change: number): number {
    const c = this.changes[change - 1];
    if (c === undefined) throw new RangeError(`there is no change ${String(change)}`);
    if ("to" in c) return c.to;
    const known = this.applied.get(id, change);
    if (known !== 0) return known - 1;
    const result = this.applyVerb(leaf, id, c.verb, c.element);
    this.applied.set(id, change, result + 1);
    return result;
  }

  /** An element's count after a verb; undefined: absent. Throws SpecError when there is nothing to take away. */
  count(leaf: Leaf, count: number | undefined, verb: Verb, element: number): number | undefined {
    const result = verbs[verb](count);
    if (result !== "absent") return result;
    const [name, where] = verb === "removeCopy" ? ["remove", "there"] : [verb, "pending"];
    throw new SpecError(`${leaf.path}: ${name} of ${leaf.values.orderText(element)}, of which none is ${where}`);
  }

  private applyVerb(leaf: Leaf, list: number, verb: Verb, element: number): number {
    return this.lists.with(list, element, this.count(leaf, this.lists.count(list, element), verb, element));
  }
}

/** A record or map that may be changed in place; sequences and inner collections stay the immutable values that they are. */
const thaw = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Counted) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, thaw(v)]));
};

/** One change in an effect: which leaf, and the number of the change. */
export type LeafChange = readonly [leaf: number, change: number];

export class Draft {
  /** The object that user code sees. */
  readonly next: object;
  private readonly drafted = new Map<number, { readonly leaf: Leaf; value: unknown; readonly read: boolean }>();
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
      if (first === undefined) continue;
      if (first.isList) this.defineCollection(next, first, leaves);
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
    for (const { leaf, value, read } of this.drafted.values()) {
      const id = leaf.values.id(value, leaf.path);
      if (!(read && id === this.observer.ids[leaf.index])) result.push([leaf.index, this.changes.set(id)]);
    }
    return [...result, ...this.collectionChanges];
  }

  private defineLeaf(target: object, property: string, leaf: Leaf): void {
    Object.defineProperty(target, property, {
      enumerable: true,
      get: () => {
        const known = this.drafted.get(leaf.index);
        if (known) return known.value;
        const value = thaw(leaf.values.value(this.observer.observe(leaf.index, WHOLE, 0)));
        this.drafted.set(leaf.index, { leaf, value, read: true });
        return value;
      },
      set: (value: unknown) => {
        // A view of now cannot be written to, and what is in next may be.
        const own = typeof value === "object" && value !== null && !Object.isExtensible(value) ? thaw(value) : value;
        this.drafted.set(leaf.index, { leaf, value: own, read: this.drafted.get(leaf.index)?.read ?? false });
      },
    });
  }

  private defineMap(target: object, property: string, leaves: readonly Leaf[]): void {
    const byKey = {};
    for (const leaf of leaves) this.defineLeaf(byKey, String(leaf.key), leaf);
    Object.preventExtensions(byKey);
    const assign = (value: unknown): void => {
      if (typeof value !== "object" || value === null) throw new SpecError(`TypeOK: ${property} is not a map`);
      const extra = Object.keys(value).find((k) => !leaves.some((l) => String(l.key) === k));
      if (extra !== undefined) throw new SpecError(`TypeOK: ${property}[${extra}] is not a key of the map`);
      // All values are read before any is written, since they may come from this very draft.
      const values = leaves.map((leaf): unknown => Reflect.get(value, String(leaf.key)));
      leaves.forEach((leaf, i) => this.drafted.set(leaf.index, { leaf, value: values[i], read: false }));
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
    const does =
      (verb: Verb) =>
      (element: unknown): void => {
        const leaf = leafOf(element);
        const id = leaf.values.id(element, `${leaf.path}{…}`);
        if (verb === "discard" || verb === "removeCopy") this.expectPresent(leaf, verb, id);
        this.collectionChanges.push([leaf.index, this.changes.verb(verb, id)]);
      };
    const assign = (elements: Iterable<unknown>): void => {
      const ids = SetValue.of(elements)
        .toArray()
        .map((e) => [first.values.id(e, `${first.path}{…}`), 1] as const);
      this.collectionChanges.push([first.index, this.changes.set(this.lists.from(ids))]);
    };
    const own = {
      set: { add: does("add"), delete: does("delete"), assign },
      bag: { add: does("addCopy"), remove: does("removeCopy") },
      network: { send: does("send"), sendAsReceived: does("sendAsReceived"), discard: does("discard"), forget: does("delete") },
    };
    const verbsOfKind = own[variableSchema.kind === "set" || variableSchema.kind === "bag" ? variableSchema.kind : "network"];
    // All else reads the collection as it stands after the changes made so far.
    const view = new Proxy(verbsOfKind, {
      get: (known, key) => {
        if (Object.hasOwn(known, key)) return Reflect.get(known, key) as unknown;
        const value = this.current(leaves);
        const member: unknown = Reflect.get(value, key);
        return typeof member === "function" ? (member.bind(value) as unknown) : member;
      },
    });
    Object.defineProperty(target, variable, {
      enumerable: true,
      get: () => view,
      set: () => {
        throw new TypeError(`${variable} is a ${variableSchema.kind}: change it with its verbs, not by assignment`);
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

  private current(leaves: readonly Leaf[]): SetValue<unknown> | BagValue<unknown> | NetworkValue<unknown> {
    const entries = leaves.flatMap((leaf) => {
      let list = this.observer.observe(leaf.index, WHOLE, 0);
      for (const [at, change] of this.collectionChanges) if (at === leaf.index) list = this.changes.apply(leaf, list, change);
      return this.lists.entries(list).map(([e, n]) => [leaf.values.value(e), n] as const);
    });
    const collection = collectionOf(leaves[0]?.variableSchema ?? { kind: "bool" }, entries);
    if (collection instanceof SetValue || collection instanceof BagValue || collection instanceof NetworkValue) return collection;
    throw new TypeError("not a collection");
  }
}

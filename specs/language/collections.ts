/**
 * Sets, bags and networks, as values and as faces of contents that lie elsewhere: in the state that the search looks at,
 * or in a draft of `next`. All questions are answered from the same few of `Contents`, so that a value, a view and a
 * draft give one answer. They are immutable; a variable that holds one is changed in `next` through the verbs of its
 * `…Variable` interface, which the search can record as a change instead of a copy.
 */
import { COLLECTION, canonicalText, compareText, isCollection, settled } from "./equality.ts";
import { SpecError } from "./errors.ts";
import type { AnyCollection, CollectionKind, Entry } from "./equality.ts";

export { canonicalText, equal } from "./equality.ts";

/** Of a network: messages with a pending delivery, those whose deliveries have all happened, or both. */
export type PendingState = "pending" | "delivered" | "all";

/** Where the elements of a collection are. */
export interface Contents<T> {
  /** In the order of their texts. */
  sorted(): readonly Entry<T>[];
  /** The count of an element; undefined if it is absent. In a network an element may be present with count 0. */
  count(element: T): number | undefined;
  /** The elements of a tagged union with this tag. */
  tagged(tag: string, pending: PendingState): readonly T[];
  /** Of a network: the messages for one destination. */
  to(destination: Scalar, by: string): Contents<T>;
}

const hasCount = (count: number, pending: PendingState): boolean => pending === "all" || (pending === "pending" ? count > 0 : count === 0);

/** Contents that are kept here. */
class Elements<T> implements Contents<T> {
  private readonly byText: ReadonlyMap<string, Entry<T>>;
  private order: readonly Entry<T>[] | undefined;

  constructor(entries: Iterable<Entry<T>>) {
    const byText = new Map<string, Entry<T>>();
    for (const { element, count, text } of entries) byText.set(text, { element, count: count + (byText.get(text)?.count ?? 0), text });
    this.byText = byText;
  }
  /** Elements are copied: who gave one may change it later. */
  static of<T>(entries: Iterable<readonly [T, number]>): Elements<T> {
    return new Elements(Array.from(entries, ([element, count]) => entryOf(element, count)));
  }
  sorted(): readonly Entry<T>[] {
    return (this.order ??= [...this.byText.values()].sort((a, b) => compareText(a.text, b.text)));
  }
  count(element: T): number | undefined {
    return this.byText.get(canonicalText(element))?.count;
  }
  tagged(tag: string, pending: PendingState): readonly T[] {
    return this.sorted().flatMap(({ element, count }) => (hasCount(count, pending) && hasTag(element, tag) ? [element] : []));
  }
  to(destination: Scalar, by: string): Contents<T> {
    return new Elements(this.sorted().filter(({ element }) => destinationOf(element, by) === destination));
  }
}

const entryOf = <T>(element: T, count: number): Entry<T> => {
  const own = settled(element) as T; // a copy has the type of what it was made of
  return { element: own, count, text: canonicalText(own) };
};

const isContents = <T>(from: Iterable<readonly [T, number]> | Contents<T>): from is Contents<T> => "sorted" in from;

/** What sets, bags, networks and inboxes have in common: elements with a count, in the order of their canonical texts. */
export abstract class Counted<T> implements Iterable<T>, AnyCollection {
  readonly #contents: Contents<T>;

  constructor(from: Iterable<readonly [T, number]> | Contents<T>) {
    this.#contents = isContents(from) ? from : Elements.of(from);
  }
  /** Whichever copy of this module has made it. */
  static [Symbol.hasInstance](x: unknown): boolean {
    return isCollection(x);
  }

  abstract readonly [COLLECTION]: CollectionKind;
  abstract settled(): Counted<T>;

  sorted(): readonly Entry<T>[] {
    return this.#contents.sorted();
  }
  count(element: T): number | undefined {
    return this.#contents.count(element);
  }
  has(element: T): boolean {
    return this.count(element) !== undefined;
  }
  get size(): number {
    return this.sorted().length;
  }
  toArray(): readonly T[] {
    return this.sorted().map((e) => e.element);
  }
  entries(): readonly (readonly [T, number])[] {
    return this.sorted().map((e): readonly [T, number] => [e.element, e.count]);
  }
  [Symbol.iterator](): Iterator<T> {
    return this.toArray()[Symbol.iterator]();
  }
  toString(): string {
    return canonicalText(this);
  }
  /** A set as its elements, all else as elements with their counts. */
  toJSON(): unknown {
    return this[COLLECTION] === "set" ? this.toArray() : this.entries();
  }
  /** Where the elements are. */
  get contents(): Contents<T> {
    return this.#contents;
  }
  /** The entries with one element set to a count, or taken out (`undefined`). */
  protected changed(element: T, count: number | undefined): Contents<T> {
    const entry = entryOf(element, count ?? 0);
    const rest = this.sorted().filter((e) => e.text !== entry.text);
    return new Elements(count === undefined ? rest : [...rest, entry]);
  }
}

declare const role: unique symbol;
type Value = { readonly value: true };
/**
 * A place of `next`, which is what verbs change. A collection says in the phantom `role` whether it is a value or a place:
 * a value may be assigned to a place, and verbs are for places only.
 */
interface Place {
  [role]?(of: { readonly place: true }): void;
}
/** For what has the verbs of a place and is none. */
export const refuseVerb = (verb: string): never => {
  throw new TypeError(`${verb} changes a collection of next; now is read-only, and so are values: use next`);
};

/** What may be asked of a set, and how it is changed where it lies in `next`. */
export interface FiniteSet<out T, R = Value> extends Iterable<T> {
  readonly size: number;
  has(element: T): boolean;
  toArray(): readonly T[];
  /** The elements of a tagged union with this tag, e.g. all "1b" messages. Observes only those. */
  tagged<K extends TagOf<T>>(tag: K): readonly WithTag<T, K>[];
  with(...elements: readonly T[]): FiniteSet<T>;
  without(...elements: readonly T[]): FiniteSet<T>;
  filter(keep: (element: T) => boolean): FiniteSet<T>;
  some(test: (element: T) => boolean): boolean;
  every(test: (element: T) => boolean): boolean;
  add(this: Place, element: T): void;
  delete(this: Place, element: T): void;
  assign(this: Place, elements: Iterable<T>): void;
  [role]?(of: R): void;
}
/** A set in `next`. */
export type SetVariable<T> = FiniteSet<T, object>;

type Tagged = { readonly type: string };
/** No conditional types: of these, a collection of more is not known to hold one of less. */
export type TagOf<T> = (T & Tagged)["type"];
export type WithTag<T, K> = T & { readonly type: K };

export const hasTag = (element: unknown, tag: string): boolean =>
  typeof element === "object" && element !== null && "type" in element && element.type === tag;

export class SetValue<T> extends Counted<T> implements FiniteSet<T> {
  static of<T>(elements: Iterable<T>): SetValue<T> {
    if (isCollection(elements)) return SetValue.from(elements.sorted() as readonly Entry<T>[]); // same T by the signature
    return SetValue.from(Array.from(elements, (e) => entryOf(e, 1)));
  }
  /** Elements that are named twice count once. */
  private static from<T>(entries: readonly Entry<T>[]): SetValue<T> {
    const unique = new Map(entries.map((e) => [e.text, e.count === 1 ? e : { ...e, count: 1 }]));
    return new SetValue(new Elements(unique.values()));
  }
  readonly [COLLECTION] = "set";
  static override [Symbol.hasInstance](x: unknown): boolean {
    return isCollection(x) && x[COLLECTION] === "set";
  }
  settled(): SetValue<T> {
    return SetValue.of(this);
  }
  tagged<K extends TagOf<T>>(tag: K): readonly WithTag<T, K>[] {
    return this.contents.tagged(tag, "all") as readonly WithTag<T, K>[]; // selected by tag
  }
  with(...elements: readonly T[]): SetValue<T> {
    return SetValue.from([...this.sorted(), ...elements.map((e) => entryOf(e, 1))]);
  }
  without(...elements: readonly T[]): SetValue<T> {
    const gone = new Set(elements.map(canonicalText));
    return SetValue.from(this.sorted().filter((e) => !gone.has(e.text)));
  }
  update(element: T, count: number | undefined): SetValue<T> {
    return new SetValue(this.changed(element, count));
  }
  filter(keep: (element: T) => boolean): SetValue<T> {
    return SetValue.from(this.sorted().filter((e) => keep(e.element)));
  }
  some(test: (element: T) => boolean): boolean {
    return this.toArray().some((e) => test(e));
  }
  every(test: (element: T) => boolean): boolean {
    return this.toArray().every((e) => test(e));
  }
  add(_element: T): void {
    refuseVerb("add");
  }
  delete(_element: T): void {
    refuseVerb("delete");
  }
  assign(_elements: Iterable<T>): void {
    refuseVerb("assign");
  }
}

/** A set of the given elements; duplicates count once. `setOf()` is the empty set of whatever type is wanted. */
export const setOf = <T = never>(...elements: readonly T[]): FiniteSet<T> => SetValue.of(elements);

/** What may be asked of a bag (multiset), and how it is changed where it lies in `next`. */
export interface Bag<out T, R = Value> extends Iterable<T> {
  /** How often the element is in the bag; 0 if it is not. */
  copies(element: T): number;
  has(element: T): boolean;
  readonly size: number;
  toArray(): readonly T[];
  tagged<K extends TagOf<T>>(tag: K): readonly WithTag<T, K>[];
  add(this: Place, element: T): void;
  /** Takes one copy out. Throws if there is none. */
  remove(this: Place, element: T): void;
  [role]?(of: R): void;
}
/** A bag in `next`. */
export type BagVariable<T> = Bag<T, object>;

export class BagValue<T> extends Counted<T> implements Bag<T> {
  readonly [COLLECTION] = "bag";
  static override [Symbol.hasInstance](x: unknown): boolean {
    return isCollection(x) && x[COLLECTION] === "bag";
  }
  settled(): BagValue<T> {
    return new BagValue(this.entries());
  }
  copies(element: T): number {
    return this.count(element) ?? 0;
  }
  tagged<K extends TagOf<T>>(tag: K): readonly WithTag<T, K>[] {
    return this.contents.tagged(tag, "all") as readonly WithTag<T, K>[]; // selected by tag
  }
  add(_element: T): void {
    refuseVerb("add");
  }
  remove(_element: T): void {
    refuseVerb("remove");
  }
  update(element: T, count: number | undefined): BagValue<T> {
    return new BagValue(this.changed(element, count));
  }
}

/** A bag of the given elements, one copy for each time it is named. */
export const bagOf = <T = never>(...elements: readonly T[]): Bag<T> => new BagValue(elements.map((e) => [e, 1] as const));

/** The messages for one destination. */
export interface Inbox<M> {
  /** Messages of this type that wait to be delivered (pending count > 0). */
  pending<K extends TagOf<M>>(type: K): readonly WithTag<M, K>[];
  /** Messages of this type whose deliveries have all happened (pending count 0). */
  delivered<K extends TagOf<M>>(type: K): readonly WithTag<M, K>[];
  /** Every message ever sent here, with its pending count. Observes the whole inbox. */
  entries(): readonly (readonly [M, number])[];
}
/**
 * TLA+ `messages`, a function from message to pending deliveries, kept apart by destination. A delivered message stays
 * with count 0, so that a spec can count what it has received and ask whether something was ever sent.
 */
export interface Network<M, R = Value> {
  /** The inbox of one value of the destination field. */
  to(destination: Scalar): Inbox<M>;
  /** Was this message ever sent (TLA+ `m \in DOMAIN messages`)? */
  has(message: M): boolean;
  /** One more pending delivery. */
  send(this: Place, message: M): void;
  /** Present as if sent and delivered: count 0 when new, one more pending delivery otherwise (TLA+ SendAsReceived). */
  sendAsReceived(this: Place, message: M): void;
  /** One delivery has happened. Throws if none was pending. */
  discard(this: Place, message: M): void;
  /** Takes a message out altogether: for reductions only, a protocol never forgets. */
  forget(this: Place, message: M): void;
  [role]?(of: R): void;
}
/** A network in `next`. */
export type NetworkVariable<M> = Network<M, object>;
type Scalar = string | number;

class InboxValue<M> extends Counted<M> implements Inbox<M> {
  readonly [COLLECTION] = "inbox";
  static override [Symbol.hasInstance](x: unknown): boolean {
    return isCollection(x) && x[COLLECTION] === "inbox";
  }
  settled(): InboxValue<M> {
    return new InboxValue(this.entries());
  }
  pending<K extends TagOf<M>>(type: K): readonly WithTag<M, K>[] {
    return this.contents.tagged(type, "pending") as readonly WithTag<M, K>[]; // selected by tag
  }
  delivered<K extends TagOf<M>>(type: K): readonly WithTag<M, K>[] {
    return this.contents.tagged(type, "delivered") as readonly WithTag<M, K>[]; // likewise
  }
}

export class NetworkValue<M> extends Counted<M> implements Network<M> {
  readonly #by: string;
  constructor(from: Iterable<readonly [M, number]> | Contents<M>, by: string) {
    super(from);
    this.#by = by;
  }
  /** The field of a message that names its destination. */
  get by(): string {
    return this.#by;
  }
  readonly [COLLECTION] = "network";
  static override [Symbol.hasInstance](x: unknown): boolean {
    return isCollection(x) && x[COLLECTION] === "network";
  }
  settled(): NetworkValue<M> {
    return new NetworkValue(this.entries(), this.#by);
  }
  to(destination: Scalar): Inbox<M> {
    return new InboxValue(this.contents.to(destination, this.#by));
  }
  send(_message: M): void {
    refuseVerb("send");
  }
  sendAsReceived(_message: M): void {
    refuseVerb("sendAsReceived");
  }
  discard(_message: M): void {
    refuseVerb("discard");
  }
  forget(_message: M): void {
    refuseVerb("forget");
  }
  update(message: M, count: number | undefined): NetworkValue<M> {
    return new NetworkValue(this.changed(message, count), this.#by);
  }
}

export const destinationOf = (message: unknown, by: string): unknown =>
  typeof message === "object" && message !== null ? Reflect.get(message, by) : undefined;

/** The verbs of collections as transitions of one element's count; `undefined` is absent. Shared by both machines. */
export const verbs = {
  add: () => 1,
  addCopy: (count: number | undefined) => (count ?? 0) + 1,
  removeCopy: (count: number | undefined) => (count === undefined ? "absent" : count === 1 ? undefined : count - 1),
  delete: () => undefined,
  send: (count: number | undefined) => (count ?? 0) + 1,
  sendAsReceived: (count: number | undefined) => (count === undefined ? 0 : count + 1),
  discard: (count: number | undefined) => (count === undefined || count === 0 ? "absent" : count - 1),
} as const satisfies Record<string, (count: number | undefined) => number | undefined | "absent">;
export type Verb = keyof typeof verbs;

/** What a verb gives for a count; throws SpecError where there is nothing to take away. `path` is the variable. */
export const counted = (verb: Verb, count: number | undefined, path: string, element: () => string): number | undefined => {
  const result = verbs[verb](count);
  if (result !== "absent") return result;
  if (verb === "removeCopy") throw new SpecError(`${path}.remove: ${element()} is not in the bag`);
  throw new SpecError(`${path}.${verb}: ${element()} ${count === undefined ? "was never sent" : "has no delivery pending"}`);
};

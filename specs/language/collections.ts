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

/** What may be asked of a set. */
export interface FiniteSet<T> extends Iterable<T> {
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
}
/** A set that is a variable, in `next`. */
export interface SetVariable<T> extends FiniteSet<T> {
  add(element: T): void;
  delete(element: T): void;
  assign(elements: Iterable<T>): void;
}

type Tagged = { readonly type: string };
export type TagOf<T> = T extends Tagged ? T["type"] : never;
export type WithTag<T, K> = T extends Tagged ? (K extends T["type"] ? T & { readonly type: K } : never) : never;

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
}

/** A set of the given elements; duplicates count once. `setOf()` is the empty set of whatever type is wanted. */
export const setOf = <T>(...elements: readonly T[]): FiniteSet<T> => SetValue.of(elements);

/** What may be asked of a bag (multiset). */
export interface Bag<T> extends Iterable<T> {
  /** How often the element is in the bag; 0 if it is not. */
  copies(element: T): number;
  has(element: T): boolean;
  readonly size: number;
  toArray(): readonly T[];
  tagged<K extends TagOf<T>>(tag: K): readonly WithTag<T, K>[];
}
/** A bag that is a variable, in `next`. */
export interface BagVariable<T> extends Bag<T> {
  add(element: T): void;
  /** Takes one copy out. Throws if there is none. */
  remove(element: T): void;
}

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
  update(element: T, count: number | undefined): BagValue<T> {
    return new BagValue(this.changed(element, count));
  }
}

/** A bag of the given elements, one copy for each time it is named. */
export const bagOf = <T>(...elements: readonly T[]): Bag<T> => new BagValue(elements.map((e) => [e, 1] as const));

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
export interface Network<M> {
  /** The inbox of one value of the destination field. */
  to(destination: Scalar): Inbox<M>;
  /** Was this message ever sent (TLA+ `m \in DOMAIN messages`)? */
  has(message: M): boolean;
}
/** A network that is a variable, in `next`. */
export interface NetworkVariable<M> extends Network<M> {
  /** One more pending delivery. */
  send(message: M): void;
  /** Present as if sent and delivered: count 0 when new, one more pending delivery otherwise (TLA+ SendAsReceived). */
  sendAsReceived(message: M): void;
  /** One delivery has happened. Throws if none was pending. */
  discard(message: M): void;
  /** Takes a message out altogether: for reductions only, a protocol never forgets. */
  forget(message: M): void;
}
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

/** A collection of `next`: its contents as they stand after the changes so far, and how it is changed. */
export interface DraftContents<T> extends Contents<T> {
  change(verb: Verb, element: T): void;
  assign(elements: Iterable<T>): void;
}

export class SetDraft<T> extends SetValue<T> implements SetVariable<T> {
  readonly #draft: DraftContents<T>;
  constructor(draft: DraftContents<T>) {
    super(draft);
    this.#draft = draft;
  }
  add(element: T): void {
    this.#draft.change("add", element);
  }
  delete(element: T): void {
    this.#draft.change("delete", element);
  }
  assign(elements: Iterable<T>): void {
    this.#draft.assign(elements);
  }
}

export class BagDraft<T> extends BagValue<T> implements BagVariable<T> {
  readonly #draft: DraftContents<T>;
  constructor(draft: DraftContents<T>) {
    super(draft);
    this.#draft = draft;
  }
  add(element: T): void {
    this.#draft.change("addCopy", element);
  }
  remove(element: T): void {
    this.#draft.change("removeCopy", element);
  }
}

export class NetworkDraft<M> extends NetworkValue<M> implements NetworkVariable<M> {
  readonly #draft: DraftContents<M>;
  constructor(draft: DraftContents<M>, by: string) {
    super(draft, by);
    this.#draft = draft;
  }
  send(message: M): void {
    this.#draft.change("send", message);
  }
  sendAsReceived(message: M): void {
    this.#draft.change("sendAsReceived", message);
  }
  discard(message: M): void {
    this.#draft.change("discard", message);
  }
  forget(message: M): void {
    this.#draft.change("delete", message);
  }
}

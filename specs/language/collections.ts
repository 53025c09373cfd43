/**
 * Sets, bags and networks. TLA+ compares values by structure and JavaScript objects by identity, so these collections
 * key their elements by a canonical text. They are immutable; a variable of a state that holds one is changed in
 * `next` through the verbs of its `…Variable` interface, which the search can record as a change instead of a copy.
 */

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Texts of values that are frozen through and through, by identity: messages are compared far more often than made. */
const frozenTexts = new WeakMap<object, string>();
/** Remembers the text of a value, which must be frozen through and through, as those that `decode` makes are. */
export const rememberText = (frozen: object): void => void frozenTexts.set(frozen, canonicalText(frozen));

/** A text that is equal exactly for structurally equal values; the order of object keys does not matter. */
export const canonicalText = (value: unknown): string => {
  if (value === null || typeof value !== "object") return typeof value === "string" ? JSON.stringify(value) : String(value);
  const remembered = frozenTexts.get(value);
  if (remembered !== undefined) return remembered;
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (value instanceof Counted)
    return `{${value
      .sorted()
      .map((e) => (e.count === 1 ? e.text : `${e.text}*${String(e.count)}`))
      .join(",")}}`;
  const fields = Object.entries(value).map(([k, v]): [string, unknown] => [k, v]);
  fields.sort((a, b) => compareText(a[0], b[0]));
  return `{${fields.map(([k, v]) => `${JSON.stringify(k)}:${canonicalText(v)}`).join(",")}}`;
};

/** TLA+ `=`: structural equality of two values of a state. */
export const equal = (a: unknown, b: unknown): boolean => a === b || canonicalText(a) === canonicalText(b);

interface Entry<T> {
  readonly element: T;
  readonly count: number;
  readonly text: string;
}

/** What sets, bags and inboxes have in common: elements with a count, in the order of their canonical texts. */
export class Counted<T> implements Iterable<T> {
  protected readonly byText: ReadonlyMap<string, Entry<T>>;
  private order: readonly Entry<T>[] | undefined;

  constructor(entries: Iterable<readonly [T, number]>) {
    const byText = new Map<string, Entry<T>>();
    for (const [element, count] of entries) {
      const text = canonicalText(element);
      byText.set(text, { element, count: count + (byText.get(text)?.count ?? 0), text });
    }
    this.byText = byText;
  }

  sorted(): readonly Entry<T>[] {
    return (this.order ??= [...this.byText.values()].sort((a, b) => compareText(a.text, b.text)));
  }
  /** The count of an element; undefined if it is absent. In a network an element may be present with count 0. */
  count(element: T): number | undefined {
    return this.byText.get(canonicalText(element))?.count;
  }
  has(element: T): boolean {
    return this.byText.has(canonicalText(element));
  }
  get size(): number {
    return this.byText.size;
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
  /** The entries with one element set to a count, or taken out (`undefined`). */
  protected changed(element: T, count: number | undefined): Iterable<readonly [T, number]> {
    const text = canonicalText(element);
    const rest = this.sorted()
      .filter((e) => e.text !== text)
      .map((e): readonly [T, number] => [e.element, e.count]);
    return count === undefined ? rest : [...rest, [element, count] as const];
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
    if (elements instanceof SetValue) return elements as SetValue<T>; // same T by the signature
    const unique = new Map<string, T>();
    for (const element of elements) unique.set(canonicalText(element), element);
    return new SetValue([...unique.values()].map((e) => [e, 1] as const));
  }
  tagged<K extends TagOf<T>>(tag: K): readonly WithTag<T, K>[] {
    // `hasTag` is the run-time test behind this narrowing.
    return this.toArray().filter((e) => hasTag(e, tag)) as unknown as readonly WithTag<T, K>[];
  }
  with(...elements: readonly T[]): SetValue<T> {
    return SetValue.of([...this.toArray(), ...elements]);
  }
  without(...elements: readonly T[]): SetValue<T> {
    const gone = new Set(elements.map(canonicalText));
    return SetValue.of(this.toArray().filter((e) => !gone.has(canonicalText(e))));
  }
  filter(keep: (element: T) => boolean): SetValue<T> {
    return SetValue.of(this.toArray().filter(keep));
  }
  some(test: (element: T) => boolean): boolean {
    return this.toArray().some(test);
  }
  every(test: (element: T) => boolean): boolean {
    return this.toArray().every(test);
  }
}

/** A set of the given elements; duplicates count once. */
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
  copies(element: T): number {
    return this.count(element) ?? 0;
  }
  tagged<K extends TagOf<T>>(tag: K): readonly WithTag<T, K>[] {
    return this.toArray().filter((e) => hasTag(e, tag)) as unknown as readonly WithTag<T, K>[]; // tested by hasTag
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

class InboxValue<M> implements Inbox<M> {
  constructor(private readonly all: readonly (readonly [M, number])[]) {}
  private where<K extends TagOf<M>>(type: K, keep: (count: number) => boolean): readonly WithTag<M, K>[] {
    return this.all.filter(([m, n]) => keep(n) && hasTag(m, type)).map(([m]) => m) as unknown as readonly WithTag<M, K>[]; // tested by hasTag
  }
  pending<K extends TagOf<M>>(type: K): readonly WithTag<M, K>[] {
    return this.where(type, (n) => n > 0);
  }
  delivered<K extends TagOf<M>>(type: K): readonly WithTag<M, K>[] {
    return this.where(type, (n) => n === 0);
  }
  entries(): readonly (readonly [M, number])[] {
    return this.all;
  }
}

export class NetworkValue<M> extends Counted<M> implements Network<M> {
  constructor(
    entries: Iterable<readonly [M, number]>,
    readonly by: string,
  ) {
    super(entries);
  }
  to(destination: Scalar): Inbox<M> {
    return new InboxValue(this.entries().filter(([m]) => destinationOf(m, this.by) === destination));
  }
  update(message: M, count: number | undefined): NetworkValue<M> {
    return new NetworkValue(this.changed(message, count), this.by);
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

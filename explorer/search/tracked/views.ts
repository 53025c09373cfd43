/**
 * The `now` of user code: objects that look like the state and note what is read. They are made once per search and
 * look at whatever state the observer holds, so reading costs no allocation.
 */
import { BagValue, NetworkValue, SetValue, canonicalText, destinationOf } from "../../../specs/language/collections.ts";
import type { Inbox, Network, TagOf, WithTag } from "../../../specs/language/collections.ts";
import { SpecError } from "../../../specs/language/errors.ts";
import type { SpecInstance } from "../../../specs/language/instantiate.ts";
import type { Scalar } from "../../../specs/language/value-set.ts";
import type { Leaf } from "./leaves.ts";
import { COUNT, FILTERED, PART, WHOLE } from "./observer.ts";
import type { Observer, PendingState } from "./observer.ts";
import { ABSENT } from "./value-table.ts";

/** Elements of a collection leaf; `at` is the leaf's place in the observer's vector. */
export class CollectionView<T> {
  constructor(
    protected readonly observer: Observer,
    protected readonly at: number,
  ) {}

  count(element: T): number | undefined {
    const id = this.idOf(element);
    const answer = id === undefined ? 0 : this.observer.observe(this.at, COUNT, id);
    return answer === 0 ? undefined : answer - 1;
  }
  /** What the schema does not allow is in no collection: TLA+ may ask for it all the same. */
  private idOf(element: T): number | undefined {
    const leaf = this.observer.leaf(this.at);
    try {
      return leaf.values.id(element, leaf.path);
    } catch (error) {
      if (error instanceof SpecError) return undefined;
      throw error;
    }
  }
  sorted(): readonly { readonly element: T; readonly count: number; readonly text: string }[] {
    return this.all().map(([element, count]) => ({ element, count, text: canonicalText(element) }));
  }
  protected all(): readonly (readonly [T, number])[] {
    const list = this.observer.observe(this.at, WHOLE, 0);
    return this.observer.ordered(this.at, list) as (readonly [T, number])[]; // elements of this leaf's schema
  }
  protected select(tag: string, pending: PendingState): readonly unknown[] {
    const { observer } = this;
    const list = observer.observe(this.at, FILTERED, observer.filterNumber(this.at, tag, pending));
    return observer.ordered(this.at, list).map(([element]) => element);
  }
  has(element: T): boolean {
    return this.count(element) !== undefined;
  }
  get size(): number {
    return this.all().length;
  }
  toArray(): readonly T[] {
    return this.all().map(([element]) => element);
  }
  tagged<K extends TagOf<T>>(tag: K): readonly WithTag<T, K>[] {
    return this.select(tag, "all") as readonly WithTag<T, K>[]; // selected by tag
  }
}

/** A set variable of `now`: it is a set, so that it can be compared, stored and sent like any other, and notes what is asked of it. */
class SetView<T> extends SetValue<T> {
  constructor(private readonly elements: CollectionView<T>) {
    super([]);
  }
  override sorted() {
    return this.elements.sorted();
  }
  override count(element: T): number | undefined {
    return this.elements.count(element);
  }
  override has(element: T): boolean {
    return this.elements.has(element);
  }
  override get size(): number {
    return this.elements.size;
  }
  override toArray(): readonly T[] {
    return this.elements.toArray();
  }
  override tagged<K extends TagOf<T>>(tag: K): readonly WithTag<T, K>[] {
    return this.elements.tagged(tag);
  }
}

/** A bag variable of `now`, likewise. */
class BagView<T> extends BagValue<T> {
  constructor(private readonly elements: CollectionView<T>) {
    super([]);
  }
  override sorted() {
    return this.elements.sorted();
  }
  override count(element: T): number | undefined {
    return this.elements.count(element);
  }
  override has(element: T): boolean {
    return this.elements.has(element);
  }
  override get size(): number {
    return this.elements.size;
  }
  override toArray(): readonly T[] {
    return this.elements.toArray();
  }
  override tagged<K extends TagOf<T>>(tag: K): readonly WithTag<T, K>[] {
    return this.elements.tagged(tag);
  }
}

class InboxView<M> extends CollectionView<M> implements Inbox<M> {
  pending<K extends TagOf<M>>(type: K): readonly WithTag<M, K>[] {
    return this.select(type, "pending") as readonly WithTag<M, K>[]; // selected by tag
  }
  delivered<K extends TagOf<M>>(type: K): readonly WithTag<M, K>[] {
    return this.select(type, "delivered") as readonly WithTag<M, K>[]; // selected by tag
  }
  entries(): readonly (readonly [M, number])[] {
    return this.all();
  }
}

class NetworkView<M> implements Network<M> {
  private readonly inboxes: ReadonlyMap<unknown, InboxView<M>>;
  constructor(
    private readonly by: string,
    leaves: readonly Leaf[],
    observer: Observer,
    offset: number,
  ) {
    this.inboxes = new Map(leaves.map((leaf) => [leaf.key, new InboxView<M>(observer, leaf.index + offset)]));
  }
  /** As in the interpreter, nothing was ever sent to where no message can go. */
  to(destination: Scalar): Inbox<M> {
    return this.inboxes.get(destination) ?? new NetworkValue<M>([], this.by).to(destination);
  }
  has(message: M): boolean {
    return this.inboxes.get(destinationOf(message, this.by))?.has(message) ?? false;
  }
}

const collectionView = (leaf: Leaf, leaves: readonly Leaf[], observer: Observer, offset: number): object => {
  const { variableSchema, index } = leaf;
  if (variableSchema.kind === "network") return new NetworkView(variableSchema.by, leaves, observer, offset);
  const elements = new CollectionView(observer, index + offset);
  return variableSchema.kind === "set" ? new SetView(elements) : new BagView(elements);
};

/** A record, or a map with a value for every key: an accessor for each part. */
const partsView = (leaf: Leaf, observer: Observer, at: number): object => {
  const view = {};
  leaf.values.partNames.forEach((name, part) => {
    Object.defineProperty(view, name, {
      enumerable: true,
      get: () => {
        observer.observe(at, PART, part);
        return Reflect.get(leaf.values.value(observer.ids[at] ?? 0) as object, name) as unknown; // a record by its schema
      },
    });
  });
  return Object.preventExtensions(view);
};

const readOnly = (path: string) => (): never => {
  throw new TypeError(`${path} belongs to now, which is read-only`);
};

/** A partial map: whether a key has a value is an observation of that key alone. */
const partialView = (leaf: Leaf, observer: Observer, at: number): object => {
  const partOf = (key: string | symbol): unknown => {
    const part = typeof key === "string" ? leaf.values.partNames.indexOf(key) : -1;
    if (part < 0 || observer.observe(at, PART, part) === ABSENT) return undefined;
    return Reflect.get(leaf.values.value(observer.ids[at] ?? 0) as object, key); // a map by its schema
  };
  return new Proxy(
    {},
    {
      get: (_, key) => partOf(key),
      has: (_, key) => partOf(key) !== undefined,
      ownKeys: () => {
        observer.observe(at, WHOLE, 0);
        return Reflect.ownKeys(leaf.values.value(observer.ids[at] ?? 0) as object); // a map by its schema
      },
      getOwnPropertyDescriptor: (_, key) => {
        const value = partOf(key);
        return value === undefined ? undefined : { value, enumerable: true, configurable: true, writable: false };
      },
      set: readOnly(leaf.path),
      deleteProperty: readOnly(leaf.path),
      defineProperty: readOnly(leaf.path),
    },
  );
};

/** How to read one text leaf: a view of its parts where it has them, else its value as a whole. */
const leafReader = (leaf: Leaf, observer: Observer, at: number): (() => unknown) => {
  const { schema } = leaf.values;
  if (schema.kind === "record" || (schema.kind === "map" && !schema.partial)) {
    const view = partsView(leaf, observer, at);
    return () => view;
  }
  if (schema.kind === "map") {
    const view = partialView(leaf, observer, at);
    return () => view;
  }
  return () => leaf.values.value(observer.observe(at, WHOLE, 0));
};

/** The readable state; `offset` selects the present state (0) or the next one (the number of leaves). */
export const stateView = (instance: SpecInstance, observer: Observer, offset: number): object => {
  const state = {};
  for (const { name } of instance.variables) {
    const leaves = observer.leaves.filter((l) => l.variable === name);
    const first = leaves[0];
    if (first === undefined) continue;
    let get: () => unknown;
    if (first.isList) {
      const view = collectionView(first, leaves, observer, offset);
      get = () => view;
    } else if (first.key === undefined) get = leafReader(first, observer, first.index + offset);
    else {
      const byKey = {};
      for (const leaf of leaves)
        Object.defineProperty(byKey, String(leaf.key), { enumerable: true, get: leafReader(leaf, observer, leaf.index + offset) });
      Object.preventExtensions(byKey);
      get = () => byKey;
    }
    Object.defineProperty(state, name, { enumerable: true, get });
  }
  return Object.preventExtensions(state);
};

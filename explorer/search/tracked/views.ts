/**
 * The `now` of user code: objects that look like the state and note what is read. They are made once per search and
 * look at whatever state the observer holds, so reading costs no allocation.
 */
import { BagValue, NetworkValue, SetValue } from "../../../specs/language/collections.ts";
import type { Contents, PendingState } from "../../../specs/language/collections.ts";
import { canonicalText } from "../../../specs/language/equality.ts";
import type { Entry } from "../../../specs/language/equality.ts";
import { SpecError } from "../../../specs/language/errors.ts";
import type { SpecInstance } from "../../../specs/language/instantiate.ts";
import type { Scalar } from "../../../specs/language/value-set.ts";
import { destinationOf } from "../../../specs/language/collections.ts";
import type { Leaf } from "./leaves.ts";
import { COUNT, FILTERED, PART, WHOLE } from "./observer.ts";
import type { Observer } from "./observer.ts";
import { ABSENT } from "./value-table.ts";

/** The elements of one collection leaf; `at` is the leaf's place in the observer's vector. */
class LeafContents implements Contents<unknown> {
  constructor(
    private readonly observer: Observer,
    private readonly at: number,
  ) {}

  count(element: unknown): number | undefined {
    const id = this.idOf(element);
    const answer = id === undefined ? 0 : this.observer.observe(this.at, COUNT, id);
    return answer === 0 ? undefined : answer - 1;
  }
  /** What the schema does not allow is in no collection: TLA+ may ask for it all the same. */
  private idOf(element: unknown): number | undefined {
    const leaf = this.observer.leaf(this.at);
    try {
      return leaf.values.id(element, leaf.path);
    } catch (error) {
      if (error instanceof SpecError) return undefined;
      throw error;
    }
  }
  sorted(): readonly Entry<unknown>[] {
    return this.observer.ordered(this.at, this.observer.observe(this.at, WHOLE, 0));
  }
  tagged(tag: string, pending: PendingState): readonly unknown[] {
    const { observer } = this;
    const list = observer.observe(this.at, FILTERED, observer.filterNumber(this.at, tag, pending));
    return observer.ordered(this.at, list).map(({ element }) => element);
  }
  /** Only networks are taken apart, and they are `NetworkContents`. */
  to(): Contents<unknown> {
    return this;
  }
}

const nothing = new SetValue<unknown>([]).contents;

/** The messages of a network, kept apart by destination. */
class NetworkContents implements Contents<unknown> {
  private readonly inboxes: ReadonlyMap<unknown, LeafContents>;

  constructor(
    private readonly by: string,
    leaves: readonly Leaf[],
    observer: Observer,
    offset: number,
  ) {
    this.inboxes = new Map(leaves.map((leaf) => [leaf.key, new LeafContents(observer, leaf.index + offset)]));
  }
  count(message: unknown): number | undefined {
    return this.inboxes.get(destinationOf(message, this.by))?.count(message);
  }
  sorted(): readonly Entry<unknown>[] {
    const all = [...this.inboxes.values()].flatMap((inbox) => inbox.sorted());
    return all.sort((a, b) => (a.text < b.text ? -1 : 1));
  }
  tagged(tag: string, pending: PendingState): readonly unknown[] {
    const all = [...this.inboxes.values()].flatMap((inbox) => inbox.tagged(tag, pending));
    return all.map((element) => [canonicalText(element), element] as const).sort((a, b) => (a[0] < b[0] ? -1 : 1)).map(([, e]) => e); // prettier-ignore
  }
  /** As in the interpreter, nothing was ever sent to where no message can go. */
  to(destination: Scalar): Contents<unknown> {
    return this.inboxes.get(destination) ?? nothing;
  }
}

const collectionView = (leaf: Leaf, leaves: readonly Leaf[], observer: Observer, offset: number): object => {
  const { variableSchema: schema, index } = leaf;
  if (schema.kind === "network") return new NetworkValue(new NetworkContents(schema.by, leaves, observer, offset), schema.by);
  const contents = new LeafContents(observer, index + offset);
  return schema.kind === "set" ? new SetValue(contents) : new BagValue(contents);
};

/** A record, or a map with a value for every key: an accessor for each part. */
const partsView = (leaf: Leaf, observer: Observer, at: number): object => {
  const view = {};
  leaf.values.partNames.forEach((name, part) => {
    Object.defineProperty(view, name, {
      enumerable: true,
      get: () => {
        observer.observe(at, PART, part);
        return Reflect.get(observer.value(at, observer.ids[at] ?? 0) as object, name) as unknown; // a record by its schema
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
    return Reflect.get(observer.value(at, observer.ids[at] ?? 0) as object, key); // a map by its schema
  };
  return new Proxy(
    {},
    {
      // What is no key of the map is what every object has, or nothing.
      get: (target, key) => {
        const part = partOf(key); // null is a value
        return part === undefined ? (Reflect.get(target, key) as unknown) : part;
      },
      has: (target, key) => partOf(key) !== undefined || Reflect.has(target, key),
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
  return () => observer.value(at, observer.observe(at, WHOLE, 0));
};

/** The readable state; `offset` selects the present state (0) or the next one (the number of leaves). */
export const stateView = (instance: SpecInstance, observer: Observer, offset: number): object => {
  const state = {};
  for (const { name } of instance.variables) {
    const leaves = observer.leaves.filter((l) => l.variable === name);
    const first = leaves[0];
    let get: () => unknown;
    if (first === undefined) {
      const none = Object.freeze({}); // a map on an empty set
      get = () => none;
    } else if (first.isList) {
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

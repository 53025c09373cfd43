/**
 * Equality and copies of values. TLA+ compares values by structure and JavaScript objects by identity, so values are
 * compared by a canonical text. Whatever a spec can hold is asked the same way: a value, a view of the state that the
 * search looks at, a draft of `next`, and what another copy of this module has made.
 */

/** Found on every collection. From the registry of symbols, so that all copies of this module share it. */
export const COLLECTION: unique symbol = Symbol.for("lockstep.collection") as never; // the registry gives no unique symbols
/** An inbox is the part of a network for one destination. */
export type CollectionKind = "set" | "bag" | "network" | "inbox";

export interface Entry<T> {
  readonly element: T;
  /** Copies in a bag, pending deliveries in a network, 1 in a set. */
  readonly count: number;
  /** The element's canonical text. */
  readonly text: string;
}
export interface AnyCollection {
  readonly [COLLECTION]: CollectionKind;
  /** In the order of their texts. */
  sorted(): readonly Entry<unknown>[];
  /** The same as a value, which looks at no state. */
  settled(): AnyCollection;
}
export const isCollection = (x: unknown): x is AnyCollection => typeof x === "object" && x !== null && COLLECTION in x;

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What `settled` has made or been told of. */
const known = new WeakSet<object>();

/** Texts of values that are frozen through and through, by identity: messages are compared far more often than made. */
const frozenTexts = new WeakMap<object, string>();
/** Remembers the text of a value, which must be frozen through and through, as those that `decode` makes are. */
export const rememberText = (frozen: object): void => void frozenTexts.set(frozen, canonicalText(frozen));

const isRoot = (prototype: object | null): boolean => prototype === null || Object.getPrototypeOf(prototype) === null;

/** A record or a map, and neither a class's instance nor a Map, Set or Date, of which nothing would be compared. */
const refuseForeign = (value: object): void => {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (!isRoot(prototype))
    throw new TypeError(`a ${prototype?.constructor.name ?? "class"} is no value of a state: use records, arrays, setOf(…) and scalars`);
};

const scalarText = (value: unknown): string => {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
    case "boolean":
    case "undefined":
      return String(value);
    case "object":
      return "null"; // the only object that comes here
    default:
      throw new TypeError(`a ${typeof value} is no value of a state`);
  }
};

const collectionText = (collection: AnyCollection): string => {
  const texts = collection.sorted().map((e) => (e.count === 1 ? e.text : `${e.text}*${String(e.count)}`));
  return `{${texts.join(",")}}`;
};

/**
 * A text that is equal exactly for structurally equal values; neither the order of object keys nor keys without a value
 * matter. Throws TypeError for what is no value of a state: a function, a Map, an instance of a class.
 */
export const canonicalText = (value: unknown): string => {
  if (value === null || typeof value !== "object") return scalarText(value);
  const remembered = frozenTexts.get(value);
  if (remembered !== undefined) return remembered;
  const text = textOf(value);
  if (known.has(value)) frozenTexts.set(value, text);
  return text;
};

const textOf = (value: object): string => {
  if (Array.isArray(value)) return `[${Array.from(value, canonicalText).join(",")}]`;
  if (isCollection(value)) return collectionText(value);
  refuseForeign(value);
  const fields = Object.entries(value).filter(([, v]) => v !== undefined) as [string, unknown][];
  if (fields.length === 0) return "{:}"; // an empty set is {}
  fields.sort((a, b) => compareText(a[0], b[0]));
  return `{${fields.map(([k, v]) => `${JSON.stringify(k)}:${canonicalText(v)}`).join(",")}}`;
};

/** TLA+ `=`: structural equality of two values, wherever they come from. */
export const equal = (a: unknown, b: unknown): boolean => a === b || canonicalText(a) === canonicalText(b);

/** To be called with values that are frozen through and through and look at no state, as those that `decode` makes. */
export const knowSettled = <T extends object>(value: T): T => {
  known.add(value);
  return value;
};

/**
 * A copy that is frozen through and through and shares nothing with what it was made of, so that two places of a state
 * are never one object. Throws TypeError as `canonicalText` does.
 */
export const copyOf = (value: unknown): unknown => copied(value, copyOf);

/** As `copyOf`, but what is frozen through and through already stays what it is. */
export const settled = (value: unknown): unknown =>
  typeof value === "object" && value !== null && known.has(value) ? value : copied(value, settled);

const copied = (value: unknown, part: (value: unknown) => unknown): unknown => {
  if (typeof value !== "object" || value === null) {
    if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint") scalarText(value);
    return value;
  }
  if (Array.isArray(value)) return knowSettled(Object.freeze(Array.from(value, part)));
  if (isCollection(value)) return value.settled();
  refuseForeign(value);
  const copy: Record<string, unknown> = {};
  for (const [key, v] of Object.entries(value) as [string, unknown][])
    if (v !== undefined) Object.defineProperty(copy, key, { value: part(v), enumerable: true });
  return knowSettled(Object.freeze(copy));
};

/**
 * Values of specs on their way between threads. What is sent loses its class, so sets, bags and networks are packed as
 * maps, which no value of a spec is; all else is sent as it is. What occurs more than once is packed and sent once.
 */
import { BagValue, Counted, NetworkValue, SetValue } from "../specs/language/collections.ts";

/** The entries of a collection, and which it is: a network by the field that names destinations. */
const packedCollection = (value: Counted<unknown>, packed: (x: unknown) => unknown): ReadonlyMap<string, unknown> =>
  new Map<string, unknown>([
    ["kind", value instanceof SetValue ? "set" : value instanceof BagValue ? "bag" : "network"],
    ["by", value instanceof NetworkValue ? value.by : ""],
    ["entries", value.entries().map(([element, count]) => [packed(element), count])],
  ]);

const unpackedCollection = (packed: ReadonlyMap<unknown, unknown>, unpacked: (x: unknown) => unknown): Counted<unknown> => {
  const entries = (packed.get("entries") as readonly (readonly [unknown, number])[]).map(([e, n]) => [unpacked(e), n] as const); // as packed
  if (packed.get("kind") === "set") return new SetValue(entries);
  return packed.get("kind") === "bag" ? new BagValue(entries) : new NetworkValue(entries, String(packed.get("by")));
};

/** Applies `change` to the collections in a value; arrays and records are copied, each once. */
const mapped = (value: unknown, change: (x: object, rest: (y: unknown) => unknown) => unknown): unknown => {
  const known = new Map<object, unknown>();
  const visit = (x: unknown): unknown => {
    if (typeof x !== "object" || x === null) return x;
    if (known.has(x)) return known.get(x);
    const result =
      change(x, visit) ??
      (Array.isArray(x)
        ? Object.freeze(x.map(visit))
        : Object.freeze(Object.fromEntries(Object.entries(x).map(([k, v]) => [k, visit(v)]))));
    known.set(x, result);
    return result;
  };
  return visit(value);
};

/** What can be sent to another thread. */
export const pack = (value: unknown): unknown =>
  mapped(value, (x, packed) => (x instanceof Counted ? packedCollection(x, packed) : undefined));

/** The deeply frozen value that was packed. */
export const unpack = (value: unknown): unknown =>
  mapped(value, (x, unpacked) => (x instanceof Map ? unpackedCollection(x as ReadonlyMap<unknown, unknown>, unpacked) : undefined));

/** The values of the oracle: immutable, each with a text of its own that is equal exactly for equal values. */
import type { ValueSetDeclaration } from "../syntax/types.ts";

export type Plain = boolean | number | string | null;
export type Value =
  | { readonly kind: "plain"; readonly plain: Plain; readonly text: string }
  /** A member of a symmetric set, of which only equality is known. */
  | { readonly kind: "atom"; readonly set: string; readonly index: number; readonly text: string }
  | { readonly kind: "seq"; readonly items: readonly Value[]; readonly text: string }
  /** A record or a map: entries by the text of their keys. */
  | { readonly kind: "function"; readonly entries: readonly (readonly [Value, Value])[]; readonly text: string }
  /** A set (each count is 1), a bag or a network: entries by the text of their elements. */
  | { readonly kind: "counted"; readonly entries: readonly (readonly [Value, number])[]; readonly text: string };
export type FunctionValue = Extract<Value, { kind: "function" }>;
export type CountedValue = Extract<Value, { kind: "counted" }>;

/** A value is not of the kind that an operation needs: a fault of the oracle or of a malformed spec. */
export class WrongKind extends Error {}

const byText = (a: readonly [Value, unknown], b: readonly [Value, unknown]): number =>
  a[0].text < b[0].text ? -1 : a[0].text > b[0].text ? 1 : 0;

export const plain = (value: Plain): Value => ({
  kind: "plain",
  plain: value,
  text: typeof value === "string" ? `"${value}"` : String(value),
});
export const TRUE = plain(true);
export const FALSE = plain(false);
export const truth = (b: boolean): Value => (b ? TRUE : FALSE);
export const atom = (set: string, index: number): Value => ({ kind: "atom", set, index, text: `${set}!${String(index)}` });
export const seq = (items: readonly Value[]): Value => ({ kind: "seq", items, text: `<${items.map((i) => i.text).join(" ")}>` });

const ofEntries = (entries: readonly (readonly [Value, Value])[]): FunctionValue => ({
  kind: "function",
  entries,
  text: `[${entries.map(([k, v]) => `${k.text}:${v.text}`).join(" ")}]`,
});
/** Later entries of a key replace earlier ones. */
export const functionOf = (entries: readonly (readonly [Value, Value])[]): FunctionValue =>
  ofEntries([...new Map(entries.map((e) => [e[0].text, e])).values()].sort(byText));
/** With another value for one key. */
export const withEntry = (f: FunctionValue, key: Value, value: Value): FunctionValue => {
  const at = f.entries.findIndex(([k]) => k.text === key.text);
  return at >= 0 ? ofEntries(f.entries.with(at, [key, value])) : ofEntries([...f.entries, [key, value] as const].sort(byText));
};
export const recordOf = (fields: Readonly<Record<string, Value>>): FunctionValue =>
  functionOf(Object.entries(fields).map(([k, v]) => [plain(k), v]));
export const without = (f: FunctionValue, key: Value): FunctionValue => ofEntries(f.entries.filter(([k]) => k.text !== key.text));
export const apply = (f: FunctionValue, key: Value): Value | undefined => f.entries.find(([k]) => k.text === key.text)?.[1];

const ofCounts = (entries: readonly (readonly [Value, number])[]): CountedValue => ({
  kind: "counted",
  entries,
  text: `{${entries.map(([e, n]) => `${e.text}*${String(n)}`).join(" ")}}`,
});
/** The last count of an element is the one that holds. */
export const counted = (entries: readonly (readonly [Value, number])[]): CountedValue =>
  ofCounts([...new Map(entries.map((e) => [e[0].text, e])).values()].sort(byText));
export const setOf = (elements: readonly Value[]): CountedValue => counted(elements.map((e) => [e, 1]));
/** The count of an element, or undefined. */
export const countIn = (c: CountedValue, element: Value): number | undefined => c.entries.find(([e]) => e.text === element.text)?.[1];
/** With another count of one element; undefined takes it out. */
export const recount = (c: CountedValue, element: Value, count: number | undefined): CountedValue => {
  const at = c.entries.findIndex(([e]) => e.text === element.text);
  if (count === undefined) return at < 0 ? c : ofCounts(c.entries.toSpliced(at, 1));
  return at < 0 ? ofCounts([...c.entries, [element, count] as const].sort(byText)) : ofCounts(c.entries.with(at, [element, count]));
};

export const asFunction = (v: Value): FunctionValue => {
  if (v.kind !== "function") throw new WrongKind(`${v.text} is no record or map`);
  return v;
};
export const asCounted = (v: Value): CountedValue => {
  if (v.kind !== "counted") throw new WrongKind(`${v.text} is no collection`);
  return v;
};
export const asItems = (v: Value): readonly Value[] => {
  if (v.kind === "counted") return v.entries.map(([e]) => e);
  if (v.kind !== "seq") throw new WrongKind(`${v.text} has no elements`);
  return v.items;
};
export const asTruth = (v: Value): boolean => {
  if (v.kind !== "plain" || typeof v.plain !== "boolean") throw new WrongKind(`${v.text} is neither true nor false`);
  return v.plain;
};
export const asNumber = (v: Value): number => {
  if (v.kind !== "plain" || typeof v.plain !== "number") throw new WrongKind(`${v.text} is no number`);
  return v.plain;
};
export const isNull = (v: Value): boolean => v.kind === "plain" && v.plain === null;

export const membersOf = (set: ValueSetDeclaration): readonly Value[] =>
  Array.from({ length: set.size }, (_, i) => (set.symmetric ? atom(set.name, i + 1) : plain(i + 1)));

/** The value with atoms replaced: `image` gives the index of the image of an atom. */
export const rename = (v: Value, image: (set: string, index: number) => number): Value => {
  switch (v.kind) {
    case "plain":
      return v;
    case "atom":
      return atom(v.set, image(v.set, v.index));
    case "seq":
      return seq(v.items.map((i) => rename(i, image)));
    case "function":
      return functionOf(v.entries.map(([k, e]) => [rename(k, image), rename(e, image)]));
    case "counted":
      return counted(v.entries.map(([e, n]) => [rename(e, image), n]));
  }
};

/** Two values as text with what both have left out, so that of long values the part that differs is seen. */
import { Counted, equal } from "../specs/language/collections.ts";
import { LEFT_OUT, elementText, isRecord, recordText, sequenceText, valueText } from "./value-text.ts";

type Pair = readonly [string, string];

/** `… 12 alike`, or nothing. */
const alike = (count: number): readonly string[] => (count === 0 ? [] : [`${LEFT_OUT} ${String(count)} alike`]);

const commonStart = (a: readonly unknown[], b: readonly unknown[]): number => {
  const at = a.findIndex((x, i) => i >= b.length || !equal(x, b[i]));
  return at < 0 ? a.length : at;
};

const sequences = (before: readonly unknown[], after: readonly unknown[]): Pair => {
  const start = commonStart(before, after);
  const [a, b] = [before.slice(start), after.slice(start)];
  const end = commonStart([...a].reverse(), [...b].reverse());
  const [left, right] = [a.slice(0, a.length - end), b.slice(0, b.length - end)];
  const pairs = left.length === right.length ? left.map((x, i) => contrast(x, right[i])) : undefined;
  const text = (elements: readonly string[]): string => sequenceText([...alike(start), ...elements, ...alike(end)]);
  return [text(pairs?.map(([x]) => x) ?? left.map(valueText)), text(pairs?.map(([, x]) => x) ?? right.map(valueText))];
};

type Fields = Readonly<Record<string, unknown>>;

const records = (before: Fields, after: Fields): Pair => {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const differing = keys.filter((key) => Object.hasOwn(before, key) !== Object.hasOwn(after, key) || !equal(before[key], after[key]));
  const pairs = new Map(differing.map((key) => [key, contrast(before[key], after[key])]));
  const text = (value: Fields, side: 0 | 1): string => {
    const [own, shown] = [Object.keys(value), Object.keys(value).filter((key) => pairs.has(key))];
    // The tag is always shown, and is none of those left out.
    const leftOut = own.length - shown.length - (typeof value["type"] === "string" && !pairs.has("type") ? 1 : 0);
    return recordText(value, shown, (_, key) => pairs.get(key)?.[side] ?? "", alike(leftOut).join(""));
  };
  return [text(before, 0), text(after, 1)];
};

const collections = (before: Counted<unknown>, after: Counted<unknown>): Pair => {
  const texts = (value: Counted<unknown>, other: Counted<unknown>): string => {
    const own = value.entries().filter(([element, count]) => other.count(element) !== count);
    return `{${[...alike(value.size - own.length), ...own.map(([e, n]) => elementText(value, valueText(e), n))].join(", ")}}`;
  };
  return [texts(before, after), texts(after, before)];
};

/** `{a: 1, b: {c: 2, d: 3}}` beside the same with `d: 4` is `{b: {d: 3, … 1 alike}, … 1 alike}` and its counterpart. */
export const contrast = (before: unknown, after: unknown): Pair => {
  if (Array.isArray(before) && Array.isArray(after)) return sequences(before, after);
  if (before instanceof Counted && after instanceof Counted) return collections(before, after);
  if (isRecord(before) && isRecord(after) && before["type"] === after["type"]) return records(before, after);
  return [valueText(before), valueText(after)];
};

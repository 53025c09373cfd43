/**
 * Values of a state as people read them: TLA+ sequences and sets, records as in JavaScript, tagged unions as terms. Two
 * values of one schema never have the same text: what could be mistaken for something else stands in quotes.
 */
import { BagValue, Counted, NetworkValue } from "../specs/language/collections.ts";

/** A record, a variant or a map; no sequence, and no set, bag or network. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Counted);

/** What `valueText` prints for values that are no strings, and what JavaScript's numbers can be called. */
const OTHER_VALUES: readonly string[] = ["null", "absent", "true", "false", "undefined", "NaN", "Infinity"];

const isName = (text: string): boolean => /^[A-Za-z_][\w.-]*$/.test(text) && !OTHER_VALUES.includes(text);

const wordText = (text: string): string => (isName(text) ? text : JSON.stringify(text));

/** The name of a field or the key of a map: no value can stand there, so that only what could end it is in quotes. */
export const keyText = (key: string): string => (/^(?:-?\d+|[A-Za-z_](?:[\w. -]*[\w.-])?)$/.test(key) ? key : JSON.stringify(key));

/** How a part of a value is printed: `valueText`, or something shorter. */
export type PartText = (part: unknown, key: string) => string;

/** `<<a, b>>` of texts. */
export const sequenceText = (elements: readonly string[]): string => `<<${elements.join(", ")}>>`;

const hasTag = (value: Readonly<Record<string, unknown>>): boolean => typeof value["type"] === "string";

/** A record or variant with the fields given; `more` stands for fields that are left out. */
export const recordText = (value: Readonly<Record<string, unknown>>, keys: readonly string[], partText: PartText, more = ""): string => {
  const tag = value["type"];
  const between = hasTag(value) ? "=" : ": ";
  const fields = keys
    .filter((key) => !hasTag(value) || key !== "type")
    .map((key) => `${keyText(key)}${between}${partText(value[key], key)}`);
  const all = [...fields, ...(more === "" ? [] : [more])].join(", ");
  if (typeof tag !== "string") return `{${all}}`;
  return all === "" ? wordText(tag) : `${wordText(tag)}(${all})`;
};

/** One element of a set, bag or network, with its count where that says something. */
export const elementText = (value: Counted<unknown>, text: string, count: number): string =>
  // In a network the count is of pending deliveries, so that 0 says something; in a bag one copy goes without saying.
  value instanceof NetworkValue || (value instanceof BagValue && count !== 1) ? `${text} × ${String(count)}` : text;

/** `<<a, b>>`, `{a, b}`, `{field: value}`, `Tag(field=value)`, `null`; names stand without quotes. */
export const valueText = (value: unknown): string => {
  if (typeof value === "string") return wordText(value);
  if (Array.isArray(value)) return sequenceText(value.map(valueText));
  if (value instanceof Counted)
    return `{${value
      .entries()
      .map(([element, count]) => elementText(value, valueText(element), count))
      .join(", ")}}`;
  if (value === undefined) return "absent";
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  // Nothing else is a value of the language, but an error message must be able to name it.
  return isRecord(value) ? recordText(value, Object.keys(value), valueText) : `a ${typeof value}`;
};

/** What stands where text was left out. */
export const LEFT_OUT = "…";

/** At most `width` characters, with an ellipsis where the rest was. */
export const shorten = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}${LEFT_OUT}`;

/** At most `width` characters, with an ellipsis in the middle: of a long value, both ends say which one it is. */
export const shortenMiddle = (text: string, width: number): string => {
  if (text.length <= width) return text;
  const kept = Math.max(0, width - 1);
  const tail = Math.floor(kept / 2);
  return `${text.slice(0, kept - tail)}${LEFT_OUT}${tail === 0 ? "" : text.slice(-tail)}`;
};

/** `Action(2, Prepare(…))`, or the name alone for an action without parameters. */
export const callText = (action: string, args: Readonly<Record<string, unknown>>, width = Infinity): string => {
  const values = Object.values(args);
  return values.length === 0 ? action : `${action}(${values.map((v) => shorten(valueText(v), width)).join(", ")})`;
};

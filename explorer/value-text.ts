/** Values of a state as people read them: TLA+ sequences and sets, records as in JavaScript, tagged unions as terms. */
import { BagValue, Counted, NetworkValue } from "../specs/language/collections.ts";

/** A record, a variant or a map; no sequence, and no set, bag or network. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Counted);

const isName = (text: string): boolean => /^[A-Za-z_][\w.-]*$/.test(text);

const fieldsText = (fields: readonly (readonly [string, unknown])[], between: string): string =>
  fields.map(([k, v]) => `${k}${between}${valueText(v)}`).join(", ");

const countedText = (value: Counted<unknown>): string => {
  // In a network the count is of pending deliveries, so that 0 says something; in a bag one copy goes without saying.
  const elements = value.entries().map(([element, count]) => {
    if (value instanceof NetworkValue) return `${valueText(element)} × ${String(count)}`;
    return value instanceof BagValue && count !== 1 ? `${valueText(element)} × ${String(count)}` : valueText(element);
  });
  return `{${elements.join(", ")}}`;
};

/** `<<a, b>>`, `{a, b}`, `{field: value}`, `Tag(field=value)`, `null`; names stand without quotes. */
export const valueText = (value: unknown): string => {
  if (typeof value === "string") return isName(value) ? value : JSON.stringify(value);
  if (Array.isArray(value)) return `<<${value.map(valueText).join(", ")}>>`;
  if (value instanceof Counted) return countedText(value);
  if (value === undefined) return "absent";
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  // Nothing else is a value of the language, but an error message must be able to name it.
  if (!isRecord(value)) return `a ${typeof value}`;
  const fields = Object.entries(value);
  const tag = value["type"];
  if (typeof tag !== "string") return `{${fieldsText(fields, ": ")}}`;
  const rest = fields.filter(([k]) => k !== "type");
  return rest.length === 0 ? tag : `${tag}(${fieldsText(rest, "=")})`;
};

/** At most `width` characters, with an ellipsis where the rest was. */
export const shorten = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`);

/** `Action(2, Prepare(…))`, or the name alone for an action without parameters. */
export const callText = (action: string, args: Readonly<Record<string, unknown>>, width = Infinity): string => {
  const values = Object.values(args);
  return values.length === 0 ? action : `${action}(${values.map((v) => shorten(valueText(v), width)).join(", ")})`;
};

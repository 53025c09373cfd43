/** The structural difference of two states, as the leaves that changed: for explanations, reports and mismatches. */
import { BagValue, Counted, NetworkValue, equal } from "../specs/language/collections.ts";
import { isRecord, valueText } from "./value-text.ts";

export type Path = readonly string[];
export type Change =
  | { readonly kind: "value"; readonly path: Path; readonly before: unknown; readonly after: unknown }
  /** An element of a set, bag or network and its count; undefined is absent. */
  | {
      readonly kind: "element";
      readonly path: Path;
      readonly collection: "set" | "bag" | "network";
      readonly element: unknown;
      readonly before: number | undefined;
      readonly after: number | undefined;
    };

const elementChanges = (path: Path, before: Counted<unknown>, after: Counted<unknown>): Change[] => {
  const collection = after instanceof NetworkValue ? "network" : after instanceof BagValue ? "bag" : "set";
  const gone = before.toArray().filter((e) => !after.has(e));
  return [...after.toArray(), ...gone].flatMap((element): Change[] => {
    const [was, is] = [before.count(element), after.count(element)];
    return was === is ? [] : [{ kind: "element", path, collection, element, before: was, after: is }];
  });
};

/** Every leaf that differs, in the order of the fields. Sequences are leaves: they are replaced as a whole. */
export const changesOf = (before: unknown, after: unknown, path: Path = []): readonly Change[] => {
  if (before === after) return [];
  if (before instanceof Counted && after instanceof Counted) return elementChanges(path, before, after);
  if (isRecord(before) && isRecord(after) && before["type"] === after["type"]) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((k) => changesOf(before[k], after[k], [...path, k]));
  }
  return equal(before, after) ? [] : [{ kind: "value", path, before, after }];
};

/** `replicas[2].log`: names after a dot, all other keys in brackets. */
export const pathText = (path: Path): string =>
  path.map((key, i) => (!/^[A-Za-z_]\w*$/.test(key) ? `[${key}]` : i === 0 ? key : `.${key}`)).join("");

const amount = (count: number): string => `× ${String(count)}`;

/** One change in one line: `replicas[2].status: Normal → ViewChange`, `msgs + Prepared(rm=rm1)`. */
export const changeText = (change: Change): string => {
  const path = pathText(change.path);
  if (change.kind === "value") return `${path}: ${valueText(change.before)} → ${valueText(change.after)}`;
  const { collection, before, after } = change;
  const element = valueText(change.element);
  if (after === undefined) return `${path} - ${element}`;
  // The count of a message in a network is of deliveries that are pending.
  if (before === undefined)
    return `${path} + ${element}${after === 1 ? "" : collection === "network" ? `, pending ${String(after)}` : ` ${amount(after)}`}`;
  const counts = collection === "network" ? `pending ${String(before)} → ${String(after)}` : `${amount(before)} → ${amount(after)}`;
  return `${path}: ${element} ${counts}`;
};

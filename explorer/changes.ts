/** The structural difference of two states, as the leaves that changed: for explanations, reports and mismatches. */
import { BagValue, Counted, NetworkValue, equal } from "../specs/language/collections.ts";
import { contrast } from "./contrast.ts";
import { isRecord, keyText, shortenMiddle, valueText } from "./value-text.ts";

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

/** `replicas[2].log`: names after a dot, all other keys in brackets, and in quotes where they are neither names nor numbers. */
export const pathText = (path: Path): string =>
  path.map((key, i) => (!/^[A-Za-z_]\w*$/.test(key) ? `[${keyText(key)}]` : i === 0 ? key : `.${key}`)).join("");

const amount = (count: number): string => `× ${String(count)}`;

/** The texts of what a change is about: before and after, or the element and nothing. */
type Texts = readonly [string, string];

const textsOf = (change: Change): Texts =>
  change.kind === "value" ? [valueText(change.before), valueText(change.after)] : [valueText(change.element), ""];

const lineOf = (change: Change, [text, then]: Texts): string => {
  const path = pathText(change.path);
  if (change.kind === "value") return `${path}: ${text} → ${then}`;
  const { collection, before, after } = change;
  if (after === undefined) return `${path} - ${text}`;
  // The count of a message in a network is of deliveries that are pending.
  if (before === undefined)
    return `${path} + ${text}${after === 1 ? "" : collection === "network" ? `, pending ${String(after)}` : ` ${amount(after)}`}`;
  const counts = collection === "network" ? `pending ${String(before)} → ${String(after)}` : `${amount(before)} → ${amount(after)}`;
  return `${path}: ${text} ${counts}`;
};

/** One change in one line: `replicas[2].status: Normal → ViewChange`, `msgs + Prepared(rm=rm1)`. */
export const changeText = (change: Change): string => lineOf(change, textsOf(change));

/** How many elements that went or came are looked at for the one that a long element was made of. */
const MAX_COUNTERPARTS = 50;

/** A long element that came is most often one that went, with a part of it changed: that part is what a reader looks for. */
const besideCounterpart = (change: Extract<Change, { kind: "element" }>, all: readonly Change[]): string => {
  const isOpposite = (other: Change): boolean =>
    other.kind === "element" &&
    pathText(other.path) === pathText(change.path) &&
    (change.after === undefined ? other.before === undefined : change.before === undefined && other.after === undefined);
  const counterparts = all.filter(isOpposite).slice(0, MAX_COUNTERPARTS);
  const texts = counterparts.map((other) => contrast(other.kind === "element" ? other.element : undefined, change.element)[1]);
  return [valueText(change.element), ...texts].reduce((best, text) => (text.length < best.length ? text : best));
};

const LEAST_ROOM = 12;

/** Both texts in the room for them: what the shorter one does not need, the longer one has. */
const inRoom = ([a, b]: Texts, room: number): Texts => {
  const half = Math.max(LEAST_ROOM, Math.floor(room / 2));
  const [left, right] = [Math.max(half, room - b.length), Math.max(half, room - a.length)];
  return [shortenMiddle(a, left), shortenMiddle(b, right)];
};

/**
 * One change in a line of at most `width` characters, unless the path alone is longer. Of a long value only what changed
 * in it is shown, and what is still too long loses its middle; `…` stands for all that is left out. `all` are the changes
 * of the same step.
 */
export const changeWithin = (change: Change, width: number, all: readonly Change[] = []): string => {
  const whole = changeText(change);
  if (whole.length <= width) return whole;
  const contrasted: Texts = change.kind === "value" ? contrast(change.before, change.after) : [besideCounterpart(change, all), ""];
  const parts = contrasted.join("").length < textsOf(change).join("").length ? contrasted : textsOf(change);
  const frame = lineOf(change, ["", ""]).length;
  return lineOf(change, inRoom(parts, width - frame));
};

/**
 * Is the engine's state the spec's? The whole state is compared, minus what the driver declares unobservable, which is
 * counted. A state that lacks a variable, or has one too many, is a fault of the abstraction and not of the engine.
 */
import { changesOf } from "../explorer/changes.ts";
import type { Change, Path } from "../explorer/changes.ts";
import { pathText } from "../explorer/changes.ts";
import { isRecord, valueText } from "../explorer/value-text.ts";
import type { State } from "../specs/language/instantiate.ts";
import { HarnessError } from "./driver.ts";
import type { Observation } from "./driver.ts";

export interface Difference {
  /** As reports print it: `replicas[2].log`. */
  readonly path: string;
  /** Texts of the values, or of the element and its count. */
  readonly expected: string;
  readonly observed: string;
}

export type Compare = (expected: State, observation: Observation) => Difference | undefined;

type Pattern = readonly string[];
const patternOf = (text: string): Pattern => text.split(".");
const matches = (pattern: Pattern, path: Path): boolean =>
  pattern.length <= path.length && pattern.every((key, i) => key === "*" || key === path[i]);

const refuseUnknown = (expected: State, { state, unobserved }: Observation): void => {
  const extra = Object.keys(state).find((name) => !Object.hasOwn(expected, name));
  if (extra !== undefined) throw new HarnessError(`the engine's state has the variable ${extra}, which the spec has not`);
  const stray = unobserved.find((text) => !Object.hasOwn(expected, patternOf(text)[0] ?? ""));
  if (stray !== undefined) throw new HarnessError(`the unobserved path ${stray} names no variable of the spec`);
  const missing = Object.keys(expected).find((name) => !Object.hasOwn(state, name) && !unobserved.includes(name));
  if (missing !== undefined)
    throw new HarnessError(`the engine's state lacks the variable ${missing}, and it is not on the list of what is unobserved`);
};

const countText = (count: number | undefined, kind: string): string =>
  count === undefined ? "absent" : kind === "network" ? `pending ${String(count)}` : kind === "bag" ? `× ${String(count)}` : "present";

const differenceOf = (change: Change): Difference => {
  const path = pathText(change.path);
  if (change.kind === "value") return { path, expected: valueText(change.before), observed: valueText(change.after) };
  const { collection, element, before, after } = change;
  return {
    path: `${path}{${valueText(element)}}`,
    expected: countText(before, collection),
    observed: countText(after, collection),
  };
};

/** The first field that differs; undefined if none does. Throws HarnessError when the abstraction is not total. */
export const firstDifference: Compare = (expected, observation) => {
  refuseUnknown(expected, observation);
  const patterns = observation.unobserved.map(patternOf);
  const change = changesOf(expected, observation.state).find((c) => !patterns.some((p) => matches(p, c.path)));
  return change && differenceOf(change);
};

const leaves = (value: unknown): number =>
  isRecord(value) && Object.keys(value).length > 0 ? Object.values(value).reduce<number>((sum, v) => sum + leaves(v), 0) : 1;

const under = (pattern: Pattern, value: unknown): number => {
  const [key, ...rest] = pattern;
  if (key === undefined) return leaves(value);
  if (!isRecord(value)) return 0;
  const values = key === "*" ? Object.values(value) : Object.hasOwn(value, key) ? [value[key]] : [];
  return values.reduce<number>((sum, v) => sum + under(rest, v), 0);
};

/** How many fields of the state nobody compares. */
export const unobservedFields = (expected: State, unobserved: readonly string[]): number =>
  unobserved.reduce((sum, text) => sum + under(patternOf(text), expected), 0);

const filledAt = (expected: unknown, observed: unknown, path: Path, patterns: readonly Pattern[]): unknown => {
  if (patterns.some((p) => matches(p, path))) return expected;
  if (!isRecord(expected) || !isRecord(observed)) return observed;
  const keys = [...new Set([...Object.keys(observed), ...Object.keys(expected)])];
  const entries = keys.map((k): [string, unknown] => [k, filledAt(expected[k], observed[k], [...path, k], patterns)]);
  return Object.fromEntries(entries.filter(([, v]) => v !== undefined));
};

/** The engine's state, with the spec's values where it cannot be observed: what the spec's predicates are asked about. */
export const filled = (expected: State, { state, unobserved }: Observation): State => {
  const patterns = unobserved.map(patternOf);
  if (patterns.length === 0) return state;
  return filledAt(expected, state, [], patterns) as State; // a record, since both are
};

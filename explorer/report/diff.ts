/** Two traces side by side, aligned on the actions that they share in the same order. */
import { canonicalText, equal } from "../../specs/language/collections.ts";
import { changeWithin, changesOf } from "../changes.ts";
import type { Step, Trace } from "../trace.ts";
import { callText, shortenMiddle } from "../value-text.ts";
import { withNote } from "./left-out.ts";

/** `at` counts states from 1. */
export interface Side {
  readonly at: number;
  readonly step: Step;
}
export interface DiffRow {
  readonly left: Side | undefined;
  readonly right: Side | undefined;
  /** For a shared action: does it lead to the same state in both traces? */
  readonly sameState: boolean;
}

const keyOf = (step: Step): string => `${step.action ?? ""} ${canonicalText(step.arguments)}`;

/** `lengths[i][j]`: the longest common subsequence of what follows position i on the left and j on the right. */
const commonLengths = (left: readonly string[], right: readonly string[]): number[][] => {
  const lengths = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = left.length - 1; i >= 0; i--)
    for (let j = right.length - 1; j >= 0; j--) {
      const line = lengths[i];
      if (line !== undefined) line[j] = left[i] === right[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  return lengths;
};

/** The rows of the alignment, in the order of both traces. */
export const diffTraces = (left: Trace, right: Trace): readonly DiffRow[] => {
  const [a, b] = [left.steps.map(keyOf), right.steps.map(keyOf)];
  const lengths = commonLengths(a, b);
  const rows: DiffRow[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [l, r] = [left.steps[i], right.steps[j]];
    const here = { at: i + 1, step: l };
    const there = { at: j + 1, step: r };
    const side = (s: { at: number; step: Step | undefined }): Side | undefined => s.step && { at: s.at, step: s.step };
    if (l !== undefined && r !== undefined && a[i] === b[j]) {
      rows.push({ left: side(here), right: side(there), sameState: equal(l.state, r.state) });
      i++;
      j++;
    } else if (r === undefined || (l !== undefined && (lengths[i + 1]?.[j] ?? 0) >= (lengths[i]?.[j + 1] ?? 0))) {
      rows.push({ left: side(here), right: undefined, sameState: false });
      i++;
    } else {
      rows.push({ left: undefined, right: side(there), sameState: false });
      j++;
    }
  }
  return rows;
};

const sideText = (side: Side | undefined): string =>
  side === undefined
    ? ""
    : `${String(side.at)} ${side.step.action === undefined ? "Initial predicate" : callText(side.step.action, side.step.arguments)}`;

const markOf = (row: DiffRow): string => (row.right === undefined ? "<" : row.left === undefined ? ">" : row.sameState ? "=" : "≠");

export interface DiffOptions {
  /** Characters of a line; default 120. */
  readonly width?: number;
  /** Lines are as long as what they hold. */
  readonly full?: boolean;
}

const rowsText = (rows: readonly DiffRow[], column: number): readonly string[] =>
  rows.map((row) => {
    const [l, r] = [shortenMiddle(sideText(row.left), column), shortenMiddle(sideText(row.right), column)];
    return `${l.padEnd(column)} ${markOf(row)} ${r}`.trimEnd();
  });

/** The first shared action that leads to different states, and how they differ. */
const apartText = (rows: readonly DiffRow[], width: number): readonly string[] => {
  const apart = rows.find((row) => row.left !== undefined && row.right !== undefined && !row.sameState);
  if (apart?.left === undefined || apart.right === undefined) return [];
  const changes = changesOf(apart.left.step.state, apart.right.step.state);
  return [
    "",
    `States ${String(apart.left.at)} and ${String(apart.right.at)} differ (left → right):`,
    ...changes.map((c) => `  ${changeWithin(c, width - 2, changes)}`),
  ];
};

/** Two columns; `=` shared, `≠` shared but in different states, `<` and `>` only on one side. Then the first state that differs. */
export const diffText = (left: Trace, right: Trace, { width = 120, full = false }: DiffOptions = {}): string => {
  const rows = diffTraces(left, right);
  const longest = Math.max(...rows.map((row) => sideText(row.left).length));
  const whole = [...rowsText(rows, longest), ...apartText(rows, Infinity)].join("\n");
  const text = [...rowsText(rows, Math.floor((width - 3) / 2)), ...apartText(rows, width)].join("\n");
  return full ? whole : withNote(text, () => whole);
};

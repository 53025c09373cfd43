/** What a replay shows, for people (spec and engine side by side) and for programs. */
import { changeText, changeWithin } from "../explorer/changes.ts";
import type { Change } from "../explorer/changes.ts";
import { leftOutNote } from "../explorer/report/left-out.ts";
import { plain } from "../explorer/report/painter.ts";
import type { Painter } from "../explorer/report/painter.ts";
import { stepTitle } from "../explorer/report/text.ts";
import { shortenMiddle } from "../explorer/value-text.ts";
import type { HarnessFailure } from "./driver.ts";
import type { Replayed, ReplayReport, Verdict } from "./replay.ts";

const COLUMN = 76;

const row = (left: string, right: string, column: number): string =>
  `  ${shortenMiddle(left, column).padEnd(column)} ${left === right ? "=" : "|"} ${shortenMiddle(right, column)}`;

/** A change as it is compared, and as it fits into a column. */
interface Line {
  readonly whole: string;
  readonly shown: string;
}
const linesOf = (changes: readonly Change[], column: number): readonly Line[] =>
  changes.map((c) => ({ whole: changeText(c), shown: changeWithin(c, column, changes) }));

const stepLines = ({ number, step, expected, observed }: Replayed, paint: Painter, column: number): string[] => {
  const title = `State ${String(number)}: <${stepTitle(step, paint)}>`;
  const left = linesOf(expected, column);
  if (observed === undefined) return [title, ...left.map(({ shown }) => row(shown, "(refused)", column))];
  const right = linesOf(observed, column);
  // What both did stands on one line, in the spec's order; what only one did comes after it.
  const isIn = (line: Line, lines: readonly Line[]): boolean => lines.some(({ whole }) => whole === line.whole);
  const both = left.filter((line) => isIn(line, right)).map(({ shown }) => row(shown, shown, column));
  const specOnly = left.filter((line) => !isIn(line, right)).map(({ shown }) => paint.removed(row(shown, "", column)));
  const engineOnly = right.filter((line) => !isIn(line, left)).map(({ shown }) => paint.added(row("", shown, column)));
  const lines = [...both, ...specOnly, ...engineOnly];
  return [title, ...(lines.length === 0 ? [`  ${paint.faint("(nothing changes)")}`] : lines)];
};

/** One sentence. */
export const verdictText = (outcome: Verdict | HarnessFailure): string => {
  const at = `state ${String(outcome.step)}${outcome.action === undefined ? "" : `, ${outcome.action}`}`;
  switch (outcome.verdict) {
    case "reproduced":
      return outcome.invariant === undefined
        ? `Reproduced: the engine's ${String(outcome.step)} states are the spec's.`
        : `Reproduced: the engine's ${String(outcome.step)} states are the spec's, and the last one violates ${outcome.invariant}.`;
    case "refusedGuard":
      return `Refused at ${at}: the engine's guard is false: ${outcome.guard}`;
    case "refusedEffect":
      return `Different effect at ${at}: ${outcome.path} is ${outcome.observed} in the engine, ${outcome.expected} in the spec.`;
    case "harnessError":
      return `No verdict: the harness failed at ${at}: ${outcome.message}`;
  }
};

export const unobservedText = ({ paths, fields }: ReplayReport["unobserved"]): string =>
  paths.length === 0
    ? "Unobserved: nothing; every field is compared."
    : `Unobserved: ${String(paths.length)} paths, ${String(fields)} fields of the last state: ${paths.join(", ")}.`;

/** The longest line of either side, for whoever wants all of it. */
const wholeColumn = ({ steps }: ReplayReport): number =>
  Math.max(COLUMN, ...steps.flatMap((s) => [...s.expected, ...(s.observed ?? [])]).map((c) => changeText(c).length));

const tableText = (report: ReplayReport, engine: string, painter: Painter, column: number): string =>
  [row("spec", engine, column), ...report.steps.flatMap((s) => stepLines(s, painter, column))].join("\n");

export interface ReplayTextOptions {
  readonly painter?: Painter;
  /** Columns are as wide as what they hold. */
  readonly full?: boolean;
}

export const replayText = (report: ReplayReport, engine: string, { painter = plain, full = false }: ReplayTextOptions = {}): string => {
  const sentence = verdictText(report.outcome);
  const whole = wholeColumn(report);
  const text = tableText(report, engine, painter, full ? whole : COLUMN);
  return [
    whole === COLUMN || full ? text : `${text}\n\n${leftOutNote}`,
    "",
    unobservedText(report.unobserved),
    report.outcome.verdict === "reproduced" ? sentence : painter.bad(sentence),
  ].join("\n");
};

/** What `--json` prints. */
export const verdictJson = (verdict: Verdict): Readonly<Record<string, unknown>> => ({ ...verdict, action: verdict.action ?? "init" });

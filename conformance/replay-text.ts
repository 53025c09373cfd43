/** What a replay shows, for people (spec and engine side by side) and for programs. */
import { changeText } from "../explorer/changes.ts";
import { plain } from "../explorer/report/painter.ts";
import type { Painter } from "../explorer/report/painter.ts";
import { stepTitle } from "../explorer/report/text.ts";
import { shorten } from "../explorer/value-text.ts";
import type { HarnessFailure } from "./driver.ts";
import type { Replayed, ReplayReport, Verdict } from "./replay.ts";

const COLUMN = 76;

const row = (left: string, right: string): string =>
  `  ${shorten(left, COLUMN).padEnd(COLUMN)} ${left === right ? "=" : "|"} ${shorten(right, COLUMN)}`;

const stepLines = ({ number, step, expected, observed }: Replayed, paint: Painter): string[] => {
  const title = `State ${String(number)}: <${stepTitle(step, paint)}>`;
  if (observed === undefined) return [title, ...expected.map((c) => row(changeText(c), "(refused)"))];
  const [left, right] = [expected.map(changeText), observed.map(changeText)];
  // What both did stands on one line, in the spec's order; what only one did comes after it.
  const both = left.filter((line) => right.includes(line)).map((line) => row(line, line));
  const one = (line: string, lines: readonly string[]): boolean => !lines.includes(line);
  const specOnly = left.filter((line) => one(line, right)).map((line) => paint.removed(row(line, "")));
  const engineOnly = right.filter((line) => one(line, left)).map((line) => paint.added(row("", line)));
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

export const replayText = (report: ReplayReport, engine: string, painter: Painter = plain): string => {
  const sentence = verdictText(report.outcome);
  return [
    row("spec", engine),
    ...report.steps.flatMap((s) => stepLines(s, painter)),
    "",
    unobservedText(report.unobserved),
    report.outcome.verdict === "reproduced" ? sentence : painter.bad(sentence),
  ].join("\n");
};

/** What `--json` prints. */
export const verdictJson = (verdict: Verdict): Readonly<Record<string, unknown>> => ({ ...verdict, action: verdict.action ?? "init" });

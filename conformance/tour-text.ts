/** What a tour found and covered, for people. */
import { plain } from "../explorer/report/painter.ts";
import type { Painter } from "../explorer/report/painter.ts";
import { table, thousands } from "../explorer/report/table.ts";
import { callText } from "../explorer/value-text.ts";
import type { HarnessFailure } from "./driver.ts";
import { unobservedText } from "./replay-text.ts";
import type { Coverage, TourReport, TourVerdict } from "./tourist.ts";

/** One sentence. */
export const tourVerdictText = (outcome: TourVerdict | HarnessFailure, coverage: Coverage): string => {
  switch (outcome.verdict) {
    case "passed":
      return coverage.kind === "edges"
        ? "Passed: every step of the model."
        : "Passed, on a sample of the model's steps; this is no full tour.";
    case "refusedGuard":
      return `The engine refuses ${outcome.action}, which the spec allows, to state ${String(outcome.step)} of the behaviour below: ${outcome.guard}`;
    case "refusedEffect":
      return `The engine's state ${String(outcome.step)} differs after ${outcome.action ?? "its start"}: ${outcome.path} is ${outcome.observed} in the engine, ${outcome.expected} in the spec.`;
    case "accepted":
      return `The engine does ${outcome.action}, which the spec forbids there: ${outcome.guard}`;
    case "harnessError":
      return `No verdict: the harness failed at state ${String(outcome.step)}: ${outcome.message}`;
  }
};

const of = ({ covered, total }: { readonly covered: number; readonly total: number | undefined }): string =>
  total === undefined ? `${thousands(covered)} (of an unknown number)` : `${thousands(covered)} of ${thousands(total)}`;

export const coverageText = (coverage: Coverage, bounds: { readonly maxStates: number; readonly maxEdges: number }): string => {
  const { kind, states, edges, pairs, actions, classes, probes, steps, starts } = coverage;
  const classesOf = (action: string): number => Object.keys(classes).filter((c) => c === action || c.startsWith(`${action}(`)).length;
  const rows = Object.entries(actions).map(([name, n]) => [name, thousands(n), String(classesOf(name))]);
  return [
    table(["Action", "Steps", "Classes of arguments"], rows),
    ...(kind === "edges"
      ? []
      : [`A sample: the model has more than ${thousands(bounds.maxStates)} states or ${thousands(bounds.maxEdges)} steps.`]),
    `States ${of(states)}; steps of the spec ${of(edges)}; pairs in a row ${of(pairs)}.`,
    `${thousands(steps)} steps of the engine from ${thousands(starts)} starts; ${thousands(probes)} forbidden steps tried and refused.`,
  ].join("\n");
};

export const tourText = (
  report: TourReport,
  bounds: { readonly maxStates: number; readonly maxEdges: number },
  painter: Painter = plain,
  leftOut?: string,
): string => {
  const sentence = tourVerdictText(report.outcome, report.coverage);
  const path = report.path.map((b, i) => `State ${String(i + 2)}: ${callText(b.action, b.arguments)}`);
  return [
    ...(path.length === 0 ? [] : ["State 1: the initial state", ...path, ""]),
    coverageText(report.coverage, bounds),
    unobservedText(report.unobserved),
    ...(leftOut === undefined ? [] : [`Left out, because the engine does not do it by its design: ${leftOut}`]),
    report.outcome.verdict === "passed" ? sentence : painter.bad(sentence),
  ].join("\n");
};

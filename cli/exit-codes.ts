/** What the process ends with: TLC's codes where TLC has one. */
import type { FailureKind } from "../specs/language/errors.ts";
import type { SearchResult } from "../explorer/search/contract.ts";
import type { PropertyKind } from "../explorer/trace.ts";

export const exitCodes = {
  holds: 0,
  usage: 1,
  inconclusive: 3,
  outOfMemoryBudget: 4,
  unmet: 10,
  deadlock: 11,
  invariant: 12,
  actionProperty: 13,
  specThrew: 75,
  load: 150,
  constants: 151,
  inputOutput: 153,
  other: 255,
} as const;

const ofFailure: Readonly<Record<FailureKind, number>> = {
  usage: exitCodes.usage,
  assumption: exitCodes.unmet,
  "spec-threw": exitCodes.specThrew,
  load: exitCodes.load,
  constants: exitCodes.constants,
  io: exitCodes.inputOutput,
};
export const exitCodeOfFailure = (kind: FailureKind): number => ofFailure[kind];

const ofProperty: Readonly<Record<PropertyKind, number>> = {
  witness: exitCodes.unmet,
  deadlock: exitCodes.deadlock,
  invariant: exitCodes.invariant,
  "action-property": exitCodes.actionProperty,
};

export const exitCodeOfViolation = (kind: PropertyKind): number => ofProperty[kind];

/** Inconclusive is never green: a bound that was hit outranks everything but a violation. */
export const exitCodeOfResult = (result: SearchResult): number => {
  if (result.violation !== undefined) return exitCodeOfViolation(result.violation.kind);
  if (result.verdict === "inconclusive") return result.bound?.kind === "memory" ? exitCodes.outOfMemoryBudget : exitCodes.inconclusive;
  return Object.values(result.witnesses).includes(false) ? exitCodes.unmet : exitCodes.holds;
};

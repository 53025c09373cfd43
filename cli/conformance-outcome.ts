/** Exit codes of the commands of conformance, beside those that all commands share. */
import { exitCodes } from "./exit-codes.ts";
import { messageOf } from "../specs/language/errors.ts";
import type { Terminal } from "./terminal.ts";
import type { HarnessFailure } from "../conformance/driver.ts";

export const conformanceCodes = {
  conforms: exitCodes.holds,
  /** Spec and engine differ. */
  mismatch: 20,
  inconclusive: exitCodes.inconclusive,
  /** Nothing is known about the engine. */
  harness: exitCodes.other,
} as const;

/** No verdict goes to standard output when the harness has failed. */
export const reportHarnessFailure = (failure: HarnessFailure, terminal: Terminal): number => {
  const at = `state ${String(failure.step)}${failure.action === undefined ? "" : `, ${failure.action}`}`;
  terminal.err(`lockstep: no verdict: the harness failed at ${at}: ${failure.message.replace(/\s*\n\s*/g, " ")}\n`);
  for (const line of failure.tail) terminal.err(`  ${line}\n`);
  return conformanceCodes.harness;
};

/** A failure to end an engine must not hide what was found out. */
export const closing = async (close: () => unknown, terminal: Terminal): Promise<void> => {
  try {
    await close();
  } catch (error) {
    terminal.err(`lockstep: the engine does not close: ${messageOf(error)}\n`);
  }
};

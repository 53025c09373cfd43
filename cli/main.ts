/** The entry point: one line on the error stream and the documented exit code, whatever happens. */
import { LockstepError, messageOf } from "../specs/language/errors.ts";
import { exitCodeOfFailure, exitCodes } from "./exit-codes.ts";
import { joinDump } from "./options.ts";
import { runProgram } from "./program.ts";
import type { Commands } from "./program.ts";
import { processTerminal } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

const reported = (error: unknown, terminal: Terminal): number => {
  const known = error instanceof LockstepError;
  const advice = known || process.env["LOCKSTEP_DEBUG"] !== undefined ? "" : " (set LOCKSTEP_DEBUG=1 to see where)";
  terminal.err(
    `lockstep: ${messageOf(error)
      .trim()
      .replace(/\s*\n\s*/g, " ")}${advice}\n`,
  );
  if (process.env["LOCKSTEP_DEBUG"] !== undefined && error instanceof Error) terminal.err(`${error.stack ?? ""}\n`);
  return known ? exitCodeOfFailure(error.kind) : exitCodes.other;
};

/** Runs one command line and returns its exit code. Never throws. */
export const run = async (words: readonly string[], terminal: Terminal, others: Commands = {}): Promise<number> => {
  try {
    return await runProgram(joinDump(words), terminal, others);
  } catch (error) {
    return reported(error, terminal);
  }
};

/**
 * Sets the exit code and leaves, so that output still on its way to a pipe arrives whole. `others` are the commands of what
 * the explorer knows nothing about.
 */
export const main = async (others: Commands = {}): Promise<void> => {
  process.exitCode = await run(process.argv.slice(2), processTerminal(), others);
};

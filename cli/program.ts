/** The commands by name. Only the module of the command that runs is loaded, which keeps the start short. */
import { Command, CommanderError } from "@commander-js/extra-typings";
import { LockstepError } from "../specs/language/errors.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

/** What a command's module exports: it adds the command, and calls `ended` with the exit code of its run. */
export type AddCommand = (program: Command, terminal: Terminal, ended: (code: number) => void) => void;

/** Name -> what loads the command. */
export type Commands = Readonly<Record<string, () => Promise<AddCommand>>>;

const ofExplorer: Commands = {
  list: async () => (await import("./commands/list.ts")).addList,
  check: async () => (await import("./commands/check.ts")).addCheck,
  compare: async () => (await import("./commands/compare.ts")).addCompare,
  simulate: async () => (await import("./commands/simulate.ts")).addSimulate,
  show: async () => (await import("./commands/show.ts")).addShow,
};

const programFor = (terminal: Terminal): Command =>
  new Command("lockstep")
    .description("Searches executable specs for the shortest counterexample.")
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: () => undefined });

/** Commander's failures are of use; asking for help is none. Exit code of the latter, or the failure. */
const fromCommander = (error: CommanderError): number => {
  if (error.exitCode === 0) return exitCodes.holds;
  throw new LockstepError("usage", error.message.replace(/^error: /, ""), { cause: error });
};

/** Runs one command, of the explorer's or of `others`, and returns its exit code. Throws LockstepError. */
export const runProgram = async (argv: readonly string[], terminal: Terminal, others: Commands = {}): Promise<number> => {
  const commands: Commands = { ...ofExplorer, ...others };
  const named = commands[argv[0] ?? ""];
  const program = programFor(terminal);
  let code: number = exitCodes.holds;
  const wanted = named === undefined ? Object.values(commands) : [named];
  for (const load of wanted) (await load())(program, terminal, (c) => (code = c));
  if (argv.length === 0) throw new LockstepError("usage", `name a command: ${Object.keys(commands).join(", ")}; --help explains them`);
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return fromCommander(error);
    throw error;
  }
  return code;
};

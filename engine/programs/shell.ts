/** `engine client` without a command: a small shell. `use BRANCH` changes the branch, `help` lists the commands, `exit` ends it. */
import { createInterface } from "node:readline/promises";
import { clientCommands, runClientCommand } from "./client-commands.ts";
import type { CommandContext } from "./client-commands.ts";

/** Words, with "…" or '…' around those that have spaces. */
export const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) => double ?? single ?? plain ?? "");

const help = (): string =>
  [
    ...Object.values(clientCommands).map(({ usage, does }) => `  ${usage.padEnd(42)}${does}`),
    `  ${"use BRANCH".padEnd(42)}go on with another branch`,
    `  ${"exit".padEnd(42)}end`,
  ].join("\n");

export const runShell = async (start: CommandContext): Promise<void> => {
  let context = start;
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: process.stdout.isTTY });
  const prompt = (): void => {
    lines.setPrompt(`${context.branch}> `);
    if (process.stdin.isTTY) lines.prompt();
  };
  prompt();
  for await (const line of lines) {
    const words = wordsOf(line);
    if (words[0] === "exit") break;
    if (words[0] === "help") process.stdout.write(`${help()}\n`);
    else if (words[0] === "use" && words[1] !== undefined) context = { ...context, branch: words[1] };
    else if (words.length > 0) await runLine(context, words);
    prompt();
  }
  lines.close();
};

const runLine = async (context: CommandContext, words: readonly string[]): Promise<void> => {
  try {
    const printed = await runClientCommand(context, words);
    if (printed !== undefined) process.stdout.write(`${printed}\n`);
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
  }
};

/** The command line of the engine. */
import { Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { resolve } from "node:path";
import { mostReplicas } from "../node/config.ts";
import { openClient } from "../client/open.ts";
import { clientCommands, runClientCommand } from "./client-commands.ts";
import { runShell } from "./shell.ts";
import { runCluster } from "./cluster.ts";
import { configFileOf, initReplica, repairReplica } from "./repair.ts";
import { serve } from "./serve.ts";
import { accesses, addToken } from "../wiring/production/client-tokens.ts";

const oddNumber = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > mostReplicas || number % 2 === 0)
    throw new InvalidArgumentError(`an odd number up to ${mostReplicas}.`);
  return number;
};

const positive = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("a whole number from 1 on.");
  return number;
};

const program = new Command("engine")
  .description("A replicated transactional store.")
  .exitOverride()
  .configureOutput({ writeErr: (text) => void process.stderr.write(text) });

program
  .command("serve")
  .description("run one replica")
  .requiredOption("--config <FILE>", "its configuration (JSON)")
  .action(async ({ config }) => {
    process.exitCode = await serve(config);
  });

program
  .command("cluster")
  .description("run a group on this machine; started again on the same directory it recovers")
  .requiredOption("--dir <DIR>", "where its data is, or will be")
  .option("--replicas <N>", "how many, for a new directory", oddNumber, 3)
  .addOption(
    new Option("--durability <MODE>", "how the store writes its log, for a new directory")
      .choices(["strict", "batched", "none"])
      .default("batched" as const),
  )
  .option("--journal", "write what happens for `validate`, for a new directory", false)
  .action(async ({ dir, replicas, durability, journal }) => {
    process.exitCode = await runCluster(dir, { replicas, durability, journal });
  });

program
  .command("init")
  .description("make the data directory of one replica of a new cluster; `cluster` does it by itself")
  .requiredOption("--config <FILE>", "its configuration (JSON)")
  .action(({ config }) => initReplica(config));

program
  .command("repair")
  .description("bring a replica back that has lost its data, or whose data is refused: its next start takes all from the others")
  .option("--config <FILE>", "its configuration (JSON)")
  .option("--dir <DIR>", "the directory of its cluster, with --replica")
  .option("--replica <N>", "which replica", positive)
  .action(({ config, dir, replica }) => repairReplica(config ?? configFileOf(dir, replica)));

program
  .command("token")
  .description("make another token for clients; replicas take it within a second, and take one no longer whose entry is deleted")
  .requiredOption("--tokens <FILE>", "what replicas know of tokens (tokensFile of their configuration)")
  .addOption(new Option("--access <ACCESS>", "what it allows").choices(accesses).default("write" as const))
  .option("--name <NAME>", "for people; an entry of that name is replaced")
  .action(({ tokens, access, name }) => void process.stdout.write(`${addToken(tokens, access, name)}\n`));

program
  .command("client")
  .description(
    `a command, or a shell when there is none: ${Object.values(clientCommands)
      .map((c) => c.usage)
      .join("; ")}`,
  )
  .argument("[words...]", "the command")
  .requiredOption("--dir <DIR>", "where the cluster is")
  .option("--branch <NAME>", "the branch", "main")
  .option("--deadline <MS>", "give up after so long", positive, 10_000)
  .option("--token <FILE>", "what to show to the replicas; by default the token of client.json")
  .option("--json", "print JSON", false)
  .option("--delete", "as in branch --delete NAME", false)
  .action(async (given, { dir, branch, deadline, token, json, delete: deletes }) => {
    const words = deletes ? [...given.slice(0, 1), "--delete", ...given.slice(1)] : given;
    // A reader such as `head` may leave early; that is its right and no failure of ours.
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      process.exit();
    });
    const client = await openClient(dir, { deadlineMs: deadline, ...(token === undefined ? {} : { tokenFile: resolve(token) }) });
    try {
      if (words.length === 0) return await runShell({ client, branch, json });
      const printed = await runClientCommand({ client, branch, json }, words);
      if (printed !== undefined) process.stdout.write(`${printed}\n`);
    } finally {
      client.close();
    }
  });

export const main = async (): Promise<void> => {
  // LevelDB makes its files with the permissions that the process allows.
  process.umask(0o077);
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = 1;
    // Commander has said what is wrong with the command line.
    if (error instanceof Error && !error.name.startsWith("Commander")) process.stderr.write(`${error.message}\n`);
    else if (error instanceof Error && "exitCode" in error && error.exitCode === 0) process.exitCode = 0;
  }
  // A socket that is left open must not keep a process that was told to end.
  if (process.exitCode !== undefined) setTimeout(() => process.exit(), 5_000).unref();
};

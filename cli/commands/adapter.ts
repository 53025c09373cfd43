/** `adapter self-test`: does an adapter keep the protocol? Exit code 0 when it does, 20 when not. */
import { constantsOf, durationMs } from "../options.ts";
import type { Assignments } from "../options.ts";
import type { AddCommand } from "../program.ts";
import { constOption, jsonOption } from "../shared-options.ts";
import { instanceOf, modelNamed } from "../subject.ts";
import type { Terminal } from "../terminal.ts";
import { adapterOf } from "../adapter-words.ts";
import type { AdapterWords } from "../adapter-words.ts";
import { selfTest } from "../../conformance/adapter/self-test.ts";
import { conformanceCodes } from "../conformance-outcome.ts";

export interface SelfTestWords extends AdapterWords {
  readonly const: Assignments;
  readonly json?: true | undefined;
}

/** Returns the exit code. Throws LockstepError "load", "constants". */
export const selfTestCommand = async (word: string, words: SelfTestWords, terminal: Terminal): Promise<number> => {
  const { model } = await modelNamed(word);
  const make = await adapterOf(words);
  const results = await selfTest(make, model.spec, instanceOf(model, constantsOf(words.const)), model.name);
  const failed = results.filter((r) => r.fault !== undefined);
  if (words.json === true) terminal.out(`${JSON.stringify({ passed: results.length - failed.length, failed: failed.length, results })}\n`);
  else {
    for (const { name: check, fault, tail } of results)
      terminal.out(
        [
          `${fault === undefined ? "passed" : "FAILED"}  ${check}${fault === undefined ? "" : `: ${fault}`}`,
          ...tail.map((l) => `        ${l}`),
          "",
        ].join("\n"),
      );
    terminal.out(`${String(results.length - failed.length)} of ${String(results.length)} checks passed.\n`);
  }
  return failed.length === 0 ? conformanceCodes.conforms : conformanceCodes.mismatch;
};

export const addAdapter: AddCommand = (program, terminal, ended) => {
  program
    .command("adapter")
    .description("adapters of engines in other languages")
    .command("self-test")
    .description("check that an adapter keeps the protocol")
    .argument("<model>", "the model whose spec the engine implements")
    .requiredOption("--adapter <command>", "the adapter's command line")
    .option("--mapping <file>", "for an adapter that holds one node: what the spec's actions are to it")
    .option("--timeout <duration>", "how long it may take for an answer", durationMs)
    .addOption(constOption())
    .addOption(jsonOption())
    .action(async (name, options) => ended(await selfTestCommand(name, options, terminal)));
};

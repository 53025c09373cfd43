/** `replay TRACE`: a counterexample on an engine. Exit code 0 when it is reproduced, 20 when the engine differs. */
import type { AddCommand } from "../program.ts";
import { durationMs } from "../options.ts";
import { fullOption, jsonOption, seedOption, specOption } from "../shared-options.ts";
import { projectOf } from "../project.ts";
import { modelOfFile } from "../spec-file.ts";
import type { Terminal } from "../terminal.ts";
import { readTrace } from "../trace-file.ts";
import { engineOf } from "../engine-words.ts";
import type { EngineWords } from "../engine-words.ts";
import { closing, conformanceCodes, reportHarnessFailure } from "../conformance-outcome.ts";
import { replayOn } from "../../conformance/replay.ts";
import { replayText, verdictJson } from "../../conformance/replay-text.ts";

export interface ReplayWords extends EngineWords {
  readonly spec?: string | undefined;
  readonly seed?: number | undefined;
  readonly full?: true | undefined;
  readonly json?: true | undefined;
}

/** Returns the exit code. Throws LockstepError "usage", "io", "load", "constants". */
export const replayCommand = async (file: string, words: ReplayWords, terminal: Terminal): Promise<number> => {
  const engine = engineOf(words);
  const { trace, instance } = await readTrace(file, words.spec);
  const spec = words.spec === undefined ? (await projectOf()).model(trace.model).spec : (await modelOfFile(words.spec)).spec;
  const driver = await engine(spec, trace.model, instance.design);
  try {
    const report = await replayOn(instance, trace, driver, { seed: words.seed ?? 0 });
    const { outcome } = report;
    const options = { painter: terminal.painter, full: words.full === true };
    if (words.json !== true) terminal.out(`${replayText(report, words.adapter ?? words.engine ?? "engine", options)}\n`);
    if (outcome.verdict === "harnessError") return reportHarnessFailure(outcome, terminal);
    if (words.json === true) terminal.out(`${JSON.stringify(verdictJson(outcome))}\n`);
    return outcome.verdict === "reproduced" ? conformanceCodes.conforms : conformanceCodes.mismatch;
  } finally {
    await closing(() => driver.close(), terminal);
  }
};

export const addReplay: AddCommand = (program, terminal, ended) => {
  program
    .command("replay")
    .description("run a trace on an engine, action by action, and compare the whole state after every step")
    .argument("<trace>", "a file in the Informal Trace Format")
    .option("--engine <name>", "spec (with the trace's design), fixed-spec, production, defect (that of the trace's design), defect:NAME")
    .option("--adapter <command>", "an engine in another process that speaks the adapter protocol")
    .option("--mapping <file>", "for an adapter that holds one node: what the spec's actions are to it")
    .option("--timeout <duration>", "how long an adapter may take for an answer", durationMs)
    .addOption(specOption())
    .addOption(seedOption())
    .addOption(fullOption())
    .addOption(jsonOption())
    .action(async (file, options) => ended(await replayCommand(file, options, terminal)));
};

/** `validate LOG…`: an engine's logs against the spec. Exit code 0 accepted, 20 rejected, 3 inconclusive. */
import { readWhole } from "../files.ts";
import { durationMs, wholeNumber } from "../options.ts";
import type { AddCommand } from "../program.ts";
import { projectOf } from "../project.ts";
import { jsonOption } from "../shared-options.ts";
import type { Terminal } from "../terminal.ts";
import { conformanceCodes } from "../conformance-outcome.ts";
import { readEvents } from "../../conformance/validate/event.ts";
import type { LogEvent } from "../../conformance/validate/event.ts";
import { searchDefaults } from "../../conformance/validate/search.ts";
import { validate, validationJson, validationText } from "../../conformance/validate/validate.ts";

const LIMIT_MEBIBYTES = 1024;

export interface ValidateWords {
  /** Undefined: that of the project, which has one only. */
  readonly system?: string | undefined;
  readonly maxSteps: number;
  readonly timeout?: number | undefined;
  readonly cutOff?: true | undefined;
  readonly json?: true | undefined;
}

const codes = { accepted: conformanceCodes.conforms, rejected: conformanceCodes.mismatch, inconclusive: conformanceCodes.inconclusive };

/** Returns the exit code. Throws LockstepError "usage", "io". */
export const validateCommand = async (files: readonly string[], words: ValidateWords, terminal: Terminal): Promise<number> => {
  const mapping = await (await projectOf()).mapping(words.system);
  const events: LogEvent[] = [];
  for (const file of files) for (const event of readEvents(await readWhole(file, LIMIT_MEBIBYTES), file)) events.push(event);
  const end = words.timeout === undefined ? Infinity : Date.now() + words.timeout;
  const interrupted = (): string | undefined => (Date.now() > end ? `the time limit of ${String(words.timeout)} ms is over` : undefined);
  const result = validate(events, mapping, { maxSteps: words.maxSteps, cutOff: words.cutOff ?? false, interrupted });
  terminal.out(words.json === true ? `${JSON.stringify(validationJson(result))}\n` : `${validationText(result)}\n`);
  return codes[result.verdict];
};

export const addValidate: AddCommand = (program, terminal, ended) => {
  program
    .command("validate")
    .description("search the spec for a behaviour that explains the logs of an engine's nodes")
    .argument("<logs...>", "files of events, one JSON object per line")
    .option("--system <name>", "whose logs they are, where the project reads those of several")
    .option("--max-steps <n>", "steps of the spec that are tried", wholeNumber(1), searchDefaults.maxSteps)
    .option("--timeout <duration>", "stop after this time: 90, 90s, 5m, 1h", durationMs)
    .option("--cut-off", "the nodes were killed: the last event of each may not have been executed")
    .addOption(jsonOption())
    .action(async (files, options) => ended(await validateCommand(files, options, terminal)));
};

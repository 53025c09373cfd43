import { LockstepError } from "../../specs/language/errors.ts";
import { diffText } from "../../explorer/report/diff.ts";
import { falseClaim } from "../../explorer/report/conclusion.ts";
import { markdown } from "../../explorer/report/markdown.ts";
import { mermaid } from "../../explorer/report/mermaid.ts";
import { spaceTimeText } from "../../explorer/report/space-time.ts";
import { traceText } from "../../explorer/report/text.ts";
import { exitCodes } from "../exit-codes.ts";
import type { AddCommand } from "../program.ts";
import { fullOption, specOption } from "../shared-options.ts";
import type { Terminal } from "../terminal.ts";
import { judgedTrace } from "../trace-file.ts";

export interface ShowOptions {
  readonly spec?: string | undefined;
  readonly mermaid?: true | undefined;
  readonly markdown?: true | undefined;
  readonly spaceTime?: true | undefined;
  readonly diff?: string | undefined;
  readonly full?: true | undefined;
}

/** Returns the exit code: what a file says of its trace and is not so is a fault of the file. */
const show = async (file: string, o: ShowOptions, terminal: Terminal): Promise<number> => {
  const forms = [o.mermaid, o.markdown, o.spaceTime, o.diff].filter((form) => form !== undefined);
  if (forms.length > 1) throw new LockstepError("usage", "--mermaid, --markdown, --space-time and --diff are different forms; choose one");
  const { painter } = terminal;
  const full = o.full === true;
  const { trace, instance, judgement } = await judgedTrace(file, o.spec);
  const { lanes } = instance;
  if (o.diff !== undefined) terminal.out(`${diffText(trace, (await judgedTrace(o.diff, o.spec)).trace, { full })}\n`);
  else if (o.mermaid === true) terminal.out(`${mermaid(trace, lanes, { full })}\n`);
  else if (o.markdown === true) terminal.out(markdown(trace, { lanes, full, judgement }));
  else if (o.spaceTime === true) terminal.out(`${spaceTimeText(trace, { painter, full })}\n`);
  else terminal.out(`${traceText(trace, { painter, full, judgement })}\n`);
  const lie = falseClaim(trace, judgement);
  if (lie === undefined) return exitCodes.holds;
  terminal.err(`lockstep: ${file}: ${lie}\n`);
  return exitCodes.inputOutput;
};

export const addShow: AddCommand = (program, terminal, ended) => {
  program
    .command("show")
    .description("print a trace file, after checking that it is a behaviour of its spec, and what it says of itself")
    .argument("<trace>", "a file in the Informal Trace Format")
    .addOption(specOption())
    .option("--mermaid", "as a Mermaid sequence diagram")
    .option("--markdown", "as Markdown")
    .option("--space-time", "as a space-time diagram")
    .option("--diff <trace>", "aligned with another trace")
    .addOption(fullOption())
    .action(async (file, options) => {
      ended(await show(file, options, terminal));
    });
};

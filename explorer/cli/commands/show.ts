import { LockstepError } from "../../../specs/language/errors.ts";
import { diffText } from "../../report/diff.ts";
import { mermaid } from "../../report/mermaid.ts";
import { spaceTimeText } from "../../report/space-time.ts";
import { conclusion, traceText } from "../../report/text.ts";
import type { AddCommand } from "../program.ts";
import { specOption } from "../shared-options.ts";
import type { Terminal } from "../terminal.ts";
import { readTrace } from "../trace-file.ts";
import type { Shown } from "../trace-file.ts";

export interface ShowOptions {
  readonly spec?: string | undefined;
  readonly mermaid?: true | undefined;
  readonly markdown?: true | undefined;
  readonly spaceTime?: true | undefined;
  readonly diff?: string | undefined;
}

/** A trace without the lesson that only a person can write about it. */
const markdown = ({ trace, instance }: Shown): string =>
  [
    `# ${trace.model}: ${trace.violated?.property ?? "a behaviour"}`,
    conclusion(trace),
    `\`\`\`mermaid\n${mermaid(trace, instance.lanes)}\n\`\`\``,
    `\`\`\`text\n${traceText(trace)}\n\`\`\``,
  ].join("\n\n");

const show = async (file: string, o: ShowOptions, terminal: Terminal): Promise<void> => {
  const forms = [o.mermaid, o.markdown, o.spaceTime, o.diff].filter((form) => form !== undefined);
  if (forms.length > 1) throw new LockstepError("usage", "--mermaid, --markdown, --space-time and --diff are different forms; choose one");
  const { painter } = terminal;
  const shown = await readTrace(file, o.spec);
  const { trace, instance } = shown;
  if (o.diff !== undefined) terminal.out(`${diffText(trace, (await readTrace(o.diff, o.spec)).trace)}\n`);
  else if (o.mermaid === true) terminal.out(`${mermaid(trace, instance.lanes)}\n`);
  else if (o.markdown === true) terminal.out(`${markdown(shown)}\n`);
  else if (o.spaceTime === true) terminal.out(`${spaceTimeText(trace, { painter })}\n`);
  else terminal.out(`${traceText(trace, { painter })}\n`);
};

export const addShow: AddCommand = (program, terminal, ended) => {
  program
    .command("show")
    .description("print a trace file, after checking that it is a behaviour of its spec")
    .argument("<trace>", "a file in the Informal Trace Format")
    .addOption(specOption())
    .option("--mermaid", "as a Mermaid sequence diagram")
    .option("--markdown", "as Markdown")
    .option("--space-time", "as a space-time diagram")
    .option("--diff <trace>", "aligned with another trace")
    .action(async (file, options) => {
      await show(file, options, terminal);
      ended(0);
    });
};

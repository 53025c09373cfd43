/** Where the outcome of a run goes: whoever asks for JSON or for a trace on standard output gets nothing else there. */
import { LockstepError } from "../specs/language/errors.ts";
import type { SpecInstance } from "../specs/language/instantiate.ts";
import type { Trace } from "../explorer/trace.ts";
import { writeWhole } from "./files.ts";
import type { Terminal } from "./terminal.ts";

export interface Destination {
  readonly json?: true | undefined;
  /** A file, or `-` for standard output. */
  readonly outItf?: string | undefined;
}
export interface Outcome {
  readonly instance: SpecInstance;
  readonly trace: Trace | undefined;
  /** Every behaviour was seen. */
  readonly complete: boolean;
  /** Where a trace could be had instead; asked only when one was wanted and there is none. */
  readonly elsewhere: () => Promise<string | undefined>;
  readonly json: () => Promise<unknown>;
  readonly report: () => string | Promise<string>;
}

/** Asked before a long run starts. Throws LockstepError "usage". */
export const refuseTwoOutputs = (to: Destination): void => {
  if (to.json === true && to.outItf === "-")
    throw new LockstepError("usage", "--json and --out-itf - both want standard output; choose one");
};

/** Throws LockstepError "io" when the file cannot be written. */
export const emit = async (
  { instance, trace, complete, elsewhere, json, report }: Outcome,
  to: Destination,
  terminal: Terminal,
): Promise<void> => {
  if (to.json === true) terminal.out(`${JSON.stringify(await json())}\n`);
  else if (to.outItf === "-") terminal.err(`${await report()}\n`);
  else terminal.out(`${await report()}\n`);
  if (to.outItf === undefined) return;
  if (trace === undefined) {
    const hint = await elsewhere();
    const searched = complete ? "" : " in what was searched";
    terminal.err(`lockstep: nothing was violated${searched}, so there is no trace to write${hint === undefined ? "" : `; ${hint}`}\n`);
    return;
  }
  const { itfText } = await import("../explorer/report/itf.ts");
  if (to.outItf === "-") terminal.out(itfText(trace, instance));
  else await writeWhole(to.outItf, itfText(trace, instance));
};

/** From a counterexample's definition to the text of its files: the search, the trace as ITF, the lesson, the index. */
import { runSearch } from "../explorer/cli/run-search.ts";
import { replay } from "../explorer/interpret/index.ts";
import { fromItf, itfText, lessonMarkdown, markdownTable, readItf } from "../explorer/report/index.ts";
import type { SearchOptions, SearchResult } from "../explorer/search/result.ts";
import type { Trace } from "../explorer/trace.ts";
import type { SpecInstance } from "../specs/language/instantiate.ts";
import { instanceOf, model } from "./article.ts";
import type { Counterexample } from "./article.ts";
import { decided, findings } from "./findings.ts";
import { lessonOf, storyFault } from "./lesson.ts";

export const itfFile = ({ name }: Counterexample): string => `${name}.itf.json`;
export const lessonFile = ({ name }: Counterexample): string => `${name}.md`;

/** Searches for the counterexample's property. One worker, unless told otherwise, so that equal runs give equal traces. */
export const searchFor = (
  { invariant }: Pick<Counterexample, "invariant">,
  instance: SpecInstance,
  options: SearchOptions = {},
): Promise<SearchResult> =>
  runSearch({
    origin: { kind: "model", name: model.name },
    instance,
    options: {
      model: model.name,
      invariants: [invariant],
      allowDeadlock: true,
      workers: 1,
      ...options,
    },
  });

/** The shortest trace. Throws Error when the search ends without one, or when it is not what the definition and the lesson say. */
export const shortestTrace = async (
  counterexample: Counterexample,
  onProgress?: NonNullable<SearchOptions["onProgress"]>,
): Promise<Trace> => {
  const { name, invariant, length, lesson } = counterexample;
  const instance = instanceOf(counterexample);
  const { verdict, violation } = await searchFor(counterexample, instance, onProgress === undefined ? {} : { onProgress });
  if (violation === undefined) throw new Error(`${name}: the search ended "${verdict}", without a violation of ${invariant}`);
  const { trace } = violation;
  const replayed = replay(instance, trace);
  if (!replayed.ok) throw new Error(`${name}: the trace is not a behaviour of the spec: ${replayed.message}`);
  if (trace.steps.length !== length) throw new Error(`${name}: the trace has ${trace.steps.length} states, ${length} are expected`);
  const fault = storyFault(trace, lesson);
  if (fault !== undefined) throw new Error(`${name}: ${fault}`);
  return trace;
};

/** The text of the `.itf.json` file. */
export const itfTextOf = (counterexample: Counterexample, trace: Trace): string => itfText(trace, instanceOf(counterexample));

/** A trace from the text of its file. Throws LockstepError "io" for a file that belongs to another model or is damaged. */
export const traceOf = (counterexample: Counterexample, text: string): Trace => fromItf(readItf(text), instanceOf(counterexample));

/** The trace with every action where the spec has it now: lines move without a change of meaning. Throws Error when the meaning has changed. */
export const relocated = (counterexample: Counterexample, trace: Trace): Trace => {
  const instance = instanceOf(counterexample);
  const replayed = replay(instance, trace);
  if (!replayed.ok) throw new Error(`${counterexample.name}: the trace is no longer a behaviour of the spec: ${replayed.message}`);
  const locations = new Map(instance.actions.map((a) => [a.name, a.location]));
  return { ...trace, steps: trace.steps.map((s) => ({ ...s, location: locations.get(s.action ?? "") ?? "" })) };
};

/** The arguments of `lockstep` that write the same file as the generator. */
export const commandArguments = (counterexample: Counterexample, file: string): readonly string[] => {
  const { values, startViewOnTimerLimit, design, invariant } = counterexample;
  const pairs = (option: string, of: object): string[] => Object.entries(of).flatMap(([k, v]) => [option, `${k}=${String(v)}`]);
  return [
    ...["check", model.name],
    ...pairs("--const", { values, startViewOnTimerLimit }),
    ...pairs("--design", design),
    ...["--invariant", invariant],
    ...["--out-itf", file],
  ];
};

const command = (counterexample: Counterexample): string =>
  `npm run -s lockstep -- ${commandArguments(counterexample, `counterexamples/${itfFile(counterexample)}`).join(" ")}`.replace(
    / (?=--(?:design viewUpdate|invariant))/g,
    " \\\n  ",
  );

/** The lesson of a trace, byte-identical for the same trace. Throws Error when the story is that of another trace. */
export const lessonTextOf = (counterexample: Counterexample, trace: Trace): string => {
  const fault = storyFault(trace, counterexample.lesson);
  if (fault !== undefined) throw new Error(`${counterexample.name}: ${fault}`);
  return lessonMarkdown(trace, lessonOf(counterexample.lesson, trace, command(counterexample)));
};

const designText = ({ design }: Counterexample): string =>
  [
    String(design["viewUpdate"]),
    String(design["startViewGuard"]),
    design["truncate"] === true ? "truncate" : "overwrite",
    design["transferStatus"] === true ? "status" : "no status",
    ...(design["viewUpdate"] === "lazy" ? [String(design["newStateGuard"])] : []),
  ].join(", ");

export interface Told {
  readonly counterexample: Counterexample;
  readonly trace: Trace;
}

const row = ({ counterexample, trace }: Told): string[] => {
  const { name, lesson, invariant, values, startViewOnTimerLimit } = counterexample;
  const files = `[lesson](${lessonFile(counterexample)}), [trace](${itfFile(counterexample)})`;
  const minimal = trace.minimal ? "yes" : "not proven";
  return [
    name,
    lesson.title,
    designText(counterexample),
    invariant,
    String(trace.steps.length),
    `${values}, ${startViewOnTimerLimit}`,
    minimal,
    files,
  ];
};

const decidedTable = (): string =>
  markdownTable(
    ["Design", "Values, timers", "Distinct states", "Verdict"],
    decided.map(({ of, values, startViewOnTimerLimit, distinct }) => [of, `${values}, ${startViewOnTimerLimit}`, distinct, "holds"]),
  );

/** The text of index.md. */
export const indexText = (told: readonly Told[]): string => {
  const header = ["", "What happens", "Design", "Violated", "States", "Values, timers", "Minimal", "Files"];
  const overview = markdownTable(
    header,
    told.map((t) => row(t)),
  );
  const sections = [findings.introduction, overview, findings.decidedBy, decidedTable(), findings.conclusions];
  return `${sections.map((s) => s.trim()).join("\n\n")}\n`;
};

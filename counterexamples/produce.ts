/** From a counterexample's definition to the text of its files: the search, the trace as ITF, the lesson, the index. */
import { runSearch } from "../cli/run-search.ts";
import { replay } from "../explorer/interpret/index.ts";
import { fromItf, itfText, lessonMarkdown, markdownTable, readItf } from "../explorer/report/index.ts";
import type { SearchOptions, SearchResult } from "../explorer/search/contract.ts";
import type { Trace } from "../explorer/trace.ts";
import type { SpecInstance } from "../specs/language/instantiate.ts";
import { collectionOf, collections } from "./collections.ts";
import { instanceOf, modelOf } from "./counterexample.ts";
import type { Collection, Counterexample } from "./counterexample.ts";
import { lessonOf, storyFault } from "./lesson.ts";

export const itfFile = ({ name }: Counterexample): string => `${name}.itf.json`;
export const lessonFile = ({ name }: Counterexample): string => `${name}.md`;

/** Searches for the counterexample's property. One worker, unless told otherwise, so that equal runs give equal traces. */
export const searchFor = (
  { model: name, invariant }: Pick<Counterexample, "model" | "invariant">,
  instance: SpecInstance,
  options: SearchOptions = {},
): Promise<SearchResult> => {
  const model = modelOf({ model: name });
  const isDeadlock = invariant === "deadlock";
  return runSearch({
    origin: { kind: "model", name },
    instance,
    options: {
      model: name,
      invariants: isDeadlock ? [] : [invariant],
      allowDeadlock: !isDeadlock && (model.allowDeadlock ?? false),
      workers: 1,
      ...options,
    },
  });
};

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
  const { model, constants, design, invariant } = counterexample;
  const pairs = (option: string, of: object): string[] => Object.entries(of).flatMap(([k, v]) => [option, `${k}=${String(v)}`]);
  return [
    ...["check", model],
    ...pairs("--const", constants),
    ...pairs("--design", design),
    ...(invariant === "deadlock" ? [] : ["--invariant", invariant]),
    ...["--out-itf", file],
  ];
};

/** Over several lines: one for the model and its constants, one for the design, one for the rest. */
const command = (counterexample: Counterexample): string => {
  const text = commandArguments(counterexample, `counterexamples/${itfFile(counterexample)}`).join(" ");
  const lines = text.replace(/ (?=--design)/, " \\\n  ").replace(/ (?=--invariant|--out-itf)/, " \\\n  ");
  return `npm run -s lockstep -- ${lines}`;
};

/** The lesson of a trace, byte-identical for the same trace. Throws Error when the story is that of another trace. */
export const lessonTextOf = (counterexample: Counterexample, trace: Trace): string => {
  const fault = storyFault(trace, counterexample.lesson);
  if (fault !== undefined) throw new Error(`${counterexample.name}: ${fault}`);
  const picture = collectionOf(counterexample)?.picture?.(trace);
  const { lanes } = instanceOf(counterexample);
  return lessonMarkdown(trace, lessonOf(counterexample.lesson, trace, command(counterexample), picture, lanes));
};

export interface Told {
  readonly counterexample: Counterexample;
  readonly trace: Trace;
}

const row = ({ counterexample, trace }: Told, collection: Collection): string[] => {
  const { name, lesson, invariant } = counterexample;
  const files = `[lesson](${lessonFile(counterexample)}), [trace](${itfFile(counterexample)})`;
  const minimal = trace.minimal ? "yes" : "not proven";
  return [
    name.split("/").at(-1) ?? name,
    lesson.title,
    ...collection.row(counterexample),
    invariant,
    String(trace.steps.length),
    minimal,
    files,
  ];
};

const introduction = `
# Counterexamples

Written by \`npm run counterexamples\`, byte for byte the same every time. Each is the shortest behaviour that breaks a design. A lesson
tells what happens and which rule was missing; a trace is in the
[Informal Trace Format](https://apalache-mc.org/docs/adr/015adr-trace.html), for \`npm run -s lockstep -- show FILE\`.

*States*: length of the trace with the initial state, as TLC counts. *Minimal*: breadth-first search has seen every shorter behaviour of
that model, and none of them violates the property; of models with larger bounds this says nothing.`;

const section = (collection: Collection, told: readonly Told[]): string[] => {
  const mine = told.filter(({ counterexample }) => collection.counterexamples.includes(counterexample));
  const header = ["", "What happens", ...collection.header, "Violated", "States", "Minimal", "Files"];
  const overview = markdownTable(
    header,
    mine.map((t) => row(t, collection)),
  );
  return [collection.introduction, overview, collection.conclusions];
};

/** The text of index.md. */
export const indexText = (told: readonly Told[]): string => {
  const sections = [introduction, ...collections.flatMap((c) => section(c, told))];
  return `${sections
    .map((s) => s.trim())
    .filter((s) => s !== "")
    .join("\n\n")}\n`;
};

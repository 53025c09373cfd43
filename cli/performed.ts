/** One search from start to end, with its progress shown. */
import type { SearchOptions, SearchResult } from "../explorer/search/contract.ts";
import { commandLine } from "./command-line.ts";
import type { Interrupted } from "./interrupt.ts";
import { searchProgress } from "./progress.ts";
import { propertiesOf } from "./properties.ts";
import type { Properties } from "./properties.ts";
import { runSearch } from "./run-search.ts";
import type { Subject } from "./subject.ts";
import type { Run } from "./summary.ts";
import type { Terminal } from "./terminal.ts";

export interface Work {
  readonly subject: Subject;
  readonly properties: Properties;
  /** Bounds, switches and threads. */
  readonly options: SearchOptions;
  /** What a live terminal shows. */
  readonly label: string;
}

const GIBIBYTE = 1024 ** 3;
const given = (option: string, value: string | number | undefined): string[] => (value === undefined ? [] : [option, String(value)]);

/** The options that decide the outcome, as words. */
const wordsOf = ({ subject, properties, options: o }: Work): string[] => {
  const all = propertiesOf(subject.instance);
  const some = properties.invariants.length + properties.actionProperties.length < all.invariants.length + all.actionProperties.length;
  return [
    ...(some ? properties.invariants.flatMap((name) => ["--invariant", name]) : []),
    ...(some ? properties.actionProperties.flatMap((name) => ["--property", name]) : []),
    o.symmetry === false ? "--no-symmetry" : "",
    o.reductions === false ? "--no-reduce" : "",
    o.allowDeadlock === true && subject.model.allowDeadlock !== true ? "--allow-deadlock" : "",
    o.continueAfterViolation === true ? "--continue" : "",
    ...given("--max-depth", o.maxDepth),
    ...given("--max-states", o.maxStates),
    ...given("--timeout", o.timeoutMs === undefined ? undefined : `${o.timeoutMs}ms`),
    ...given("--max-memory", o.memoryBytes === undefined ? undefined : o.memoryBytes / GIBIBYTE),
    ...given("--workers", o.workers === 1 ? undefined : o.workers),
  ].filter((word) => word !== "");
};

/** `searched` runs the search: in threads of its own, but for tests of specs that no other thread can find. */
export const performed = async (work: Work, terminal: Terminal, interrupted: Interrupted, searched = runSearch): Promise<Run> => {
  const { subject, properties, label } = work;
  const progress = searchProgress(terminal, label);
  const options: SearchOptions = {
    ...work.options,
    ...properties,
    model: subject.model.name,
    interrupted,
    onProgress: progress.onProgress,
  };
  let result: SearchResult | undefined;
  try {
    result = await searched({ origin: subject.origin, instance: subject.instance, options });
    const repeat = commandLine("check", subject.origin, subject.instance, wordsOf(work));
    return { model: subject.model.name, instance: subject.instance, options, properties, result, repeat };
  } finally {
    progress.finish(result);
  }
};

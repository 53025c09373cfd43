/** Options that several commands take, declared once so that they mean the same everywhere. */
import { Option } from "@commander-js/extra-typings";
import { assignment, collected, durationMs, memoryBytes, wholeNumber, workers } from "./options.ts";
import type { Assignments } from "./options.ts";

const none: Assignments = {};

export const specOption = () => new Option("--spec <file>", "check this spec (a TypeScript module) in place of a model");
export const constOption = () =>
  new Option("--const <name=value>", "set a constant; repeatable").argParser(assignment).default(none, "the model's");
export const designOption = () =>
  new Option("--design <name=value>", "choose a design switch; repeatable").argParser(assignment).default(none, "the model's");
export const invariantOption = () =>
  new Option("--invariant <name>", "check only the named properties; repeatable")
    .argParser(collected)
    .default([] as readonly string[], "all");
export const propertyOption = () =>
  new Option("--property <name>", "the same for an action property; repeatable")
    .argParser(collected)
    .default([] as readonly string[], "all");
export const allowDeadlockOption = () => new Option("--allow-deadlock", "a state without successors is no error");
export const workersOption = () => new Option("--workers <n|auto>", "threads").argParser(workers).default(1);
export const maxStatesOption = () => new Option("--max-states <n>", "stop after this many distinct states").argParser(wholeNumber(1));
export const maxMemoryOption = () =>
  new Option("--max-memory <GiB>", "memory of the search: tables, what is remembered, JavaScript heap").argParser(memoryBytes);
export const timeoutOption = () => new Option("--timeout <duration>", "stop after this time: 90, 90s, 5m, 1h").argParser(durationMs);
export const outItfOption = () => new Option("--out-itf <file>", "write the trace in the Informal Trace Format; - is standard output");
export const fullOption = () => new Option("--full", "print every variable of every state, and leave nothing out of long values");
export const jsonOption = () => new Option("--json", "print one JSON value and nothing else");
export const seedOption = () => new Option("--seed <n>", "seed of the random choices").argParser(wholeNumber(0));

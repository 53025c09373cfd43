/** The command line that repeats a run: everything that decides the outcome is spelled out, defaults included. */
import { constantText } from "../specs/language/constants.ts";
import type { SpecInstance } from "../specs/language/instantiate.ts";
import type { SpecOrigin } from "./run-search.ts";

const quoted = (word: string): string => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** `name=value` pairs as the options `--const` and `--design` take them. */
export const assignmentsText = (values: Readonly<Record<string, unknown>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${constantText(value)}`)
    .join(" ");

export const commandLine = (command: string, origin: SpecOrigin, instance: SpecInstance, words: readonly string[]): string => {
  const what = origin.kind === "model" ? [origin.name] : ["--spec", origin.path];
  const repeated = (option: string, values: Readonly<Record<string, unknown>>): string[] =>
    Object.entries(values).flatMap(([name, value]) => [option, `${name}=${constantText(value)}`]);
  const all = [command, ...what, ...repeated("--const", instance.constants), ...repeated("--design", instance.design), ...words];
  return `npm run -s lockstep -- ${all.map(quoted).join(" ")}`;
};

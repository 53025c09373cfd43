/** Turns the words of a command line into values. A word that makes no sense is refused with one line that names it. */
import { availableParallelism } from "node:os";
import { InvalidArgumentError } from "@commander-js/extra-typings";
import { parseConstant } from "../specs/language/constants.ts";
import { LockstepError } from "../specs/language/errors.ts";
import type { Constants } from "../specs/language/schema.ts";
import { MAX_THREADS } from "../explorer/search/threads/control-memory.ts";

const GIBIBYTE = 1024 ** 3;

/** A whole number of at least `min`. */
export const wholeNumber =
  (min: number) =>
  (text: string): number => {
    const n = /^\d+$/.test(text) ? Number(text) : NaN;
    if (Number.isSafeInteger(n) && n >= min) return n;
    throw new InvalidArgumentError(`It must be a whole number of at least ${min}.`);
  };

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `90`, `90s`, `500ms`, `5m`, `1h`, in milliseconds; seconds when there is no unit. */
export const durationMs = (text: string): number => {
  const [, digits, unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(digits) * (unitMs[unit] ?? NaN);
  if (ms > 0 && ms <= Number.MAX_SAFE_INTEGER) return ms;
  throw new InvalidArgumentError("It must be a duration such as 90, 90s, 500ms, 5m or 1h.");
};

/** GiB in bytes. */
export const memoryBytes = (text: string): number => {
  const bytes = /^\d+(\.\d+)?$/.test(text) ? Math.floor(Number(text) * GIBIBYTE) : NaN;
  if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError("It must be a number of GiB greater than 0.");
};

export const workers = (text: string): number => {
  if (text === "auto") return Math.min(availableParallelism(), MAX_THREADS);
  const n = /^\d+$/.test(text) ? Number(text) : NaN;
  if (n >= 1 && n <= MAX_THREADS) return n;
  throw new InvalidArgumentError(`It must be auto or a whole number from 1 to ${MAX_THREADS}.`);
};

export type Assignments = Readonly<Record<string, string>>;

/** Collects repeated `name=value` options. */
export const assignment = (text: string, before: Assignments): Assignments => {
  const at = text.indexOf("=");
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || value === "") throw new InvalidArgumentError("It must have the form name=value.");
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`${name} is given twice.`);
  return { ...before, [name]: value };
};

export const collected = (text: string, before: readonly string[]): readonly string[] => [...before, text];

/** Throws LockstepError "constants" for a text that stands for no value; what the constant may be is the spec's to check. */
export const constantsOf = (given: Assignments): Constants =>
  Object.fromEntries(Object.entries(given).map(([name, text]) => [name, parseConstant(name, text)]));

const DUMP_FORMATS = ["dot"];

/** `--dump dot FILE` takes two words, as TLC's does; commander knows options of one or of any number, so the words are joined first. */
export const joinDump = (argv: readonly string[]): string[] => {
  const at = argv.indexOf("--dump");
  const [format, file] = [argv[at + 1], argv[at + 2]];
  if (at < 0 || format === undefined || !DUMP_FORMATS.includes(format)) return [...argv];
  if (file === undefined) throw new LockstepError("usage", `option --dump ${format}: the file is missing`);
  return [...argv.slice(0, at), `--dump=${format}:${file}`, ...argv.slice(at + 3)];
};

/** The file of a joined `--dump`. */
export const dumpFile = (text: string): string => {
  const [format = "", ...rest] = text.split(":");
  if (DUMP_FORMATS.includes(format) && rest.length > 0) return rest.join(":");
  throw new InvalidArgumentError(`It must be a format (${DUMP_FORMATS.join(", ")}) and a file, as in --dump dot graph.dot.`);
};

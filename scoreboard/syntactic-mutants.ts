/**
 * What Stryker has found out about the protocol modules of the engine. A whole run takes too long for every change, so its outcome
 * is committed (`syntactic-mutants.json`), module by module, with the hash of the module that it was measured on: a module that
 * has changed since, or a survivor that nobody has explained (`survivors.ts`), is told.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { mutatedSystems } from "./mutated-modules.ts";
import type { ExplainedSurvivors } from "./survivors.ts";

const Place = z.object({ line: z.number(), column: z.number() });
const Reported = z.object({
  replacement: z.string().optional(),
  status: z.enum(["Killed", "Survived", "NoCoverage", "Timeout", "CompileError", "RuntimeError", "Ignored", "Pending"]),
  location: z.object({ start: Place, end: Place }),
});
const MutationReport = z.object({ files: z.record(z.string(), z.object({ source: z.string(), mutants: z.array(Reported) })) });

/** A mutant that no test notices: the line in which it begins, and what becomes of a part of it. */
const Mutation = z.strictObject({ line: z.string(), mutation: z.string() });
const ModuleRecord = z.strictObject({
  /** SHA-256 of the module. */
  source: z.string(),
  killed: z.number(),
  /** Of those killed: by a test that did not end any more. */
  timedOut: z.number(),
  total: z.number(),
  survivors: z.array(Mutation),
});
export const MutantRecord = z.record(z.string(), ModuleRecord);
export type MutantRecord = z.infer<typeof MutantRecord>;

export const SyntacticMutants = z.strictObject({
  caught: z.number(),
  total: z.number(),
  files: z.record(z.string(), z.strictObject({ caught: z.number(), total: z.number() })),
  /** Modules whose mutants have never been run. */
  notRun: z.array(z.string()),
  survivors: z.array(Mutation.extend({ file: z.string(), reason: z.string() })),
});
export type SyntacticMutants = z.infer<typeof SyntacticMutants>;

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Texts of more than a line, or long ones, are cut. */
const shown = (text: string): string => {
  const whole = text.replaceAll(/\s+/g, " ").trim();
  return whole.length > 100 ? `${whole.slice(0, 99)}…` : whole;
};

const textAt = (lines: readonly string[], { start, end }: z.infer<typeof Reported>["location"]): string =>
  lines
    .slice(start.line - 1, end.line)
    .map((line, i, all) => line.slice(i === 0 ? start.column - 1 : 0, i === all.length - 1 ? end.column - 1 : undefined))
    .join("\n");

/** Per module what Stryker reports. Throws ZodError for what is no report, and what reading throws. */
export const recordOf = async (reportFile: string): Promise<MutantRecord> => {
  const { files } = MutationReport.parse(JSON.parse(await readFile(reportFile, "utf8")));
  const modules = Object.entries(files).map(([file, { source, mutants }]) => {
    const lines = source.split("\n");
    const having = (...statuses: readonly string[]): typeof mutants => mutants.filter((m) => statuses.includes(m.status));
    const survivors = having("Survived", "NoCoverage").map((m) => ({
      line: (lines[m.location.start.line - 1] ?? "").trim(),
      mutation: `${shown(textAt(lines, m.location))} => ${shown(m.replacement ?? "")}`,
    }));
    const killed = having("Killed", "Timeout").length;
    const timedOut = having("Timeout").length;
    return [file, { source: hashOf(source), killed, timedOut, total: killed + survivors.length, survivors }] as const;
  });
  return Object.fromEntries(modules);
};

/** The committed record. Throws ZodError, and what reading throws. */
export const readMutantRecord = async (recordFile: string): Promise<MutantRecord> =>
  MutantRecord.parse(JSON.parse(await readFile(recordFile, "utf8")));

/** Modules below a folder that have changed since their mutants were run; with the command that renews the record. */
export const staleModules = (folder: string, record: MutantRecord): readonly string[] =>
  Object.entries(mutatedSystems).flatMap(([system, { modules }]) =>
    modules
      .filter((file) => record[file] !== undefined && record[file].source !== hashOf(readFileSync(join(folder, file), "utf8")))
      .map((file) => `${file} has changed since its mutants were run: npm run mutants -- ${system}`),
  );

/** Survivors that nobody has explained. */
export const unexplained = (record: MutantRecord, explained: ExplainedSurvivors): readonly string[] =>
  survivorsOf(record)
    .filter((s) => reasonOf(explained, s) === undefined)
    .map((s) => `${s.file}: survives without an explanation in survivors.ts: ${s.line}: ${s.mutation}`);

/** Explanations of lines that are no longer in their module. */
export const outdated = (folder: string, explained: ExplainedSurvivors): readonly string[] =>
  Object.entries(explained).flatMap(([file, places]) => {
    const lines = readFileSync(join(folder, file), "utf8")
      .split("\n")
      .map((line) => line.trim());
    return places.filter((p) => !lines.includes(p.line)).map((p) => `${file}: survivors.ts explains a line that is not there: ${p.line}`);
  });

/** For the scoreboard. */
export const syntacticMutants = (record: MutantRecord, explained: ExplainedSurvivors): SyntacticMutants => {
  const modules = Object.entries(record);
  return {
    caught: modules.reduce((sum, [, { killed }]) => sum + killed, 0),
    total: modules.reduce((sum, [, { total }]) => sum + total, 0),
    files: Object.fromEntries(modules.map(([file, { killed, total }]) => [file, { caught: killed, total }])),
    notRun: Object.values(mutatedSystems).flatMap((system) => system.modules.filter((file) => record[file] === undefined)),
    survivors: survivorsOf(record).map((s) => ({ ...s, reason: reasonOf(explained, s) ?? "not explained" })),
  };
};

type Survivor = z.infer<typeof Mutation> & { readonly file: string };

const survivorsOf = (record: MutantRecord): readonly Survivor[] =>
  Object.entries(record).flatMap(([file, { survivors }]) => survivors.map((s) => ({ file, ...s })));

const reasonOf = (explained: ExplainedSurvivors, { file, line, mutation }: Survivor): string | undefined =>
  explained[file]?.find((place) => place.line === line && place.mutations.includes(mutation))?.reason;

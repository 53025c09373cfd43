import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mutatedSystems } from "./mutated-modules.ts";
import { outdated, recordOf, staleModules, syntacticMutants, unexplained } from "./syntactic-mutants.ts";
import type { MutantRecord } from "./syntactic-mutants.ts";

const source = "const f = (a) => {\n  return a <= 1 ? 2 : 3;\n};\n";
const on = (line: number, from: number, to: number, endLine = line) => ({
  location: { start: { line, column: from }, end: { line: endLine, column: to } },
});
const mutants = [
  { status: "Killed", replacement: "a < 1", ...on(2, 10, 16) },
  { status: "Timeout", replacement: "true", ...on(2, 10, 16) },
  { status: "Survived", replacement: "a >= 1", ...on(2, 10, 16) },
  { status: "NoCoverage", replacement: "{}", ...on(1, 18, 2, 3) },
  { status: "Ignored", replacement: "", ...on(1, 1, 2) },
  { status: "CompileError", replacement: "", ...on(1, 1, 2) },
];
const survivor = { line: "return a <= 1 ? 2 : 3;", mutation: "a <= 1 => a >= 1" };
const uncovered = { line: "const f = (a) => {", mutation: "{ return a <= 1 ? 2 : 3; } => {}" };

describe("a report of Stryker", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mutants-"));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const record = async (): Promise<MutantRecord> => {
    const file = join(folder, "report.json");
    await writeFile(file, JSON.stringify({ files: { "f.ts": { source, mutants } } }));
    return recordOf(file);
  };

  it("is counted: what did not end is caught, what no test reaches survives, what was not run does not count", async () => {
    expect(await record()).toMatchObject({ "f.ts": { killed: 2, timedOut: 1, total: 4, survivors: [survivor, uncovered] } });
  });

  it("needs an explanation of each survivor, of a line that is there", async () => {
    const of = await record();
    expect(unexplained(of, {})).toHaveLength(2);
    const place = { line: survivor.line, mutations: [survivor.mutation], reason: "equal" };
    expect(unexplained(of, { "f.ts": [place] })).toEqual([expect.stringContaining(uncovered.mutation)]);
    const both = { "f.ts": [place, { line: uncovered.line, mutations: [uncovered.mutation], reason: "never called" }] };
    expect(unexplained(of, both)).toEqual([]);
    expect(syntacticMutants(of, both)).toMatchObject({ caught: 2, total: 4, survivors: [{ reason: "equal" }, { reason: "never called" }] });
    await writeFile(join(folder, "f.ts"), source);
    expect(outdated(folder, both)).toEqual([]);
    await writeFile(join(folder, "f.ts"), source.replace("<=", "<"));
    expect(outdated(folder, both)).toEqual([expect.stringContaining(survivor.line)]);
  });

  it("holds for the text that was mutated only", () => {
    const root = join(import.meta.dirname, "..");
    const [module = ""] = mutatedSystems["replication"]?.modules ?? [];
    const of = { [module]: { source: "of another text", killed: 1, timedOut: 0, total: 1, survivors: [] } };
    expect(staleModules(root, of)).toEqual([`${module} has changed since its mutants were run: npm run mutants -- replication`]);
  });

  it("that does not exist yet is told of each module", () => {
    const modules = Object.values(mutatedSystems).flatMap((system) => system.modules);
    expect(syntacticMutants({}, {})).toMatchObject({ caught: 0, total: 0, notRun: modules });
  });
});

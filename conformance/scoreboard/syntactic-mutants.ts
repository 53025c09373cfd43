/**
 * What Stryker has found out about the protocol modules of the engine: its report, counted, with the survivors. The report is made
 * from sources; their hash says whether it still fits.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const MutationReport = z.object({
  files: z.record(
    z.string(),
    z.object({
      mutants: z.array(
        z.object({
          mutatorName: z.string(),
          replacement: z.string().optional(),
          status: z.enum(["Killed", "Survived", "NoCoverage", "Timeout", "CompileError", "RuntimeError", "Ignored", "Pending"]),
          location: z.object({ start: z.object({ line: z.number() }) }),
        }),
      ),
    }),
  ),
});

export const Survivor = z.strictObject({ file: z.string(), line: z.number(), mutator: z.string(), replacement: z.string() });
export const SyntacticMutants = z.strictObject({
  caught: z.number(),
  total: z.number(),
  files: z.record(z.string(), z.strictObject({ caught: z.number(), total: z.number() })),
  survivors: z.array(Survivor),
  /** SHA-256 over the mutated files. */
  sources: z.string(),
});
export type SyntacticMutants = z.infer<typeof SyntacticMutants>;

/** Of files below a folder. Throws what reading throws. */
export const sourcesHash = async (folder: string, files: readonly string[]): Promise<string> => {
  const hash = createHash("sha256");
  for (const file of [...files].sort()) hash.update(`${file}\n`).update(await readFile(join(folder, file)));
  return hash.digest("hex");
};

/** Throws ZodError for what is no report of Stryker. */
export const syntacticMutants = async (folder: string, reportFile: string): Promise<SyntacticMutants> => {
  const { files } = MutationReport.parse(JSON.parse(await readFile(reportFile, "utf8")));
  const isJudged = (status: string): boolean => !["CompileError", "RuntimeError", "Ignored", "Pending"].includes(status);
  const isCaught = (status: string): boolean => status === "Killed" || status === "Timeout";
  const counts = Object.entries(files).map(([file, { mutants }]) => {
    const judged = mutants.filter((m) => isJudged(m.status));
    return [file, { caught: judged.filter((m) => isCaught(m.status)).length, total: judged.length }] as const;
  });
  const survivors = Object.entries(files).flatMap(([file, { mutants }]) =>
    mutants
      .filter((m) => isJudged(m.status) && !isCaught(m.status))
      .map((m) => ({ file, line: m.location.start.line, mutator: m.mutatorName, replacement: (m.replacement ?? "").slice(0, 80) })),
  );
  return {
    caught: counts.reduce((sum, [, c]) => sum + c.caught, 0),
    total: counts.reduce((sum, [, c]) => sum + c.total, 0),
    files: Object.fromEntries(counts),
    survivors,
    sources: await sourcesHash(folder, Object.keys(files)),
  };
};

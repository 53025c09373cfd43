/**
 * `npm run mutants [-- SYSTEM…]`: runs Stryker over the protocol modules of the systems, all of them by default, and takes the
 * outcome into the committed record. Mutants whose module and tests are as they were in the last run are not run again.
 */
import { spawnSync } from "node:child_process";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { mutatedSystem, mutatedSystems } from "./mutated-modules.ts";
import { readMutantRecord, recordOf } from "./syntactic-mutants.ts";
import type { MutantRecord } from "./syntactic-mutants.ts";

const folder = fileURLToPath(new URL("../", import.meta.url));
const recordFile = `${folder}scoreboard/syntactic-mutants.json`;
const stryker = fileURLToPath(import.meta.resolve("@stryker-mutator/core/package.json")).replace("package.json", "bin/stryker.js");

/** What comes out for one system. Throws an Error when Stryker fails, for instance because a test fails without any mutant. */
const run = (name: string): Promise<MutantRecord> => {
  const { modules } = mutatedSystem(name);
  const report = `${folder}.lockstep/mutants-of-${name}.json`;
  const { status } = spawnSync(
    process.execPath,
    [stryker, "run", "--mutate", modules.join(","), "--incremental", "--incrementalFile", report],
    { cwd: folder, stdio: "inherit", env: { ...process.env, LOCKSTEP_MUTANTS_OF: name } },
  );
  if (status !== 0) throw new Error(`Stryker failed on the modules of ${name}, exit code ${String(status)}: see its output.`);
  return recordOf(report);
};

const { positionals } = parseArgs({ allowPositionals: true });
const names = positionals.length === 0 ? Object.keys(mutatedSystems) : positionals;
const unknown = names.find((name) => mutatedSystems[name] === undefined);
if (unknown !== undefined) {
  process.stderr.write(`There is no system ${JSON.stringify(unknown)}: the systems are ${Object.keys(mutatedSystems).join(", ")}.\n`);
  process.exit(255);
}
for (const name of names) {
  const fresh = await run(name);
  const known = existsSync(recordFile) ? await readMutantRecord(recordFile) : {};
  const wanted = Object.values(mutatedSystems).flatMap(({ modules }) => modules);
  const all: MutantRecord = { ...known, ...fresh };
  const record = Object.fromEntries(wanted.flatMap((file) => (all[file] === undefined ? [] : [[file, all[file]]])));
  writeFileSync(`${recordFile}.tmp`, `${JSON.stringify(record, undefined, 2)}\n`);
  renameSync(`${recordFile}.tmp`, recordFile);
}

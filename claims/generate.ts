/**
 * `npm run claims`: runs every search of every claims table and, if all come out as the tables say, writes the tables
 * into specs/SYSTEM/NOTES.md. `-- SYSTEM` does so for one system.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readWhole, writeWhole } from "../cli/files.ts";
import { fault } from "./decide.ts";
import { withClaims } from "./notes.ts";
import { tables } from "./tables.ts";

const LIMIT_MEBIBYTES = 16;
const root = fileURLToPath(new URL("..", import.meta.url));
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const only = process.argv[2];
for (const table of tables) {
  if (only !== undefined && table.system !== only) continue;
  for (const { claim, checks } of table.claims)
    for (const check of checks) {
      const wrong = await fault(check);
      if (wrong === undefined) continue;
      say(`${table.system}: "${claim}": ${wrong}`);
      process.exitCode = 1;
    }
  if (process.exitCode === 1) continue;
  const file = join(root, "specs", table.system, "NOTES.md");
  await writeWhole(file, withClaims(await readWhole(file, LIMIT_MEBIBYTES), table));
  say(`${table.system}: ${String(table.claims.length)} claims`);
}

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { readmeCommands } from "./readme-commands.ts";

const repository = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "lockstep-readme-"));
// The copy is of thousands of files: on a busy machine they take longer than a hook may.
afterAll(() => rmSync(folder, { recursive: true }), 60_000);

/** What a clone would hold, with what is not committed yet. */
const copyRepository = (): void => {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: repository,
    encoding: "utf8",
  });
  for (const file of listed.split("\0")) {
    if (file !== "" && existsSync(join(repository, file))) cpSync(join(repository, file), join(folder, file));
  }
};

/**
 * One shell for all of them, with job control as where a reader types them, so that `kill %1` reaches all of a job's
 * processes; what is still in the background at the end is ended.
 */
const script = (commands: readonly string[]): string =>
  [
    "set -m",
    "trap 'for job in $(jobs -p); do kill -- -$job; done' EXIT",
    ...commands.flatMap((text, i) => [`echo "== ${String(i)}" >&2`, text, `echo "ended ${String(i)} $?" >> ended.log`]),
    "wait",
  ].join("\n");

it("the README's commands all run as they stand, from top to bottom, in a copy of the repository", async () => {
  copyRepository();
  const commands = readmeCommands();
  writeFileSync(join(folder, "readme.log"), script(commands.map((c) => c.text)));
  const child = spawn("bash", ["readme.log"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stdout.resume();
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  await once(child, "close");
  const ended = execFileSync("cat", [join(folder, "ended.log")], { encoding: "utf8" });
  const codes = [...ended.matchAll(/^ended (\d+) (\d+)$/gm)].map(([, i, code]) => ({
    text: commands[Number(i)]?.text,
    exitCode: Number(code),
  }));
  expect(codes, errors).toEqual(commands);
  expect(errors).not.toMatch(/^lockstep: /m);
});

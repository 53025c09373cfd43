/**
 * The command of each lesson writes the very trace that is committed. In a file of its own: a process that has searched
 * large models has reserved so much memory that the system may refuse to let it start others.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { counterexamples } from "./collections.ts";
import { commandArguments, itfFile } from "./produce.ts";

const committed = (file: string): string => readFileSync(new URL(file, import.meta.url), "utf8");

it.each(counterexamples.filter((c) => c.name !== "lazy-2"))("$name: the command of the lesson writes the same file", (c) => {
  const file = join(tmpdir(), `lockstep-${String(process.pid)}-${itfFile(c).replaceAll("/", "-")}`);
  const root = new URL("..", import.meta.url);
  try {
    execFileSync(process.execPath, ["cli/lockstep.js", ...commandArguments(c, file)], { cwd: root, stdio: "ignore" });
  } catch {
    // The exit code of a violated invariant is 12.
  }
  const written = readFileSync(file, "utf8");
  rmSync(file);
  expect(written).toBe(committed(itfFile(c)));
});

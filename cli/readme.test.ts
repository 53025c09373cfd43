import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { exitCodes } from "./exit-codes.ts";
import { runHere } from "./lockstep-process.ts";
import { readme as textOf, readmeCommands } from "./readme-commands.ts";

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const readme = textOf();
const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read("package.json")));

describe("the README", () => {
  it("documents every exit code", () => {
    for (const code of Object.values(exitCodes)) expect(readme).toMatch(new RegExp(`\\| +${code} \\|`));
  });
  it("names only scripts that exist", () => {
    const named = [...readme.matchAll(/npm run (?:-s )?([\w:-]+)/g)].map((m) => m[1] ?? "");
    expect(named.length).toBeGreaterThan(0);
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });
  it("shows only commands and options that exist", async () => {
    const examples = readmeCommands().flatMap((c) => [...c.text.matchAll(/^npm run -s lockstep -- (\w+)(.*)$/g)]);
    expect(examples.length).toBeGreaterThan(0);
    for (const [line, command = "", rest = ""] of examples) {
      const help = (await runHere([command, "--help"])).out;
      for (const [option] of rest.matchAll(/--[\w-]+/g)) expect(help, line).toContain(option);
    }
  });
  it("shows commands that find what they say and read what was written before; the longer ones run in the exhaustive test", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lockstep-readme-"));
    const examples = readmeCommands().filter((c) => /^npm run -s lockstep -- (check|show) /.test(c.text));
    expect(examples.length).toBeGreaterThanOrEqual(3);
    for (const { text, exitCode } of examples) {
      const words = text
        .replace(/^npm run -s lockstep -- /, "")
        .replace(/#.*/, "")
        .trim()
        .split(" ");
      const ran = await runHere(words.filter((w) => w !== "").map((w) => (w.endsWith(".itf.json") ? join(folder, w) : w)));
      expect({ text, exitCode: ran.code }, ran.err).toEqual({ text, exitCode });
      expect(ran.err).not.toContain("lockstep: ");
    }
    rmSync(folder, { recursive: true });
  });
});

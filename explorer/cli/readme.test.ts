import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { exitCodes } from "./exit-codes.ts";
import { runHere } from "./lockstep-process.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const readme = read("README.md");
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
    const examples = [...readme.matchAll(/^npm run -s lockstep -- (\w+)(.*)$/gm)];
    expect(examples.length).toBeGreaterThan(0);
    for (const [line, command = "", rest = ""] of examples) {
      const help = (await runHere([command, "--help"])).out;
      for (const [option] of rest.matchAll(/--[\w-]+/g)) expect(help, line).toContain(option);
    }
  });
});

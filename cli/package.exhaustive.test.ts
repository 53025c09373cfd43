/** A project of somebody else's, with the packed package: it tests its own engine against its own spec. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const example = fileURLToPath(new URL("fixtures/example-project", import.meta.url));
const { devDependencies } = z
  .object({ devDependencies: z.object({ vitest: z.string(), typescript: z.string() }) })
  .parse(JSON.parse(await readFile(join(root, "package.json"), "utf8")));

const project = await mkdtemp(join(tmpdir(), "lockstep-example-"));

describe("a project that has the packed package", () => {
  beforeAll(async () => {
    await cp(example, project, { recursive: true });
    await run("npm", ["pack", "--pack-destination", project], { cwd: root });
    const packed = (await readdir(project)).find((file) => file.endsWith(".tgz"));
    if (packed === undefined) throw new Error("npm pack has made no package");
    const versions = [`vitest@${devDependencies.vitest}`, `typescript@${devDependencies.typescript}`];
    await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", join(project, packed), ...versions], { cwd: project });
  }, 300_000);
  afterAll(() => rm(project, { recursive: true, force: true }));

  it("has the types", async () => {
    await run("npx", ["tsc", "-p", "."], { cwd: project });
  }, 120_000);
  it("checks a spec in which collections lie inside of values", async () => {
    const { stdout } = await run("npx", ["lockstep", "check", "--spec", "nested-sets.ts", "--allow-deadlock"], { cwd: project });
    expect(stdout).toMatch(/nested-sets: holds\.\n5 states generated, 4 distinct/);
  }, 120_000);
  it("names its own models in its own configuration", async () => {
    const config = `import { defineConfig } from "lockstep/config";
import spec from "./nested-sets.ts";
export default defineConfig({ models: [{ name: "mine", system: "mine", title: "Mine", spec, allowDeadlock: true, expected: { verdict: "holds" } }] });
`;
    await writeFile(join(project, "lockstep.config.ts"), config);
    await run("npx", ["tsc", "-p", "."], { cwd: project });
    const { stdout } = await run("npx", ["lockstep", "check", "mine", "--allow-deadlock"], { cwd: project });
    expect(stdout).toMatch(/nested-sets: holds\.|mine: holds\./);
  }, 120_000);
  it("has nothing of the engine of this repository", async () => {
    const installed = await readdir(join(project, "node_modules"));
    expect(installed).toContain("lockstep");
    expect(installed.filter((name) => ["classic-level", "usearch", "@msgpack"].includes(name))).toEqual([]);
    const packed = await readdir(join(project, "node_modules", "lockstep"));
    expect(packed.filter((name) => ["engine", "bindings", "models", "lockstep.config.ts"].includes(name))).toEqual([]);
  });
  it("tests its engine, and finds out a careless one", async () => {
    const { stdout } = await run("npx", ["vitest", "run", "--reporter=json"], { cwd: project });
    const report = z.object({ numPassedTests: z.number(), numTotalTests: z.number() }).parse(JSON.parse(stdout.slice(stdout.indexOf("{"))));
    expect(report).toEqual({ numPassedTests: 2, numTotalTests: 2 });
  }, 120_000);
});

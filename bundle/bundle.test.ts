import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));
const run = promisify(execFile);
let project: string;
const write = (file: string, text: string): void => writeFileSync(join(project, file), text);
const output = async (): Promise<string> => (await run(process.execPath, [join(project, "program.js")])).stdout.trim();
const kept = (): readonly string[] => readdirSync(join(project, ".lockstep", "example"));

const greeting = (word: string): string => `// A comment, so that lines move.
export const greet = (name: string): string => "${word}, " + name;
export const place = (): string => /greeting.[jt]s:\\d+/.exec(new Error().stack ?? "")?.[0] ?? "nowhere";
export const folder = import.meta.url.split("/").at(-2);
`;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "lockstep-bundle-"));
  for (const folder of ["bundle", "src", "users"]) mkdirSync(join(project, folder));
  for (const file of ["bundle.js", "typescript-modules.js"]) cpSync(join(here, file), join(project, "bundle", file));
  symlinkSync(join(here, "..", "node_modules"), join(project, "node_modules"));
  write("package.json", JSON.stringify({ type: "module" }));
  write("src/greeting.ts", greeting("Hello"));
  write(
    "src/main.ts",
    `import { folder, greet, place } from "./greeting.ts";\nexport const main = () => [greet("you"), place(), folder].join(" ");`,
  );
  write("users/own.ts", `import { greet } from "../src/greeting.ts";\nexport const theirs: unknown = greet;`);
  write(
    "program.js",
    `import { loadTypeScript, program } from "./bundle/bundle.js";
const load = await program("example", ["src"], { main: "src/main.ts", greeting: "src/greeting.ts" });
const { main } = await load("main");
await Promise.all([loadTypeScript(), loadTypeScript()]);
const { theirs } = await import("./users/own.ts");
console.log(main(), theirs === (await load("greeting")).greet);`,
  );
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

const right = "Hello, you greeting.ts:3 src true";

it("runs, names places in the sources, and what is loaded beside it has no second copy", async () => {
  expect(await output()).toBe(right);
  expect(kept()).toHaveLength(1);
  expect(await output()).toBe(right);
  expect(kept()).toHaveLength(1);
});

it("is made anew when a source has changed", async () => {
  expect(await output()).toBe(right);
  write("src/greeting.ts", greeting("Welcome"));
  expect(await output()).toBe("Welcome, you greeting.ts:3 src true");
});

it("runs from the sources where nothing can be kept", async () => {
  write(".lockstep", "a file, so that no folder can be made");
  expect(await output()).toBe(right);
});

it("may be made by several processes at once", async () => {
  const all = await Promise.all(Array.from({ length: 4 }, output));
  expect(new Set(all)).toEqual(new Set([right]));
  expect(kept()).toHaveLength(1);
});

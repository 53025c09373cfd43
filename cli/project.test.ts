import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { fixture } from "./lockstep-process.ts";
import { configNames, findConfig, Project, projectOf } from "./project.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "lockstep-project-")));
afterAll(() => rmSync(root, { recursive: true }));

const program = fileURLToPath(new URL("./lockstep.js", import.meta.url));
const lockstepIn = (folder: string, ...words: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...words], { cwd: folder }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });

/** A folder with these files. */
const folderWith = (name: string, files: Readonly<Record<string, string>>): string => {
  const folder = join(root, name);
  mkdirSync(join(folder, "deep", "er"), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return folder;
};

const counter = JSON.stringify(pathToFileURL(fixture("counter")).href);
const models = `import * as module from ${counter};
const spec = Object.values(module).find((x) => typeof x === "object");
const loose = { label: "loose", design: { guard: "loose" }, expected: { verdict: "violated", property: "WithinLimit", length: 5 } };
const strict = { label: "strict", design: { guard: "strict" }, expected: { verdict: "holds" } };
export const one = { name: "mine/one", system: "mine", title: "One", spec, expected: { verdict: "holds" }, variants: [strict, loose] };
export const two = { ...one, name: "mine/two", constants: { limit: 2 }, variants: undefined };
`;
const config = 'import { one, two } from "./models.ts";\nexport default { models: [one, two] };\n';
const mine = folderWith("mine", { "models.ts": models, "lockstep.config.ts": config });

describe("a project of somebody else's", () => {
  it("is found upwards", () => {
    expect(findConfig(join(mine, "deep", "er"))).toBe(join(mine, "lockstep.config.ts"));
    expect(configNames).toContain("lockstep.config.js");
    expect(findConfig(root)).toBeUndefined();
  });
  it("has its own models and none of ours", async () => {
    const { out } = await lockstepIn(join(mine, "deep"), "list", "--json");
    expect((JSON.parse(out) as { model: string }[]).map((m) => m.model)).toEqual(["mine/one", "mine/two"]);
  });
  it("is checked, in the thread of the search, too", async () => {
    const ran = await lockstepIn(mine, "check", "mine/one", "--design", "guard=loose", "--json");
    expect(ran.code).toBe(12);
    expect(JSON.parse(ran.out)).toMatchObject({ verdict: "violated", violation: { property: "WithinLimit", length: 5 } });
  });
  it("has its designs compared", async () => {
    const ran = await lockstepIn(mine, "compare", "mine/one");
    expect(ran.code).toBe(0);
    expect(ran.out).toContain("2 of 2 came out as expected");
  });
  it("is toured with its spec as the engine, and has no other", async () => {
    expect(await lockstepIn(mine, "tour", "mine/one", "--engine", "spec")).toMatchObject({ code: 0 });
    const ran = await lockstepIn(mine, "tour", "mine/one", "--engine", "production");
    expect(ran).toMatchObject({ code: 1, err: expect.stringContaining("the project has no engines") as string });
  });
  it("is told the likely name", async () => {
    const { code, err } = await lockstepIn(mine, "check", "mine/on");
    expect([code, err]).toEqual([150, expect.stringContaining("did you mean mine/one? The models are mine/one, mine/two")]);
  });
});

describe("a file without a project", () => {
  it("is checked by its name alone", async () => {
    const ran = await lockstepIn(root, "check", fixture("counter"));
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining("counter: holds.") as string });
  });
  it("may have several models, of which one is named", async () => {
    const file = join("mine", "models.ts");
    const several = await lockstepIn(root, "check", file);
    expect([several.code, several.err]).toEqual([1, expect.stringContaining(`name one: ${file}#mine/one, ${file}#mine/two`)]);
    const named = await lockstepIn(root, "check", `${file}#mine/two`);
    expect([named.code, named.out]).toEqual([0, expect.stringContaining("limit=2")]);
    const compared = await lockstepIn(root, "compare", file);
    expect([compared.code, compared.out]).toEqual([0, expect.stringContaining("3 of 3 came out as expected")]);
  });
  it("needs no project, but a model does", async () => {
    const { code, err } = await lockstepIn(root, "check", "counter");
    expect([code, err]).toEqual([150, expect.stringContaining("no lockstep.config.ts here or above")]);
  });
});

describe("a configuration that makes no sense", () => {
  it.each([
    ["no-default", "export const models = [];", "the default export is not what defineConfig"],
    ["no-models", "export default {};", "models is no list of models"],
    ["no-model", "export default { models: [{ name: 1 }] };", "models[0] is no model"],
    ["misspelt", "export default { models: [], engine: {} };", "there is no part engine; the parts are models, engines, mappings"],
    ["no-function", "export default { models: [], engines: { a: 1 } };", "engines.a is no function"],
    ["broken", "export default {", "does not load"],
    ["twice", `${models.replace("mine/two", "mine/one")}\nexport default { models: [one, two] };`, "two models have the name mine/one"],
  ])("is refused: %s", async (name, text, message) => {
    const folder = folderWith(name, { "lockstep.config.ts": text });
    const { code, err } = await lockstepIn(folder, "list");
    expect([code, err]).toEqual([150, expect.stringContaining(message)]);
    expect(err).toContain("lockstep.config.ts");
  });
});

describe("mappings", () => {
  const of = (...systems: string[]): Project =>
    new Project({
      models: [],
      mappings: Object.fromEntries(
        systems.map((system) => [
          system,
          () => ({
            system,
            forLogs: () => {
              throw new Error("not asked for");
            },
          }),
        ]),
      ),
    });
  it("need no name where there is one", async () => {
    expect((await of("a").mapping(undefined)).system).toBe("a");
    expect((await of("a", "b").mapping("b")).system).toBe("b");
    await expect(of("a", "b").mapping(undefined)).rejects.toThrow("say with --system whose logs they are: a, b");
    await expect(of("a").mapping("toString")).rejects.toThrow("logs of toString cannot be read; those of a can");
    await expect(of().mapping(undefined)).rejects.toThrow("no mappings");
  });
  it("of this repository are those of its own project", async () => {
    expect((await (await projectOf()).mapping(undefined)).system).toBe("viewstamped-replication");
  });
});

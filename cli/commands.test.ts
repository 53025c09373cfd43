import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { fixture, runHere, runLockstep } from "./lockstep-process.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-commands-"));
afterAll(() => rmSync(folder, { recursive: true }));

const counts = z.strictObject({ generated: z.int(), distinct: z.int() });
const itf = z.looseObject({
  "#meta": z.looseObject({ format: z.literal("ITF") }),
  vars: z.array(z.string()),
  states: z.array(z.unknown()),
});
/** The documented fields, and no others. */
const checked = z.strictObject({
  model: z.string(),
  design: z.record(z.string(), z.union([z.string(), z.boolean()])),
  constants: z.record(z.string(), z.int()),
  verdict: z.enum(["holds", "violated", "inconclusive"]),
  generated: z.int(),
  distinct: z.int(),
  depth: z.int(),
  actions: z.record(z.string(), counts),
  violation: z.strictObject({ property: z.string(), length: z.int(), trace: itf }).optional(),
  seconds: z.number(),
  statesPerSecond: z.number(),
  bytesPerState: z.number(),
  workers: z.int(),
  symmetry: z.boolean(),
  reductions: z.boolean(),
  audit: z.looseObject({ purity: z.strictObject({ runs: z.int(), checked: z.int() }) }),
  bound: z.looseObject({ kind: z.string() }).optional(),
});

const check = (name: string, ...more: readonly string[]) => runHere(["check", "--spec", fixture(name), ...more]);
const json = async (name: string, more: readonly string[], run = runHere) => {
  const ran = await run(["check", "--spec", fixture(name), ...more, "--json"]);
  return { code: ran.code, result: checked.parse(JSON.parse(ran.out)) };
};

describe("check", () => {
  it("exits 0 when every property holds, and says so with its bounds", async () => {
    const ran = await runLockstep(["check", "--spec", fixture("counter")]);
    expect(ran.code).toBe(0);
    expect(ran.out).toContain("counter: holds.");
    expect(ran.out).toContain("7 states generated, 4 distinct states found, 0 states left on queue.");
    expect(ran.out).toContain("Constants: limit=3. Design: guard=strict.");
    expect(ran.out).toContain("Collision probability 0");
    expect(ran.out).not.toMatch(/verified/i);
    expect(ran.err).toMatch(/^Progress\(4\) at .+ 0 states left on queue\.\n$/);
  });
  it("prints a line that repeats the run", async () => {
    const first = await check("counter", "--design", "guard=loose", "--const", "limit=2");
    const repeat = /^Repeat: npm run -s lockstep -- (.+)$/m.exec(first.out)?.[1]?.split(" ") ?? [];
    const second = await runHere(repeat);
    const untimed = (text: string): string => text.replace(/^.* states\/s.*$/m, "");
    expect(second.code).toBe(12);
    expect(untimed(second.out)).toBe(untimed(first.out));
  });
  it.each([
    { name: "deadlock", more: [], code: 11, verdict: "violated" },
    { name: "deadlock", more: ["--allow-deadlock"], code: 0, verdict: "holds" },
    { name: "counter", more: ["--design", "guard=loose"], code: 12, verdict: "violated" },
    { name: "action-property", more: [], code: 13, verdict: "violated" },
    { name: "action-property", more: ["--property", "NeverDecreases"], code: 13, verdict: "violated" },
    { name: "unreached-witness", more: [], code: 10, verdict: undefined },
    { name: "endless", more: ["--max-depth", "3"], code: 3, verdict: "inconclusive" },
    { name: "endless", more: ["--max-states", "100"], code: 3, verdict: "inconclusive" },
    { name: "endless", more: ["--max-memory", "0.001"], code: 4, verdict: "inconclusive" },
    { name: "endless", more: ["--timeout", "200ms"], code: 3, verdict: "inconclusive" },
  ])("$name $more exits $code", async ({ name, more, code, verdict }) => {
    const ran = await json(name, more);
    expect(ran.code).toBe(code);
    if (verdict !== undefined) expect(ran.result.verdict).toBe(verdict);
  });
  it("gives the shortest trace as an ITF object in its JSON", async () => {
    const { code, result } = await json("counter", ["--design", "guard=loose"], runLockstep);
    expect(code).toBe(12);
    expect(result.violation).toMatchObject({ property: "WithinLimit", length: 5 });
    expect(result.violation?.trace.states).toHaveLength(5);
    expect(result.actions["Increment"]?.generated).toBeGreaterThan(0);
  });
  it("counts per action with --coverage", async () => {
    expect((await check("counter", "--coverage")).out).toMatch(/^Increment +3 +3$/m);
  });
});

describe("--spec", () => {
  it("takes a file from anywhere, and what that imports", async () => {
    const language = new URL("../specs/language/index.ts", import.meta.url).href;
    writeFileSync(join(folder, "bound.ts"), "export const bound: number = 1;");
    const text = `import { int, system } from "${language}";
      import { bound } from "./bound.ts";
      const toggle = system({ name: "outside", variables: { n: int(0, bound) } });
      const Toggle = toggle.action({}, { then: ({ now, next }) => { next.n = 1 - now.n; } });
      export const outside = toggle.spec({ init: () => ({ n: 0 }), actions: { Toggle } });`;
    writeFileSync(join(folder, "outside.ts"), text);
    const ran = await runHere(["check", "--spec", join(folder, "outside.ts")]);
    expect(ran.out).toContain("outside: holds.");
    for (const name of ["bound.ts", "outside.ts"]) rmSync(join(folder, name));
  });
});

describe("traces on their way out and in", () => {
  const file = join(folder, "trace.itf.json");
  it("are the same bytes on standard output and in a file, and show prints them again", async () => {
    const words = ["--design", "guard=loose", "--out-itf"];
    const direct = await check("counter", ...words, "-");
    const intoFile = await check("counter", ...words, file);
    expect(readFileSync(file, "utf8")).toBe(direct.out);
    expect(readdirSync(folder)).toEqual(["trace.itf.json"]);
    const shown = await runHere(["show", file, "--spec", fixture("counter")]);
    expect(shown.code).toBe(0);
    // All but what only the search can say of the trace.
    expect(intoFile.out).toContain(shown.out.slice(0, shown.out.indexOf("The file says")));
    expect(shown.out).toMatch(/^State 2: <Increment .*counter\.ts:\d+>$/m);
  });
  it.each([
    { form: "--mermaid", text: "sequenceDiagram" },
    { form: "--markdown", text: "# counter: WithinLimit" },
    { form: "--space-time", text: "✗ WithinLimit is violated" },
  ])("show $form", async ({ form, text }) => {
    expect((await runHere(["show", file, "--spec", fixture("counter"), form])).out).toContain(text);
  });
  it("show --diff aligns two of them", async () => {
    const ran = await runHere(["show", file, "--spec", fixture("counter"), "--diff", file]);
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/^2 Increment +[=] 2 Increment$/m);
  });
  it("a state graph has every state and step", async () => {
    const graph = join(folder, "graph.dot");
    await check("counter", "--dump", "dot", graph);
    const lines = readFileSync(graph, "utf8").split("\n");
    expect(lines.filter((line) => line.includes("->"))).toHaveLength(6);
    expect(lines.filter((line) => /^ {2}\d+ \[/.test(line))).toHaveLength(4);
  });
});

describe("simulate", () => {
  it("finds a violation, repeats it from the printed line, and never says that it holds", async () => {
    const first = await runHere(["simulate", "--spec", fixture("counter"), "--design", "guard=loose", "--seed", "1"]);
    expect(first.code).toBe(12);
    const repeat = /^Repeat: npm run -s lockstep -- (.+)$/m.exec(first.out)?.[1]?.split(" ") ?? [];
    const second = await runHere(repeat);
    expect(second.out.split("\n\n").slice(1)).toEqual(first.out.split("\n\n").slice(1));
    expect((await runHere(["simulate", "--spec", fixture("counter"), "--max-samples", "20"])).code).toBe(3);
  });
});

describe("Ctrl-C", () => {
  it.each([
    { command: "check", words: [], counted: /[1-9]\d* states generated/ },
    { command: "simulate", words: ["--max-samples", "1000000000"], counted: /[1-9]\d* walks/ },
  ])("ends $command with what it reached: exit 3", async ({ command, words, counted }) => {
    const signal = { name: "SIGINT", after: "\n" } as const;
    const ran = await runLockstep([command, "--spec", fixture("endless"), ...words], { signal });
    expect(ran.out).toContain("interrupted from the keyboard");
    expect(ran.out).toMatch(counted);
    expect(ran.code).toBe(3);
  });
});

describe("list and compare", () => {
  it("list --json describes every model", async () => {
    const entry = z.strictObject({
      model: z.string(),
      system: z.string(),
      constants: z.record(z.string(), z.strictObject({ default: z.int(), min: z.int(), max: z.int() })),
      design: z.record(
        z.string(),
        z.strictObject({ default: z.union([z.string(), z.boolean()]), choices: z.array(z.union([z.string(), z.boolean()])) }),
      ),
      properties: z.array(z.string()),
      expected: z.looseObject({ verdict: z.enum(["holds", "violated"]) }),
    });
    const ran = await runHere(["list", "--json"]);
    const models = z.array(entry).parse(JSON.parse(ran.out));
    expect(models.map((m) => m.model)).toContain("two-phase-commit");
    expect(ran.err).toBe("");
  });
  it("compare takes several models and gives an array of results", async () => {
    const ran = await runHere(["compare", "two-phase-commit", "--json"]);
    const results = z.array(z.looseObject({ label: z.string(), asExpected: z.boolean(), verdict: z.string() })).parse(JSON.parse(ran.out));
    expect(results.length).toBeGreaterThan(0);
    expect(ran.code).toBe(0);
  });
});

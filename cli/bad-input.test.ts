import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixture, runHere, runLockstep } from "./lockstep-process.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-bad-input-"));
afterAll(() => rmSync(folder, { recursive: true }));
const inFolder = (name: string): string => join(folder, name);

/** Whatever is wrong: the documented code, one line that names the place, nothing on standard output. */
const refused = async (words: readonly string[], code: number, place: string, run = runHere): Promise<void> => {
  const ran = await run(words);
  expect(ran.err).toContain(place);
  expect(ran.err).toMatch(/^lockstep: [^\n]+\n$/);
  expect(ran.out).toMatch(/^$|the spec is at fault in/);
  expect(ran.code).toBe(code);
};

const check = (name: string, ...more: readonly string[]): readonly string[] => ["check", "--spec", fixture(name), ...more];

describe("a command line that makes no sense", () => {
  it.each([
    { what: "no command", words: [], code: 1, place: "name a command" },
    { what: "an unknown command", words: ["frobnicate"], code: 1, place: "frobnicate" },
    { what: "an unknown option", words: ["check", "m", "--frobnicate"], code: 1, place: "--frobnicate" },
    { what: "a bound that is no number", words: ["check", "m", "--max-depth", "deep"], code: 1, place: "--max-depth" },
    { what: "a bound of nothing", words: ["check", "m", "--max-states", "0"], code: 1, place: "--max-states" },
    { what: "too many workers", words: ["check", "m", "--workers", "1000"], code: 1, place: "--workers" },
    { what: "neither model nor spec", words: ["check"], code: 1, place: "--spec" },
    { what: "both model and spec", words: check("counter", "m"), code: 1, place: "--spec" },
    { what: "an unknown property", words: check("counter", "--invariant", "Withinlimit"), code: 1, place: "WithinLimit" },
    { what: "two things for standard output", words: check("counter", "--json", "--out-itf", "-"), code: 1, place: "--json" },
    { what: "a graph too large to draw", words: check("endless", "--dump", "dot", inFolder("g.dot")), code: 1, place: "10000 states" },
  ])("$what: exit $code", ({ words, code, place }) => refused(words, code, place));
});

describe("a model that is not there or cannot be", () => {
  it.each([
    { what: "an unknown model", words: ["check", "no-such-model"], code: 150, place: "no-such-model" },
    { what: "an unknown system", words: ["compare", "no-such-system"], code: 150, place: "no-such-system" },
    { what: "a constant out of range", words: check("counter", "--const", "limit=10"), code: 151, place: "limit = 10" },
    { what: "a misspelt constant", words: check("counter", "--const", "limits=1"), code: 151, place: "limits" },
    {
      what: "a constant that is no integer",
      words: check("counter", "--const", "limit=two"),
      code: 151,
      place: "limit = two is out of range",
    },
    { what: "a misspelt design switch", words: check("counter", "--design", "gard=loose"), code: 1, place: "gard" },
    { what: "a misspelt design choice", words: check("counter", "--design", "guard=lose"), code: 1, place: "guard=lose" },
    { what: "an unmet assumption", words: check("assumption", "--const", "replicas=4"), code: 10, place: "ReplicasAreOdd" },
    { what: "a file without a spec", words: check("no-spec"), code: 150, place: "no-spec.ts" },
    { what: "a file that does not load", words: check("does-not-load"), code: 150, place: "no good day" },
    { what: "a file that is not there", words: check("absent"), code: 150, place: "absent.ts" },
    { what: "an empty domain", words: check("empty-domain"), code: 150, place: "action Add, parameter by" },
  ])("$what: exit $code", ({ words, code, place }) => refused(words, code, place));
});

describe("a spec that misbehaves", () => {
  it.each([
    { what: "init throws", words: check("init-throws"), place: "no state to start from" },
    { what: "a guard throws", words: check("guard-throws"), place: "action Increment" },
    { what: "an action is impure", words: check("impure-action"), place: "action Increment" },
    { what: "an action writes to now", words: check("writes-now"), place: "action Increment" },
    { what: "an action leaves its types", words: check("out-of-type"), place: "n is 6, expected an integer from 0 to 5" },
    { what: "a guard throws in a walk", words: ["simulate", "--spec", fixture("guard-throws")], place: "action Increment" },
  ])("$what: exit 75", ({ words, place }) => refused(words, 75, place));
});

it("a spec that misbehaves is shown with its shortest behaviour, and the trace is written", async () => {
  const file = inFolder("fault.itf.json");
  const ran = await runHere([...check("out-of-type"), "--out-itf", file]);
  expect(ran.code).toBe(75);
  expect(ran.out).toMatch(/At fault: \w+.* \S*out-of-type\.ts:\d+\n/);
  expect(ran.out).toMatch(/n: 5 → 6\n\nInvariant TypeOK is violated in the last state/);
  const shown = await runHere(["show", "--spec", fixture("out-of-type"), file]);
  expect(shown.out).toMatch(/n: 4 → 5/);
  expect(shown.code).toBe(0);
});

describe("a trace file that is not one", () => {
  const counterTrace = inFolder("counter.itf.json");
  const state = (n: unknown, index: number) => ({
    "#meta": { index },
    "mbt::actionTaken": index === 0 ? "init" : "Increment",
    "mbt::nondetPicks": {},
    n,
  });
  const meta = {
    format: "ITF",
    "format-description": "",
    source: "counter",
    status: "ok",
    description: "",
    model: "counter",
    constants: { limit: 3 },
    design: { guard: "strict" },
    minimal: false,
  };
  const file = (name: string, states: unknown): string => {
    const path = inFolder(name);
    writeFileSync(path, JSON.stringify({ "#meta": meta, vars: ["mbt::actionTaken", "mbt::nondetPicks", "n"], states }));
    return path;
  };
  const int = (n: number) => ({ "#bigint": String(n) });
  const show = (path: string): readonly string[] => ["show", path, "--spec", fixture("counter")];

  beforeAll(async () => {
    await runHere(check("counter", "--design", "guard=loose", "--out-itf", counterTrace));
    writeFileSync(inFolder("truncated.itf.json"), '{"#meta": {"format": "ITF", "sta');
    file("wrong-type.itf.json", [state(int(0), 0), state("one", 1)]);
    file("plain-number.itf.json", [state(0, 0)]);
    file("no-behaviour.itf.json", [state(int(0), 0), state(int(2), 1)]);
    file("out-of-range.itf.json", [state(int(0), 0), state(int(1000), 1)]);
    file(
      "long.itf.json",
      Array.from({ length: 1_000_000 }, () => ({})),
    );
  });

  it.each([
    { name: "truncated", place: "not JSON" },
    { name: "wrong-type", place: "states[1].n" },
    { name: "plain-number", place: "states[0].n" },
    { name: "no-behaviour", place: "state 2" },
    { name: "out-of-range", place: "states[1]" },
    { name: "long", place: "1000000 states" },
    { name: "absent", place: "ENOENT" },
  ])("$name: exit 153", ({ name, place }) => refused(show(inFolder(`${name}.itf.json`)), 153, place));

  it("names the file as well", () => refused(show(inFolder("wrong-type.itf.json")), 153, "wrong-type.itf.json"));
  it("refuses the trace of a model that is not there", () => refused(["show", counterTrace], 150, "counter"));
  it("leaves no half-written file behind when it cannot write", async () => {
    const ran = await runHere(check("counter", "--design", "guard=loose", "--out-itf", folder));
    expect(ran.code).toBe(153);
    expect(ran.err).toContain("cannot be written");
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

describe("a process that fails", () => {
  it.each([
    { words: ["check", "--workers", "0"], code: 1, place: "--workers" },
    { words: check("guard-throws"), code: 75, place: "action Increment" },
    { words: ["check", "no-such-model"], code: 150, place: "no-such-model" },
    { words: check("counter", "--const", "limit=10"), code: 151, place: "limit = 10" },
    { words: ["show", inFolder("absent.itf.json")], code: 153, place: "absent.itf.json" },
  ])("exits $code", ({ words, code, place }) => refused(words, code, place, runLockstep));
});

describe("LOCKSTEP_DEBUG", () => {
  it("adds where a failure came from", async () => {
    const ran = await runLockstep(check("guard-throws"), { env: { LOCKSTEP_DEBUG: "1" } });
    expect(ran.err).toMatch(/\n\s+at /);
  });
});

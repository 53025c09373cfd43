import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixture, runHere } from "./lockstep-process.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-claims-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface File {
  "#meta": Record<string, unknown>;
  states: Record<string, unknown>[];
  loop?: number;
}
const shortest = join(folder, "shortest.itf.json");
beforeAll(async () => {
  await runHere(["check", "--spec", fixture("ring"), "--allow-deadlock", "--out-itf", shortest]);
});

/** The file of the shortest violation with something changed in it, as `show` prints it. */
const shown = async (change: (file: File) => void, ...more: readonly string[]) => {
  const file = JSON.parse(readFileSync(shortest, "utf8")) as File; // what the search has written
  change(file);
  const path = join(folder, "changed.itf.json");
  writeFileSync(path, JSON.stringify(file));
  return runHere(["show", path, "--spec", fixture("ring"), ...more]);
};
const state = (action: string, holder: number, word: string | undefined, n?: number) => ({
  "mbt::actionTaken": action,
  "mbt::nondetPicks": { n: n === undefined ? { tag: "None", value: { "#tup": [] } } : { tag: "Some", value: { "#bigint": String(n) } } },
  holder: { "#bigint": String(holder) },
  word: word === undefined ? { tag: "None", value: { "#tup": [] } } : { tag: "Some", value: word },
});
const numbered = (states: readonly Record<string, unknown>[]) => states.map((s, index) => ({ ...s, "#meta": { index } }));

describe("what a trace file says of itself", () => {
  it("is said to be the file's claim when only a search could tell", async () => {
    const ran = await shown(() => undefined);
    expect(ran.code).toBe(0);
    expect(ran.out).toContain("Invariant Quiet is violated in the last state. The file says that no behaviour with fewer than 4 states");
    expect(ran.out).toContain("that was not checked, since only a search can tell");
    const unclaimed = await shown((file) => (file["#meta"]["minimal"] = false));
    expect(unclaimed.out).toContain("The behaviour has 4 states; a shorter one may exist.");
  });
  it.each([
    {
      what: "nothing is violated",
      change: (file: File) => {
        delete file["#meta"]["violated"];
        file["#meta"]["status"] = "ok";
      },
      says: "The file says that nothing is violated, which is false: the invariant Quiet is violated in state 4.",
    },
    {
      what: "something is violated, in states that violate nothing",
      change: (file: File) => {
        delete file["#meta"]["violated"];
        file.states.pop();
      },
      says: "The file says that something is violated, which is false: 3 states, and no invariant and no action property is violated",
    },
    {
      what: "Quiet is violated, where it holds",
      change: (file: File) => file.states.pop(),
      says: "The file says that the invariant Quiet is violated, which is false: state 3: Quiet holds throughout",
    },
    {
      what: "there is a deadlock, where there is none",
      change: (file: File) => (file["#meta"]["violated"] = { kind: "deadlock", property: "deadlock" }),
      says: "which is false: state 4: the last state is no deadlock",
    },
    {
      what: "nothing shorter shows this, where two states are the same",
      change: (file: File) =>
        (file.states = numbered([
          state("init", 0, undefined),
          state("Pass", 1, undefined, 1),
          state("Pass", 2, undefined, 2),
          state("Pass", 1, undefined, 1),
          state("Say", 1, "null"),
          state("Hush", 1, "absent"),
          state("Pass", 2, "absent", 2),
        ])),
      says: "The file says that no behaviour with fewer than 7 states shows this, which is false: states 2 and 4 are the same.",
    },
    {
      what: "nothing shorter shows this, where one step leads past others",
      change: (file: File) =>
        (file.states = numbered([
          state("init", 0, undefined),
          state("Pass", 1, undefined, 1),
          state("Pass", 2, undefined, 2),
          state("Say", 2, "null"),
          state("Hush", 2, "absent"),
        ])),
      says: "which is false: a step of the spec leads from state 1 to state 3.",
    },
  ])("$what: is said to be false, exit 153", async ({ change, says }) => {
    const ran = await shown(change);
    expect(ran.out).toContain(says);
    expect(ran.err).toContain(says);
    expect(ran.code).toBe(153);
  });
  it.each(["--mermaid", "--space-time", "--markdown"])("is not drawn with %s where it is false, and what is so is", async (form) => {
    const unviolated = await shown((file) => file.states.pop(), form);
    expect(unviolated.out).not.toMatch(/Quiet is violated($| in the last)/m);
    expect(unviolated.out).not.toContain("The trace is minimal");
    const unsaid = await shown((file) => delete file["#meta"]["violated"], form);
    expect(unsaid.out).toContain("Quiet is violated");
  });
  it("is told of where it goes on", async () => {
    expect((await shown((file) => (file.loop = 1))).out).toContain(
      "After the last state, the file says, the behaviour goes back to state 2; no step of the spec leads there.",
    );
    expect((await shown((file) => (file.loop = 3))).out).toContain("goes back to state 4; a step of the spec leads there.");
  });
  it("is not looked at where the states are no behaviour", async () => {
    const ran = await shown((file) => (file.states = numbered(file.states.filter((_, i) => i !== 1))));
    expect(ran.code).toBe(153);
    expect(ran.out).toBe("");
    expect(ran.err).toContain("not a behaviour of ring: state 2");
  });
  it("tells a string from what it looks like", async () => {
    const { out } = await shown(() => undefined);
    expect(out).toContain('word: null → "null"');
    expect(out).toContain('word: "null" → "absent"');
  });
});

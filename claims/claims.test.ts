/** Every claim's searches come out as its table says, and the notes hold the tables. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { counterexamples } from "../counterexamples/collections.ts";
import { instanceOf } from "../counterexamples/counterexample.ts";
import { equal } from "../specs/language/index.ts";
import { fault } from "./decide.ts";
import { claimsText, commandText, withClaims } from "./notes.ts";
import { tables } from "./tables.ts";

const checks = tables.flatMap((t) => t.claims.flatMap((c) => c.checks)).filter((c) => c.isLarge !== true);
const byCommand = [...new Map(checks.map((check) => [commandText(check), { command: commandText(check), check }])).values()];

describe("what the claims tables say comes out", () => {
  it.each(byCommand)("$command", async ({ check }) => {
    expect(await fault(check)).toBeUndefined();
  });
});

describe.each(tables)("the claims of $system", (table) => {
  it("are in its notes as they stand: npm run claims", () => {
    const notes = readFileSync(new URL(`../specs/${table.system}/NOTES.md`, import.meta.url), "utf8");
    expect(notes).toContain(claimsText(table));
    expect(withClaims(notes, table)).toBe(notes);
  });
  it("name counterexamples that show what they say", () => {
    for (const check of table.claims.flatMap((c) => c.checks)) {
      if (check.counterexample === undefined) continue;
      const shown = counterexamples.find((c) => c.name === check.counterexample);
      if (shown === undefined) throw new Error(`there is no counterexample ${check.counterexample}`);
      const decided = instanceOf({ model: check.model, constants: check.constants ?? {}, design: check.design ?? {} });
      const [a, b] = [instanceOf(shown), decided].map(({ constants, design }) => ({ constants, design }));
      expect(equal(a, b), check.counterexample).toBe(true);
      expect(check.expected).toEqual({ verdict: "violated", property: shown.invariant, length: shown.length });
    }
  });
  it("have a search or a reason each", () => {
    for (const { checks, verdict } of table.claims) expect(checks.length > 0 || verdict.startsWith("out of reach")).toBe(true);
  });
});

/** The audited systems: every design comes out as expected, every action fires, every invariant and every switch matters. */
import { afterAll, describe, expect, it } from "vitest";
import { cameOut } from "../cli/comparison.ts";
import { equal } from "../specs/language/index.ts";
import { tables } from "./tables.ts";
import { auditedModels, instanceOfRun, runsOf, searchRun, singleMutations } from "./audited.ts";

/** By spec: a spec may have several models. */
const fired = new Map<string, Set<string>>();
const violated = new Map<string, Set<string>>();
const note = (into: Map<string, Set<string>>, spec: string, names: readonly string[]): void => {
  into.set(spec, new Set([...(into.get(spec) ?? []), ...names]));
};

it("every system with a claims table has models", () => {
  for (const { system } of tables) expect(auditedModels.some((m) => m.system === system)).toBe(true);
});

describe.each(auditedModels)("$name", (model) => {
  it.each(runsOf(model).filter((run) => run.isLarge !== true))("$label", async (run) => {
    const result = await searchRun(model, run);
    const { verdict, violation } = result;
    expect(cameOut(run.expected, result), JSON.stringify({ verdict, property: violation?.property, length: violation?.length })).toBe(true);
    note(
      fired,
      model.spec.name,
      Object.entries(result.actions).flatMap(([name, { generated }]) => (generated > 0 ? [name] : [])),
    );
    if (violation !== undefined) note(violated, model.spec.name, [violation.property]);
  });

  it("holds as it stands", () => {
    expect(model.expected).toEqual({ verdict: "holds" });
  });

  it("is violated by every change of a single switch, or says why not", () => {
    const unexplained = singleMutations(model).filter(({ name, design }) => {
      const shown = (model.variants ?? []).some((v) => {
        const instance = instanceOfRun(model, v);
        return v.expected.verdict === "violated" && equal(instance.design, design);
      });
      return !shown && model.harmless?.[name] === undefined;
    });
    expect(unexplained.map((m) => m.name)).toEqual([]);
  });
});

afterAll(() => {
  for (const { spec } of auditedModels) {
    const silent = Object.keys(spec.actions).filter((name) => fired.get(spec.name)?.has(name) !== true);
    const unbroken = Object.keys(spec.invariants).filter((name) => violated.get(spec.name)?.has(name) !== true);
    expect({ spec: spec.name, silent, unbroken }).toEqual({ spec: spec.name, silent: [], unbroken: [] });
  }
});

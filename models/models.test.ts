import { describe, expect, it } from "vitest";
import { search } from "../explorer/search/index.ts";
import { LockstepError, instantiate } from "../specs/language/index.ts";
import { classics } from "./classics.ts";
import { findModel, models } from "./index.ts";
import type { Expectation, Model, Variant } from "../explorer/model.ts";

const instanceOf = (model: Model, variant?: Variant) =>
  instantiate(model.spec, {
    constants: { ...model.constants, ...variant?.constants },
    design: { ...model.design, ...variant?.design },
  });
const seen = (violation: { readonly property: string; readonly length: number } | undefined): Expectation =>
  violation === undefined ? { verdict: "holds" } : { verdict: "violated", property: violation.property, length: violation.length };

describe("models", () => {
  it("have names of their own, and properties that their specs have", () => {
    expect(new Set(models.map((m) => m.name)).size).toBe(models.length);
    for (const model of models)
      for (const { invariants, expected } of [{ invariants: undefined, expected: model.expected }, ...(model.variants ?? [])]) {
        expect(invariants?.length, `${model.name}: leave invariants out to check all of them`).not.toBe(0);
        const known = [...instanceOf(model).invariants.map((p) => p.name), "deadlock"];
        for (const name of [...(invariants ?? []), ...(expected.verdict === "violated" ? [expected.property] : [])])
          expect(known).toContain(name);
      }
  });
  it("are found by name; an unknown name gets the nearest, and the list", () => {
    expect(findModel("die-hard").title).toContain("jugs");
    expect(() => findModel("viewstamped-replicaton")).toThrow(/did you mean viewstamped-replication\?.*two-phase-commit/);
    expect(() => findModel("xyz")).toThrow(LockstepError);
  });
});

describe("classics come out as their models expect", () => {
  const runs = classics.flatMap((model) => [
    { label: model.name, model, variant: undefined },
    ...(model.variants ?? []).map((variant) => ({ label: `${model.name}, ${variant.label}`, model, variant })),
  ]);
  it.each(runs)("$label", async ({ model, variant }) => {
    const result = await search(instanceOf(model, variant), { allowDeadlock: model.allowDeadlock ?? false });
    expect(seen(result.violation)).toEqual((variant ?? model).expected);
  });
});

const searched = ["replica-snapshots", "replica-rejoin"].map((name) => findModel(name));
describe.each(searched)("$name", (model) => {
  it.each((model.variants ?? []).filter((v) => v.isLarge !== true))("$label comes out as expected", async (variant) => {
    const result = await search(instanceOf(model, variant), {
      allowDeadlock: true,
      ...(variant.invariants === undefined ? {} : { invariants: variant.invariants }),
    });
    expect(seen(result.violation)).toEqual(variant.expected);
  });
});

describe("viewstamped replication", () => {
  const model = findModel("viewstamped-replication");
  const small = (model.variants ?? []).filter((v) => v.constants?.["startViewOnTimerLimit"] === 1);
  it.each(small)("$label comes out as expected", async (variant) => {
    const result = await search(instanceOf(model, variant), {
      allowDeadlock: true,
      ...(variant.invariants === undefined ? {} : { invariants: variant.invariants }),
    });
    expect(seen(result.violation)).toEqual(variant.expected);
  });
});

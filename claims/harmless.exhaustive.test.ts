/** What the models call harmless is: a design that differs in that one switch holds, within the bounds of the model and of its variants. */
import { describe, expect, it } from "vitest";
import { auditedModels, runsOf, searchRun, singleMutations } from "./audited.ts";
import type { Model } from "../explorer/model.ts";

const TIMEOUT_MS = 600_000;

/** The bounds at which designs of the model are run; each set once. */
const boundsOf = (model: Model) => [
  ...new Map(
    runsOf(model)
      .filter((run) => run.isLarge !== true)
      .map(({ constants }) => [JSON.stringify(constants ?? {}), constants ?? {}]),
  ).values(),
];

const harmless = auditedModels.flatMap((model) =>
  singleMutations(model)
    .filter(({ name }) => model.harmless?.[name] !== undefined)
    .map(({ name, design }) => ({ name: `${model.name} with ${name}`, model, design })),
);

describe("harmless", () => {
  it("switches are switches", () => {
    for (const model of auditedModels)
      for (const name of Object.keys(model.harmless ?? {})) expect(singleMutations(model).map((m) => m.name)).toContain(name);
  });
  it.each(harmless)(
    "$name",
    async ({ model, design }) => {
      const outcomes = [];
      for (const constants of boundsOf(model)) {
        const reference = await searchRun(model, { label: "", constants, design: {}, expected: model.expected });
        if (reference.verdict !== "holds") continue; // these bounds show something of the reference itself
        const { verdict, violation } = await searchRun(model, { label: "", constants, design, expected: model.expected });
        outcomes.push({ constants, verdict, property: violation?.property });
      }
      expect(outcomes.filter((o) => o.verdict !== "holds")).toEqual([]);
      expect(outcomes.length).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});

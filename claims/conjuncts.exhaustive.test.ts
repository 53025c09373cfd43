/** Spec mutation: without any one conjunct of a guard, some run of the model comes out differently, or the model says why not. */
import { describe, expect, it } from "vitest";
import type { Spec } from "../specs/language/system.ts";
import { SpecError } from "../specs/language/errors.ts";
import { auditedModels, runsOf, searchRun } from "./audited.ts";
import type { Model, Variant } from "../explorer/model.ts";

const TIMEOUT_MS = 600_000;

const without = (spec: Spec, action: string, conjunct: number): Spec => {
  const mutated = spec.actions[action];
  if (mutated === undefined) throw new Error(action);
  return { ...spec, actions: { ...spec.actions, [action]: { ...mutated, when: mutated.when.filter((_, i) => i !== conjunct) } } };
};

/** Without a conjunct a spec may have no end. */
const MAX_STATES = 200_000;

/** What a run comes to: an error of the spec is an outcome, too, and so is a bound. */
const outcome = async (model: Model, run: Variant, spec: Spec): Promise<unknown> => {
  try {
    const { verdict, violation, generated, distinct } = await searchRun(model, run, spec, { maxStates: MAX_STATES });
    return { verdict, property: violation?.property, length: violation?.length, generated, distinct };
  } catch (error) {
    if (error instanceof SpecError) return { error: error.message };
    throw error;
  }
};

/** The first run of any model of the spec that comes out differently. */
const difference = async (models: readonly Model[], spec: Spec): Promise<string | undefined> => {
  for (const model of models)
    for (const run of runsOf(model).filter((r) => r.isLarge !== true)) {
      const [before, after] = [await outcome(model, run, model.spec), await outcome(model, run, spec)];
      if (JSON.stringify(before) !== JSON.stringify(after)) return `${model.name}: ${run.label}`;
    }
  return undefined;
};

const specs = [...new Set(auditedModels.map((m) => m.spec))];

describe.each(specs)("$name", (spec) => {
  const models = auditedModels.filter((m) => m.spec === spec);
  const redundant = Object.assign({}, ...models.map((m) => m.redundantConjuncts ?? {})) as Readonly<Record<string, string>>; // of strings, as declared
  const conjuncts = Object.entries(spec.actions).flatMap(([action, { when }]) =>
    when.map((_, i) => ({ name: `${action} ${String(i + 1)}`, action, i })),
  );
  it.each(conjuncts)(
    "$name",
    async ({ name, action, i }) => {
      const shown = await difference(models, without(spec, action, i));
      if (redundant[name] === undefined) expect(shown, `${name} can be left out`).toBeDefined();
      else expect(shown, `${name} is not redundant`).toBeUndefined();
    },
    TIMEOUT_MS,
  );
});

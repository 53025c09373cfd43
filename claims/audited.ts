/** The models whose designs, actions and invariants are accounted for one by one: those of systems with a claims table. */
import { instanceOf } from "../cli/subject.ts";
import { search } from "../explorer/search/index.ts";
import type { SearchOptions, SearchResult } from "../explorer/search/contract.ts";
import type { Design, SpecInstance } from "../specs/language/instantiate.ts";
import type { Spec } from "../specs/language/system.ts";
import { models } from "../models/index.ts";
import { tables } from "./tables.ts";
import type { Model, Variant } from "../explorer/model.ts";

export const auditedModels: readonly Model[] = models.filter((m) => tables.some((t) => t.system === m.system));

/** The model as it stands, then its variants. */
export const runsOf = (model: Model): readonly Variant[] => [
  { label: "as it stands", design: {}, expected: model.expected },
  ...(model.variants ?? []),
];

export const instanceOfRun = (model: Model, run: Variant, spec: Spec = model.spec): SpecInstance =>
  instanceOf({ ...model, spec }, run.constants, run.design);

export const searchRun = (
  model: Model,
  run: Variant,
  spec: Spec = model.spec,
  bounds: Pick<SearchOptions, "maxStates"> = {},
): Promise<SearchResult> =>
  search(instanceOfRun(model, run, spec), {
    ...bounds,
    allowDeadlock: model.allowDeadlock ?? false,
    ...(run.invariants === undefined ? {} : { invariants: run.invariants, actionProperties: [] }),
  });

/** The designs that differ from the model's in one switch. */
export const singleMutations = (model: Model): readonly { readonly name: string; readonly design: Design }[] => {
  const reference = instanceOf(model).design;
  return Object.entries(model.spec.design).flatMap(([name, choices]) =>
    choices
      .filter((choice) => choice !== reference[name])
      .map((choice) => ({ name: `${name}=${String(choice)}`, design: { ...reference, [name]: choice } })),
  );
};

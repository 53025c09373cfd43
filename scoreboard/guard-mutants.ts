/**
 * Each conjunct of a guard of the spec, left out: such a spec lets an action through where this conjunct alone forbids it. The search
 * finds the shortest way to a state like that; production is led there, and must refuse the action.
 */
import { search } from "../explorer/search/index.ts";
import type { Step } from "../explorer/trace.ts";
import { initialStates } from "../explorer/interpret/index.ts";
import { instantiate } from "../specs/language/instantiate.ts";
import type { Constants } from "../specs/language/schema.ts";
import { viewstampedReplication } from "../specs/viewstamped-replication/spec.ts";
import type { Driver } from "../conformance/driver.ts";
import { stepOn } from "../conformance/replay.ts";

const spec = viewstampedReplication;
type Action = (typeof spec.actions)[string];

/** In the clone of the spec, this value of the counter of pauses says that the action was let through. */
const letThrough = 2;
/** With a pause and without state transfer; with state transfer; with both. */
const bounds: readonly { readonly constants: Constants; readonly pauses: number }[] = [
  { constants: { values: 1, startViewOnTimerLimit: 1 }, pauses: 1 },
  { constants: { values: 2, startViewOnTimerLimit: 1 }, pauses: 0 },
  { constants: { values: 2, startViewOnTimerLimit: 1 }, pauses: 1 },
];

/** Of each of these models, as many states as that. */
export const maxStates = 300_000;

export interface GuardMutant {
  readonly name: string;
  readonly action: string;
  readonly conjunct: number;
}

export const guardMutants: readonly GuardMutant[] = Object.entries(spec.actions).flatMap(([action, { when }]) =>
  when.map((_, conjunct) => ({ name: `the spec without conjunct ${conjunct + 1} of ${action}`, action, conjunct })),
);

/** The spec with one action more: the mutant's, where its conjunct alone is false. */
const withBeside = ({ action, conjunct }: GuardMutant, pauses: number) => {
  const original = spec.actions[action];
  const pause = spec.actions["NoProgressChange"];
  const left = original?.when[conjunct];
  if (original === undefined || pause === undefined || left === undefined)
    throw new Error(`the spec has no conjunct ${conjunct} of ${action}`);
  const counter = (scope: { readonly now: Readonly<Record<string, unknown>> }): number => Number(scope.now["noProgressCtr"]);
  const beside: Action = {
    ...original,
    when: [...original.when.filter((_, i) => i !== conjunct), (scope) => !left(scope)],
    then: ({ next }) => {
      Object.assign(next, { noProgressCtr: letThrough });
    },
  };
  return {
    ...spec,
    actions: {
      ...spec.actions,
      NoProgressChange: { ...pause, when: [(scope: Parameters<typeof left>[0]) => counter(scope) < pauses] },
      Beside: beside,
    },
    invariants: { NothingIsLetThrough: (scope: Parameters<typeof left>[0]) => counter(scope) < letThrough },
    witnesses: {},
    actionProperties: {},
  };
};

/** The steps to the state, and the action's arguments there. */
const wayTo = async (mutant: GuardMutant): Promise<{ readonly steps: readonly Step[]; readonly constants: Constants } | undefined> => {
  for (const { constants, pauses } of bounds) {
    const all = { ...constants, noProgressChangeLimit: letThrough };
    const instance = instantiate(withBeside(mutant, pauses), { constants: all });
    const { violation } = await search(instance, { symmetry: false, reductions: false, allowDeadlock: true, maxStates });
    if (violation !== undefined) return { steps: violation.trace.steps, constants: all };
  }
  return undefined;
};

/** `refused`: production does not follow the mutant. `untold`: in no state within the bounds does the conjunct decide alone. */
export const judgeGuard = async (mutant: GuardMutant, driver: Driver): Promise<"refused" | "followed" | "untold"> => {
  const way = await wayTo(mutant);
  if (way === undefined) return "untold";
  const instance = instantiate(spec, { constants: way.constants });
  const [initial] = initialStates(instance);
  if (initial === undefined) throw new Error("the spec has no initial state");
  try {
    await driver.init({ model: "viewstamped-replication", constants: way.constants, design: instance.design, seed: 0, initial });
    for (const { action, arguments: args } of way.steps.slice(1, -1)) {
      const refusal = action === undefined ? undefined : await stepOn(driver, action, args);
      if (refusal !== undefined) throw new Error(`production refuses ${action ?? ""}, which the spec allows: ${refusal}`);
    }
    const last = way.steps.at(-1);
    const refusal = await stepOn(driver, mutant.action, last?.arguments ?? {});
    return refusal === undefined ? "followed" : "refused";
  } finally {
    await driver.close();
  }
};

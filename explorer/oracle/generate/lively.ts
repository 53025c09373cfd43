/** Does something happen in a spec? */
import { judge } from "../judge/search.ts";
import { initialStates, stateText, steps } from "../judge/relation.ts";
import type { ActionDeclaration, SpecSyntax } from "../syntax/spec.ts";

/** Does the action lead from an initial state to another state? */
export const acts = (spec: SpecSyntax, action: ActionDeclaration): boolean =>
  initialStates(spec).some((s) => {
    const before = stateText(spec, s);
    return steps({ ...spec, actions: [action] }, s).some(({ state }) => state !== undefined && stateText(spec, state) !== before);
  });

/** How many states it has, if fewer than `enough`. */
export const statesOf = (spec: SpecSyntax, enough: number): number => judge(spec, { enoughStates: enough }).distinct;

/** Does something happen in a spec? */
import { judge } from "../judge/search.ts";
import { initialStates, stateText, steps } from "../judge/relation.ts";
import type { ActionDeclaration, SpecSyntax } from "../syntax/spec.ts";

/** Asks of an action whether it leads from the first initial state to another state. */
export const actsIn = (spec: SpecSyntax): ((action: ActionDeclaration) => boolean) => {
  const start = initialStates(spec)[0];
  if (start === undefined) return () => false;
  const before = stateText(spec, start);
  return (action) =>
    steps({ ...spec, actions: [action] }, start).some(({ state }) => state !== undefined && stateText(spec, state) !== before);
};

/** How many states it has, if fewer than `enough`. */
export const statesOf = (spec: SpecSyntax, enough: number): number => judge(spec, { enoughStates: enough }).distinct;

import type { SpecInstance, State } from "../../specs/language/instantiate.ts";
import { SpecError } from "../../specs/language/errors.ts";
import { scopeOf, written } from "./evaluate.ts";
import type { Arguments } from "./evaluate.ts";

/** What an effect writes, whether its types allow it or not; undefined if it throws. Guards and domains are not asked. */
export const attempt = (instance: SpecInstance, state: State, actionName: string, args: Arguments): State | undefined => {
  const action = instance.actions.find((a) => a.name === actionName);
  if (action === undefined) return undefined;
  try {
    return written(instance, action, state, { ...scopeOf(instance, state), ...args }, () => actionName);
  } catch (error) {
    if (error instanceof SpecError) return undefined;
    throw error;
  }
};

/** Why an action may not happen, or what it changes when it does. */
import type { SpecInstance, State } from "../../specs/language/instantiate.ts";
import { changesOf } from "../changes.ts";
import type { Change } from "../changes.ts";
import { actionNamed, bind, conjunctText, refusalText, step } from "./step.ts";
import type { Arguments } from "./step.ts";

export type Explanation =
  | { readonly kind: "enabled"; readonly state: State; readonly changes: readonly Change[] }
  /** `index` counts the conjuncts from 0; `text` is the name of the conjunct's function, or the body of its arrow. */
  | { readonly kind: "disabled"; readonly reason: "conjunct"; readonly index: number; readonly text: string; readonly message: string }
  | { readonly kind: "disabled"; readonly reason: "argument"; readonly message: string };

/** Throws LockstepError "usage" for an unknown action, SpecError when the spec misbehaves. */
export const explain = (instance: SpecInstance, state: State, actionName: string, args: Arguments): Explanation => {
  const action = actionNamed(instance, actionName);
  const bound = bind(instance, state, action, args);
  if (bound.kind === "enabled") {
    const after = step(instance, state, actionName, bound.arguments).state;
    return { kind: "enabled", state: after, changes: changesOf(state, after) };
  }
  const message = refusalText(action, bound);
  if (bound.kind === "argument") return { kind: "disabled", reason: "argument", message };
  return { kind: "disabled", reason: "conjunct", index: bound.index, text: conjunctText(action, bound.index), message };
};

/** Where the interpreter calls a spec's own code, and turns what goes wrong there into errors that name the place. */
import { Immer, enablePatches } from "immer";
import type { Patch } from "immer";
import { earlyOf } from "../../specs/language/early-guard.ts";
import { SpecError, faultAt } from "../../specs/language/errors.ts";
import type { BoundAction, CallScope, Parameter, Predicate, SpecInstance, State } from "../../specs/language/instantiate.ts";
import { Draft, isFields } from "../../specs/language/draft.ts";
import { canonicalText, copyOf, equal } from "../../specs/language/equality.ts";
import { callText } from "../value-text.ts";
import { canonicalState } from "./canonical.ts";
import { nextState } from "./next-state.ts";

enablePatches();
/** States are frozen when they are made canonical, so immer need not do it. */
const immer = new Immer({ autoFreeze: false });

/** The parameters of an action by name. */
export type Arguments = Readonly<Record<string, unknown>>;

/** The text that names an action with its arguments in an error. */
export const place = (action: string, args: Arguments): string => `action ${callText(action, args, 100)}`;

/** Calls user code; whatever it throws becomes a SpecError that names the place. */
export const guarded = <T>(where: () => string, call: () => T): T => {
  try {
    return call();
  } catch (error) {
    throw faultAt(where(), error);
  }
};

export const scopeOf = (instance: SpecInstance, now: State): CallScope => ({ now, constants: instance.constants, design: instance.design });

/** A predicate must say true or false: anything else is a slip, e.g. a forgotten `return`. */
export const truth = (where: () => string, test: Predicate, scope: CallScope): boolean => {
  const answer = guarded(where, () => test(scope));
  if (typeof answer !== "boolean") throw new SpecError(`${where()} gives ${typeof answer}, expected true or false`);
  return answer;
};

const isIterable = (x: unknown): x is Iterable<unknown> => typeof x === "object" && x !== null && Symbol.iterator in x;

/** The values that a parameter may take, each once: a domain is a set, whatever it is written as. */
export const domainOf = (where: () => string, parameter: Parameter, scope: CallScope): readonly unknown[] => {
  if (parameter.kind === "static") return parameter.members;
  const elements: unknown = guarded(where, () => parameter.of(scope));
  if (!isIterable(elements)) throw new SpecError(`${where()}: a domain must be iterable, not ${typeof elements}`);
  // Copies: a choice is no place of the state, and stays what it is.
  const all = guarded(where, () => Array.from(elements, copyOf));
  return all.length < 2 ? all : [...new Map(all.map((e) => [canonicalText(e), e])).values()];
};

/** The index of the first conjunct that is false of those that can be asked when the first `chosen` parameters are, but not before. */
export const earlyFalse = (action: BoundAction, scope: CallScope, args: Arguments, chosen: number): number | undefined => {
  const where = (): string => `the guard of ${place(action.name, args)}`;
  const early = earlyOf(action);
  for (let i = early[chosen - 1] ?? 0; i < (early[chosen] ?? 0); i++)
    if (!truth(where, action.conjuncts[i] ?? (() => true), scope)) return i;
  return undefined;
};

/** The index of the first conjunct of the guard that is false; undefined if the action is enabled. */
export const falseConjunct = (action: BoundAction, scope: CallScope, args: Arguments): number | undefined => {
  const where = (): string => `the guard of ${place(action.name, args)}`;
  const at = action.conjuncts.findIndex((conjunct) => !truth(where, conjunct, scope));
  return at < 0 ? undefined : at;
};

/** A slip that no guard and no type can catch: an effect that leaves the schema, or invents a variable. */
const after = (instance: SpecInstance, now: State, changed: State, where: () => string): State =>
  guarded(where, () => canonicalState(instance, changed, now));

/** The variables after an effect; those that it did not write are those of `now`. */
export const written = (instance: SpecInstance, action: BoundAction, now: State, scope: CallScope, where: () => string): State => {
  const draft = new Draft(now);
  const next = nextState(instance.variables, draft.proxy);
  guarded(where, () => action.then({ ...scope, next }));
  return draft.finish();
};

/** The state after an enabled action. `scope` holds `now` and the arguments. */
export const effect = (instance: SpecInstance, action: BoundAction, now: State, args: Arguments, scope: CallScope): State => {
  const where = (): string => place(action.name, args);
  return after(instance, now, written(instance, action, now, scope, where), where);
};

/** Puts what has changed into an immer draft, as deep as records and maps go, so that patches name what changed. */
const patchInto = (draft: Record<string, unknown>, before: State, changed: State): void => {
  for (const key of new Set([...Object.keys(before), ...Object.keys(changed)])) {
    const [from, to] = [before[key], changed[key]];
    if (to === undefined) Reflect.deleteProperty(draft, key);
    else if (isFields(from) && isFields(to) && !equal(from, to)) patchInto(draft[key] as Record<string, unknown>, from, to);
    else if (!equal(from, to)) draft[key] = to;
  }
};

/** As `effect`, with immer's patches from `now` to the state. */
export const effectWithPatches = (
  instance: SpecInstance,
  action: BoundAction,
  now: State,
  args: Arguments,
  scope: CallScope,
): { readonly state: State; readonly patches: readonly Patch[] } => {
  const state = effect(instance, action, now, args, scope);
  const [, patches] = immer.produceWithPatches(now as Record<string, unknown>, (draft) => patchInto(draft, now, state)); // a draft of it is written, not `now`
  return { state, patches };
};

/** Where the interpreter calls a spec's own code, and turns what goes wrong there into errors that name the place. */
import { Immer, enablePatches } from "immer";
import type { Patch } from "immer";
import { SpecError, messageOf } from "../../specs/language/errors.ts";
import type { BoundAction, CallScope, Parameter, Predicate, SpecInstance, State } from "../../specs/language/instantiate.ts";
import { canonicalText } from "../../specs/language/collections.ts";
import { callText } from "../value-text.ts";
import { canonicalState } from "./canonical.ts";
import { nextState, strayVariable } from "./next-state.ts";

enablePatches();
/** States are frozen when they are made canonical, so immer need not do it. */
const immer = new Immer({ autoFreeze: false });

/** The parameters of an action by name. */
export type Arguments = Readonly<Record<string, unknown>>;

/** How engines word a write to a frozen object: everything that a spec may read, but not write, is frozen. */
const frozenWrite = /read.?only|not extensible|(?:Cannot|Unable to) (?:delete|redefine|define) property|non-configurable/i;

const specError = (where: string, error: unknown): SpecError => {
  if (error instanceof SpecError) return new SpecError(`${where}: ${error.message}`, { cause: error });
  const message = messageOf(error);
  if (error instanceof TypeError && frozenWrite.test(message))
    return new SpecError(`${where} writes to now (or to a value taken from it), which is read-only; write to next: ${message}`, {
      cause: error,
    });
  return new SpecError(`${where} threw: ${message}`, { cause: error });
};

/** The text that names an action with its arguments in an error. */
export const place = (action: string, args: Arguments): string => `action ${callText(action, args, 100)}`;

/** Calls user code; whatever it throws becomes a SpecError that names the place. */
export const guarded = <T>(where: () => string, call: () => T): T => {
  try {
    return call();
  } catch (error) {
    throw specError(where(), error);
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
  const all = guarded(where, () => [...elements]);
  return all.length < 2 ? all : [...new Map(all.map((e) => [canonicalText(e), e])).values()];
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

const recipe =
  (instance: SpecInstance, action: BoundAction, scope: CallScope, where: () => string) =>
  (draft: Record<string, unknown>): void => {
    const next = nextState(instance.variables, draft);
    guarded(where, () => action.then({ ...scope, next }));
    const stray = strayVariable(instance.variables, next);
    if (stray !== undefined) throw new SpecError(`${where()} writes next.${stray}, which is not a variable`);
  };

/** The state after an enabled action. `scope` holds `now` and the arguments. */
export const effect = (instance: SpecInstance, action: BoundAction, now: State, args: Arguments, scope: CallScope): State => {
  const where = (): string => place(action.name, args);
  return after(instance, now, immer.produce(now as Record<string, unknown>, recipe(instance, action, scope, where)), where); // a draft of it is written, not `now`
};

/** As `effect`, with immer's patches from `now` to the state. */
export const effectWithPatches = (
  instance: SpecInstance,
  action: BoundAction,
  now: State,
  args: Arguments,
  scope: CallScope,
): { readonly state: State; readonly patches: readonly Patch[] } => {
  const where = (): string => place(action.name, args);
  const [changed, patches] = immer.produceWithPatches(now as Record<string, unknown>, recipe(instance, action, scope, where)); // as above
  return { state: after(instance, now, changed, where), patches };
};

/** Every choice of an action's parameters in a state: those for which it may happen, and those that it must refuse. */
import { domainOf, effect, falseConjunct, place, scopeOf } from "../explorer/interpret/evaluate.ts";
import { holds } from "../explorer/interpret/index.ts";
import { conjunctText } from "../explorer/interpret/step.ts";
import type { BoundAction, CallScope, SpecInstance, State } from "../specs/language/instantiate.ts";
import type { Arguments } from "./driver.ts";

export interface Binding {
  readonly action: string;
  readonly arguments: Arguments;
}
export interface EnabledBinding extends Binding {
  readonly successor: () => State;
}
export interface DisabledBinding extends Binding {
  /** The first conjunct that is false, as it is written. */
  readonly guard: string;
}

interface Choice {
  readonly action: BoundAction;
  readonly scope: CallScope;
  readonly arguments: Arguments;
  /** The index of the first false conjunct; undefined when enabled. */
  readonly refusedBy: number | undefined;
}

const choices = (action: BoundAction, scope: CallScope, args: Arguments, at: number, into: Choice[]): void => {
  const parameter = action.parameters[at];
  if (parameter === undefined) {
    into.push({ action, scope, arguments: args, refusedBy: falseConjunct(action, scope, args) });
    return;
  }
  for (const value of domainOf(() => `the domain of ${parameter.name} in ${place(action.name, args)}`, parameter, scope)) {
    const chosen = { [parameter.name]: value };
    choices(action, { ...scope, ...chosen }, { ...args, ...chosen }, at + 1, into);
  }
};

/** In the order of declaration; steps beyond an action constraint are in neither. Throws SpecError when the spec misbehaves. */
export const bindingsIn = (
  instance: SpecInstance,
  state: State,
): { readonly enabled: readonly EnabledBinding[]; readonly disabled: readonly DisabledBinding[] } => {
  const all: Choice[] = [];
  for (const action of instance.actions) choices(action, scopeOf(instance, state), {}, 0, all);
  const enabled: EnabledBinding[] = [];
  const disabled: DisabledBinding[] = [];
  for (const { action, scope, arguments: args, refusedBy } of all) {
    const successor = (): State => effect(instance, action, state, args, scope);
    if (refusedBy !== undefined) disabled.push({ action: action.name, arguments: args, guard: conjunctText(action, refusedBy) });
    else if (instance.actionConstraints.every((c) => holds(instance, c, state, successor())))
      enabled.push({ action: action.name, arguments: args, successor });
  }
  return { enabled, disabled };
};

export const disabledBindings = (instance: SpecInstance, state: State): readonly DisabledBinding[] => bindingsIn(instance, state).disabled;

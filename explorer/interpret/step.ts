/** The next-state relation, one step at a time: what is enabled in a state, and where it leads. */
import type { Patch } from "immer";
import { copyOf, equal } from "../../specs/language/equality.ts";
import { LockstepError, SpecError } from "../../specs/language/errors.ts";
import type { BoundAction, CallScope, SpecInstance, State } from "../../specs/language/instantiate.ts";
import { callText, valueText } from "../value-text.ts";
import { canonicalState, sameState } from "./canonical.ts";
import { domainOf, earlyFalse, effect, effectWithPatches, falseConjunct, place, scopeOf, truth } from "./evaluate.ts";
import type { Arguments } from "./evaluate.ts";

export type { Arguments } from "./evaluate.ts";

/** An action with one choice of its parameters. */
export interface Binding {
  readonly action: string;
  readonly arguments: Arguments;
}
export interface Successor extends Binding {
  readonly state: State;
}

export interface EvaluationOptions {
  /** Evaluates everything twice and throws SpecError where the results differ: an action must depend on the state alone. */
  readonly checkPure?: boolean;
}

/** The initial states, canonical. */
export const initialStates = (instance: SpecInstance): readonly State[] => instance.init.map((state) => canonicalState(instance, state));

interface Bound {
  readonly action: BoundAction;
  readonly arguments: Arguments;
  readonly scope: CallScope;
}

/** Every choice of the parameters from `at` on, in the order of their declaration and of their domains. */
const choices = (action: BoundAction, scope: CallScope, args: Arguments, at: number, into: Bound[]): Bound[] => {
  const parameter = action.parameters[at];
  if (parameter === undefined) {
    into.push({ action, arguments: args, scope });
    return into;
  }
  if (earlyFalse(action, scope, args, at) !== undefined) return into;
  const where = (): string => `the domain of ${parameter.name} in ${place(action.name, args)}`;
  for (const value of domainOf(where, parameter, scope)) {
    const chosen = { [parameter.name]: value };
    choices(action, { ...scope, ...chosen }, { ...args, ...chosen }, at + 1, into);
  }
  return into;
};

const enabledBindings = (instance: SpecInstance, state: State): readonly Bound[] =>
  instance.actions.flatMap((action) =>
    choices(action, scopeOf(instance, state), {}, 0, []).filter((b) => falseConjunct(action, b.scope, b.arguments) === undefined),
  );

const bindingText = (b: Binding | undefined): string => (b === undefined ? "nothing" : callText(b.action, b.arguments, 100));
const bindingOf = (b: Bound): Binding => ({ action: b.action.name, arguments: b.arguments });

const refuseDifferentBindings = (first: readonly Bound[], second: readonly Bound[]): void => {
  for (let i = 0; i < Math.max(first.length, second.length); i++) {
    const [a, b] = [first[i], second[i]].map((x) => (x === undefined ? undefined : bindingOf(x)));
    if (!equal(a, b))
      throw new SpecError(
        `a guard or a domain is impure: evaluated twice in one state it allows ${bindingText(a)}, then ${bindingText(b)}`,
      );
  }
};

const enabledOnce = (instance: SpecInstance, state: State, options: EvaluationOptions): readonly Bound[] => {
  const bindings = enabledBindings(instance, state);
  if (options.checkPure === true) refuseDifferentBindings(bindings, enabledBindings(instance, state));
  return bindings;
};

/** Every action that is enabled in the state, with its arguments: in the order of declaration, each choice of parameters once. */
export const enabled = (instance: SpecInstance, state: State, options: EvaluationOptions = {}): readonly Binding[] =>
  enabledOnce(instance, state, options).map(bindingOf);

/**
 * Every successor of the state, once for each enabled choice of parameters (as TLC counts), so a state may come up twice.
 * Throws SpecError when the spec throws, writes to `now`, or leaves its types.
 */
export const successors = (instance: SpecInstance, state: State, options: EvaluationOptions = {}): readonly Successor[] =>
  enabledOnce(instance, state, options).map(({ action, arguments: args, scope }) => {
    const after = effect(instance, action, state, args, scope);
    if (options.checkPure === true && !sameState(instance, after, effect(instance, action, state, args, scope)))
      throw new SpecError(`${place(action.name, args)} is impure: applied twice to one state it gives two different states`);
    return { action: action.name, arguments: args, state: after };
  });

/** The action of that name. Throws LockstepError "usage" if there is none. */
export const actionNamed = (instance: SpecInstance, name: string): BoundAction => {
  const action = instance.actions.find((a) => a.name === name);
  if (action === undefined)
    throw new LockstepError("usage", `${instance.name} has no action ${name}; it has ${instance.actions.map((a) => a.name).join(", ")}`);
  return action;
};

export type Refusal =
  /** An argument is missing or not in the domain of its parameter. */
  { readonly kind: "argument"; readonly message: string } | { readonly kind: "conjunct"; readonly index: number };
export type Bindable = { readonly kind: "enabled"; readonly scope: CallScope; readonly arguments: Arguments } | Refusal;

/** Whether the action may happen in the state with these arguments, and if not, why. */
export const bind = (instance: SpecInstance, state: State, action: BoundAction, args: Arguments): Bindable => {
  const given = Object.keys(args).find((name) => !action.parameters.some((p) => p.name === name));
  if (given !== undefined) return { kind: "argument", message: `${action.name} has no parameter ${given}` };
  let scope = scopeOf(instance, state);
  const chosen: Record<string, unknown> = {};
  for (const [i, parameter] of action.parameters.entries()) {
    const index = earlyFalse(action, scope, chosen, i);
    if (index !== undefined) return { kind: "conjunct", index };
    if (!(parameter.name in args)) return { kind: "argument", message: `${action.name} needs the argument ${parameter.name}` };
    const where = (): string => `the domain of ${parameter.name} in ${place(action.name, args)}`;
    const domain = domainOf(where, parameter, scope);
    const at = domain.findIndex((member) => equal(member, args[parameter.name]));
    if (at < 0)
      return {
        kind: "argument",
        message: `${parameter.name} = ${valueText(args[parameter.name])} is not in its domain, {${domain.map(valueText).join(", ")}}`,
      };
    chosen[parameter.name] = domain[at];
    scope = { ...scope, [parameter.name]: domain[at] };
  }
  const index = falseConjunct(action, scope, chosen);
  return index === undefined ? { kind: "enabled", scope, arguments: chosen } : { kind: "conjunct", index };
};

const textOf = (f: (scope: CallScope) => unknown): string => {
  // A conjunct that is a function of its own has a name that says more than its text; `when` is only where it stands.
  if (f.name !== "" && f.name !== "when") return f.name;
  const source = f.toString();
  const arrow = source.indexOf("=>");
  const body = (arrow < 0 ? source : source.slice(arrow + 2)).replace(/\s+/g, " ").trim();
  // Loaders that strip types may also have taken out the blanks.
  return body.replace(/ ?(===|!==|<=|>=|&&|\|\|) ?/g, " $1 ");
};

/** A conjunct of a guard as it is written: the name of its function, or the body of its arrow. */
export const conjunctText = (action: BoundAction, index: number): string => {
  const conjunct = action.conjuncts[index];
  return conjunct === undefined ? "" : textOf(conjunct);
};

export const refusalText = (action: BoundAction, refusal: Refusal): string =>
  refusal.kind === "argument"
    ? refusal.message
    : `conjunct ${String(refusal.index + 1)} of its guard is false: ${conjunctText(action, refusal.index)}`;

/**
 * One step, with immer's patches from the state to the next one. Throws LockstepError "usage" for an unknown action or
 * one that is not enabled with these arguments, SpecError when the spec misbehaves.
 */
export const step = (
  instance: SpecInstance,
  state: State,
  actionName: string,
  args: Arguments,
): { readonly state: State; readonly patches: readonly Patch[] } => {
  const action = actionNamed(instance, actionName);
  const bound = bind(instance, state, action, args);
  if (bound.kind !== "enabled")
    throw new LockstepError("usage", `${callText(actionName, args, 100)} is not enabled: ${refusalText(action, bound)}`);
  return effectWithPatches(instance, action, state, bound.arguments, bound.scope);
};

/** The same state made of other objects: no place of `next` is the same object as one of `now`. */
const copyOfState = (state: State): State => copyOf(state) as State; // a copy of a state is one

/** Is the predicate true in the state? `next` is the successor, for action properties. Throws SpecError when it throws. */
export const holds = (
  instance: SpecInstance,
  predicate: { readonly name: string; readonly test: (scope: CallScope) => unknown },
  state: State,
  next?: State,
): boolean => {
  const scope = scopeOf(instance, state);
  return truth(() => `the predicate ${predicate.name}`, predicate.test, next === undefined ? scope : { ...scope, next: copyOfState(next) });
};

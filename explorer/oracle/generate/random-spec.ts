/** Random specs over everything that the language has. */
import { evaluate } from "../judge/evaluate.ts";
import { initialStates } from "../judge/relation.ts";
import { asTruth } from "../judge/values.ts";
import { isClosed } from "../syntax/expressions.ts";
import type { Expression } from "../syntax/expressions.ts";
import type { ActionDeclaration, Binder, InitialStates, Parameter, Property, SpecSyntax, VariableDeclaration } from "../syntax/spec.ts";
import { isScalar } from "../syntax/types.ts";
import type { Type } from "../syntax/types.ts";
import { make } from "./build.ts";
import { condition, filtered, group } from "./conditions.ts";
import type { Dice } from "./dice.ts";
import { withFault } from "./random-fault.ts";
import { withReduction } from "./random-reduction.ts";
import { actsIn, statesOf } from "./lively.ts";
import { TypePool, randomSets } from "./random-types.ts";
import { Scope } from "./scope.ts";
import { statements } from "./statements.ts";

const initialValue = (scope: Scope, type: Type): Expression | undefined => {
  if (type.kind === "bag" || type.kind === "network") {
    const element = scope.dice.chance(25) ? scope.constant(type.element) : undefined;
    return make("setOf", type, element === undefined ? [] : [element]);
  }
  return scope.constant(type);
};

const randomInit = (scope: Scope): InitialStates => {
  // Only what is so for all members of a symmetric set may be chosen; one of each is named where it is needed.
  const values = scope.variables.map((v) => initialValue(scope, v.type));
  if (values.every((v) => v !== undefined)) return { over: [], values };
  const over: readonly Binder[] = scope.sets.filter((s) => s.symmetric).map((s) => ({ name: scope.fresh(), set: s.name }));
  const choosing = scope.with(...over.map((b): { name: string; type: Type } => ({ name: b.name, type: { kind: "member", set: b.set } })));
  return {
    over,
    values: scope.variables.map((v, i) => values[i] ?? initialValue(choosing, v.type) ?? make("literal", v.type, [], { literal: null })),
  };
};

const randomParameter = (scope: Scope, name: string, pool: TypePool): Parameter => {
  const { dice } = scope;
  const roll = dice.below(10);
  if (roll < 2) {
    const type = dice.chance(60) ? pool.scalar() : dice.pick(pool.records);
    const values = dice.times(1, 3, () => new Scope(dice, scope.sets, [], { now: false, next: false }).constant(type));
    const chosen = values.filter((v) => v !== undefined);
    if (chosen.length > 0) return { name, type, domain: { kind: "constant", values: chosen, style: dice.style() } };
  }
  if (roll < 6) {
    const from = group(scope, 2);
    if (from !== undefined && "element" in from.type) {
      const of = dice.chance(30) ? filtered(scope, from, 1) : from;
      return { name, type: from.type.element, domain: { kind: "state", of, style: dice.style() } };
    }
  }
  const set = dice.pick(scope.sets).name;
  return { name, type: { kind: "member", set }, domain: { kind: "set", set } };
};
const EMPTY: SpecSyntax = {
  sets: [],
  variables: [],
  init: [],
  actions: [],
  invariants: [],
  actionProperties: [],
  constraints: [],
  witnesses: [],
  reductions: [],
};

const randomAction = (scope: Scope, name: string, pool: TypePool): ActionDeclaration => {
  const { dice } = scope;
  const parameters: Parameter[] = [];
  let inner = scope.reading(true, false);
  for (const p of ["p", "q"].slice(0, dice.pick([0, 1, 1, 2]))) {
    const parameter = randomParameter(inner, p, pool);
    parameters.push(parameter);
    inner = inner.with({ name: p, type: parameter.type });
  }
  const guard = dice.times(0, 2, () => condition(inner, 2)).filter((g) => !isClosed(g));
  return { name, parameters, guard, then: statements(inner.reading(true, true), 1), style: dice.style() };
};

/** True in the initial states, if one is found soon: what fails there at once says little. */
const property = (spec: SpecSyntax, scope: Scope, name: string): Property => {
  const states = initialStates(spec);
  let test = condition(scope, 3);
  for (let attempt = 0; attempt < 5; attempt++) {
    const isGood = !isClosed(test) && states.every((s) => asTruth(evaluate(test, { spec, now: s, next: s, names: new Map() })));
    if (isGood) break;
    test = condition(scope, 3);
  }
  return { name, test };
};

/** Variables that no initial state could give a value to are left out. */
const startable = (scope: Scope, all: readonly VariableDeclaration[]): readonly VariableDeclaration[] => {
  const choosing = scope.with(
    ...scope.sets.map((s): { name: string; type: Type } => ({ name: `any${s.name}`, type: { kind: "member", set: s.name } })),
  );
  return all.filter((v) => initialValue(choosing, v.type) !== undefined);
};

/** An action that does something in an initial state, if one is found soon. */
const livelyAction = (acts: (action: ActionDeclaration) => boolean, scope: Scope, name: string, pool: TypePool): ActionDeclaration => {
  let action = randomAction(scope, name, pool);
  for (let attempt = 0; attempt < 3 && !acts(action); attempt++) action = randomAction(scope, name, pool);
  return action;
};

const anySpec = (dice: Dice): SpecSyntax => {
  const sets = randomSets(dice);
  const pool = new TypePool(dice, sets);
  const empty = new Scope(dice, sets, [], { now: false, next: false });
  const found = startable(empty, pool.variables());
  const variables = found.some((v) => isScalar(v.type))
    ? found
    : [...found, { name: "n", type: pool.scalars[0] ?? { kind: "bool" }, style: 0 }];
  const scope = new Scope(dice, sets, variables, { now: false, next: false });
  const init = dice.times(1, 2, () => randomInit(scope));
  const silent: SpecSyntax = { ...EMPTY, sets, variables, init };
  const acts = actsIn(silent);
  const actions = dice.times(1, 4, (i) => {
    const name = `Action${String(i + 1)}`;
    // Some wait for others.
    return dice.chance(75) ? livelyAction(acts, scope, name, pool) : randomAction(scope, name, pool);
  });
  const spec: SpecSyntax = { ...silent, actions };
  const reading = scope.reading(true, false);
  const properties = (name: string, from: number, to: number, of: Scope): readonly Property[] =>
    dice.times(from, to, (i) => property(spec, of, `${name}${String(i + 1)}`));
  const whole: SpecSyntax = {
    ...spec,
    invariants: properties("Invariant", 1, 3, reading),
    actionProperties: properties("StepProperty", 0, 2, scope.reading(true, true)),
    constraints: dice.chance(20) ? properties("Constraint", 1, 1, reading) : [],
    witnesses: dice.chance(30) ? properties("Witness", 1, 1, reading) : [],
  };
  const faulty = dice.chance(12) ? withFault(scope.reading(true, true), whole) : whole;
  return dice.chance(15) ? withReduction(dice, faulty) : faulty;
};

/** Specs of fewer states are mostly drawn again, up to so often. */
const FEW_STATES = 8;
const DRAWS = 3;
export const randomSpec = (dice: Dice): SpecSyntax => {
  let spec = anySpec(dice);
  for (let draw = 1; draw < DRAWS && dice.chance(85) && statesOf(spec, FEW_STATES) < FEW_STATES; draw++) spec = anySpec(dice);
  return spec;
};

/** Specs that are themselves at fault: an effect throws, or writes what its type does not allow. */
import { evaluate } from "../judge/evaluate.ts";
import { initialStates } from "../judge/relation.ts";
import { asTruth } from "../judge/values.ts";
import type { Expression, Statement } from "../syntax/expressions.ts";
import type { ActionDeclaration, SpecSyntax } from "../syntax/spec.ts";
import type { Type } from "../syntax/types.ts";
import { literal } from "./build.ts";
import { condition } from "./conditions.ts";
import type { Scope } from "./scope.ts";
import { writablePlaces } from "./statements.ts";

/** A value that is not of a type. */
const wrongValue = (type: Type): Expression | undefined => {
  switch (type.kind) {
    case "int":
      return literal(type, type.max + 1);
    case "enum":
      return literal(type, "wrong");
    case "bool":
    case "member":
    case "seq":
    case "record":
      return literal(type, 99);
    default:
      return undefined;
  }
};

const wrongStatement = (scope: Scope): Statement => {
  const place = scope.dice.chance(50) ? scope.dice.maybe(writablePlaces(scope)) : undefined;
  const value = place && wrongValue(place.type);
  return place === undefined || value === undefined ? { kind: "throw" } : { kind: "set", place, value, style: 0 };
};

/** True in no initial state, if one is found soon, so that the fault comes later. */
const lateCondition = (spec: SpecSyntax, scope: Scope): Expression => {
  const states = initialStates(spec);
  let test = condition(scope, 2);
  for (let attempt = 0; attempt < 6; attempt++) {
    if (states.every((s) => !asTruth(evaluate(test, { spec, now: s, next: s, names: new Map() })))) break;
    test = condition(scope, 2);
  }
  return test;
};

/** With one more statement in one action. */
export const withFault = (scope: Scope, spec: SpecSyntax): SpecSyntax => {
  const i = scope.dice.below(spec.actions.length);
  const faulty = (a: ActionDeclaration): ActionDeclaration => {
    const then = [wrongStatement(scope.with(...a.parameters))];
    return { ...a, then: [...a.then, { kind: "if", condition: lateCondition(spec, scope.reading(true, false)), then, style: 0 }] };
  };
  return { ...spec, actions: spec.actions.map((a, at) => (at === i ? faulty(a) : a)) };
};

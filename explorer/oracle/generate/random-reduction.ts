/**
 * Reductions that are right: every member of a set gets a scratch value that only actions read which need it to be in
 * use, and that is written when it comes into use. What is in it otherwise never matters, so the normal form is blank.
 */
import type { Expression, Statement } from "../syntax/expressions.ts";
import type { ActionDeclaration, SpecSyntax } from "../syntax/spec.ts";
import { BOOL, int } from "../syntax/types.ts";
import type { Type } from "../syntax/types.ts";
import { at, literal, make, named, next, now, test } from "./build.ts";
import { condition } from "./conditions.ts";
import type { Dice } from "./dice.ts";
import { Scope } from "./scope.ts";
import { statements } from "./statements.ts";

/** The actions without which the reduction would not be right. */
export const REDUCTION_ACTIONS: readonly string[] = ["Begin", "End"];

export const withReduction = (dice: Dice, spec: SpecSyntax): SpecSyntax => {
  const set = dice.pick(spec.sets).name;
  const member: Type = { kind: "member", set };
  const scratch = int(0, dice.pick([1, 2]));
  const [inUse, scratches]: readonly [Type, Type] = [
    { kind: "map", keys: member, value: BOOL },
    { kind: "map", keys: member, value: scratch },
  ];
  const p = named("p", member);
  const is = (state: typeof now): Expression => at(state("inUse", inUse), p, BOOL);
  const write = (name: string, type: Type, element: Type, value: Expression): Statement => ({
    kind: "set",
    place: at(next(name, type), p, element),
    value,
    style: dice.style(),
  });
  const parameter = { name: "p", type: member, domain: { kind: "set", set } } as const;
  const scope = new Scope(dice, spec.sets, spec.variables, { now: true, next: false }, [{ name: "p", type: member }]);
  const Begin: ActionDeclaration = {
    name: "Begin",
    parameters: [
      parameter,
      { name: "q", type: scratch, domain: { kind: "constant", values: [0, 1].map((n) => literal(scratch, n)), style: dice.style() } },
    ],
    guard: [test("not", [is(now)]), ...(dice.chance(50) ? [condition(scope, 1)] : [])],
    then: [write("inUse", inUse, BOOL, literal(BOOL, true)), write("scratch", scratches, scratch, named("q", scratch))],
    style: dice.style(),
  };
  const End: ActionDeclaration = {
    name: "End",
    parameters: [parameter],
    guard: [is(now)],
    then: [
      write("inUse", inUse, BOOL, literal(BOOL, false)),
      {
        kind: "if",
        condition: test("less", [literal(scratch, 0), at(now("scratch", scratches), p, scratch)]),
        then: statements(scope.reading(true, true), 0),
        style: 0,
      },
    ],
    style: dice.style(),
  };
  // A reduction may touch only what the process owns, so it copies no whole map.
  const blank: Statement = { kind: "set", place: at(next("scratch", scratches), p, scratch), value: literal(scratch, 0), style: 0 };
  const all = (value: Expression, type: Type): Expression => make("mapOf", type, [value], { name: set, binds: "k" });
  return {
    ...spec,
    variables: [...spec.variables, { name: "inUse", type: inUse, style: 0 }, { name: "scratch", type: scratches, style: 0 }],
    init: spec.init.map((i) => ({ ...i, values: [...i.values, all(literal(BOOL, false), inUse), all(literal(scratch, 0), scratches)] })),
    actions: [...spec.actions, Begin, End],
    reductions: [
      { name: "Blank", over: { name: "p", set }, then: [{ kind: "if", condition: test("not", [is(now)]), then: [blank], style: 0 }] },
    ],
  };
};

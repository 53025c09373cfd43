/** Random effects. */
import type { Expression, Statement } from "../syntax/expressions.ts";
import type { Type } from "../syntax/types.ts";
import { at, field, make, next } from "./build.ts";
import { condition } from "./conditions.ts";
import { value } from "./random-values.ts";
import type { Scope } from "./scope.ts";

type SetStatement = Extract<Statement, { kind: "set" }>;
const isVerbal = (type: Type): boolean => ["set", "bag", "network"].includes(type.kind);

/** The places directly below one. */
const placesBelow = (scope: Scope, place: Expression): readonly Expression[] => {
  const { type } = place;
  switch (type.kind) {
    case "record":
      return Object.entries(type.fields).map(([name, t]) => field(place, name, t));
    case "map":
    case "partial": {
      const key = value(scope, type.keys, 0);
      return key === undefined ? [] : [at(place, key, type.value)];
    }
    case "optional":
      return type.element.kind === "record" ? placesBelow(scope, make("inside", type.element, [place])) : [];
    default:
      return [];
  }
};
const placesIn = (scope: Scope, place: Expression, depth: number): readonly Expression[] => {
  const below = depth === 0 ? [] : placesBelow(scope, place).flatMap((p) => placesIn(scope, p, depth - 1));
  return place.op === "next" && isVerbal(place.type) ? below : [place, ...below];
};

/** All that an assignment may write to. */
export const writablePlaces = (scope: Scope): readonly Expression[] =>
  scope.variables.filter((v) => !isVerbal(v.type)).flatMap((v) => placesIn(scope, next(v.name, v.type), 3));

const set = (scope: Scope, place: Expression, depth: number): SetStatement | undefined => {
  const v = value(scope, place.type, depth);
  return v && { kind: "set", place, value: v, style: scope.style() };
};

/** Is it read from the primed state, where it could be written as well? */
const isPlace = (e: Expression): boolean =>
  e.op === "next" || ((e.op === "field" || e.op === "at") && e.args[0] !== undefined && isPlace(e.args[0]));

/** An assignment, and perhaps a write into what was assigned. */
const assignment = (scope: Scope): readonly Statement[] => {
  const { dice } = scope;
  const roots = scope.variables.filter((v) => !isVerbal(v.type));
  const root = dice.maybe(roots);
  if (root === undefined) return [];
  const places = placesIn(scope, next(root.name, root.type), 3);
  const place = dice.maybe(places);
  const first = place && set(scope, place, 2);
  if (place === undefined || first === undefined) return [];
  // Into what was assigned, or into that from which it came.
  const source = isPlace(first.value) && dice.chance(50) ? first.value : place;
  const inner = placesIn(scope, source, 2).slice(1);
  const written = dice.chance(50) ? dice.maybe(inner) : undefined;
  const second = written && set(scope, written, 1);
  return second === undefined ? [first] : [first, second];
};

const deletion = (scope: Scope): readonly Statement[] => {
  const { dice } = scope;
  const partials = scope.variables
    .filter((v) => !isVerbal(v.type))
    .flatMap((v) => placesIn(scope, next(v.name, v.type), 2))
    .filter((p) => p.type.kind === "partial");
  const place = dice.maybe(partials);
  if (place?.type.kind !== "partial") return [];
  const key = value(scope, place.type.keys, 1);
  return key === undefined ? [] : [{ kind: "delete", place, key, style: scope.style() }];
};

const verbal = (scope: Scope): readonly Statement[] => {
  const { dice } = scope;
  const variable = dice.maybe(scope.variables.filter((v) => isVerbal(v.type)));
  if (variable === undefined || !("element" in variable.type)) return [];
  const { type } = variable;
  const place = next(variable.name, type);
  const style = scope.style();
  if (type.kind === "set" && dice.chance(20)) {
    const all = value(scope, type, 1);
    return all === undefined ? [] : [{ kind: "verb", verb: "assign", variable: place, value: all, style }];
  }
  const element = value(scope, type.element, 2);
  if (element === undefined) return [];
  const verbs = { set: ["add", "add", "delete"], bag: ["put", "take"], network: ["send", "sendAsReceived", "discard", "discard"] } as const;
  const verb = dice.pick(type.kind === "set" || type.kind === "bag" || type.kind === "network" ? verbs[type.kind] : ["add" as const]);
  const statement: Statement = { kind: "verb", verb, variable: place, value: element, style };
  // Bags and networks would grow for ever.
  const count = type.kind === "bag" ? "copies" : "awaiting";
  const limit = make("literal", { kind: "int", min: 0, max: 9 }, [], { literal: 2 });
  const isFew = make("less", { kind: "bool" }, [make(count, limit.type, [place, element]), limit]);
  return verb === "put" || verb === "send" || (verb === "sendAsReceived" && dice.chance(80))
    ? [{ kind: "if", condition: isFew, then: [statement], style: 0 }]
    : [statement];
};

/** One statement, or two that belong together. */
const some = (scope: Scope, depth: number): readonly Statement[] => {
  const { dice } = scope;
  const roll = dice.below(10);
  if (depth > 0 && roll === 0) return [{ kind: "if", condition: condition(scope, 1), then: statements(scope, depth - 1), style: 0 }];
  if (depth > 0 && roll === 1) {
    const binder = { name: scope.fresh(), set: dice.pick(scope.sets).name };
    const inner = scope.with({ name: binder.name, type: { kind: "member", set: binder.set } });
    // The members of a symmetric set have no order, so each writes only what is its own.
    if (scope.isSymmetric(binder.set)) return [];
    return [{ kind: "each", set: binder.set, binds: binder.name, then: statements(inner, depth - 1), style: scope.style() }];
  }
  if (roll < 6) return assignment(scope);
  return roll < 7 ? deletion(scope) : verbal(scope);
};

export const statements = (scope: Scope, depth: number): readonly Statement[] => {
  const { dice } = scope;
  for (let attempt = 0; attempt < 5; attempt++) {
    const all = dice.times(1, 3, () => some(scope, depth)).flat();
    if (all.length > 0) return all;
  }
  return [];
};

/** Random questions. */
import type { Expression } from "../syntax/expressions.ts";
import { BOOL, holdsKind, isScalar } from "../syntax/types.ts";
import type { Type } from "../syntax/types.ts";
import { make, members, number, test } from "./build.ts";
import type { Scope } from "./scope.ts";
import { value } from "./random-values.ts";

const elementOf = (type: Type): Type => ("element" in type ? type.element : BOOL);

/** Several values that can be read: for quantifiers and domains. */
export const group = (scope: Scope, depth: number): Expression | undefined => {
  const { dice } = scope;
  const source = dice.chance(20)
    ? undefined
    : scope.some(
        (t) => ["set", "seq", "bag", "network", "map", "partial"].includes(t.kind) && (t.kind !== "map" || t.keys.kind === "member"),
      );
  if (source === undefined) return members(dice.pick(scope.sets).name);
  const { type } = source;
  const style = scope.style();
  switch (type.kind) {
    case "network": {
      if (type.element.kind !== "union") return undefined;
      const [tag, fields] = dice.pick(Object.entries(type.element.variants));
      const destination = value(scope, fields[type.by] ?? BOOL, depth - 1);
      const found: Type = { kind: "group", element: type.element };
      return destination && make(dice.chance(75) ? "pending" : "delivered", found, [source, destination], { name: tag, style });
    }
    case "map":
    case "partial":
      if (type.kind === "partial" && dice.chance(50)) return make("keys", { kind: "group", element: type.keys }, [source], { style });
      return make("values", { kind: "group", element: type.value }, [source], { style });
    case "set":
    case "bag": {
      const element = elementOf(type);
      if (element.kind === "union" && dice.chance(50))
        return make("tagged", { kind: "group", element }, [source], { name: dice.pick(Object.keys(element.variants)), style });
      return type.kind === "set" && dice.chance(50) ? source : make("elements", { kind: "group", element }, [source], { style });
    }
    default:
      return dice.chance(60) ? source : make("elements", { kind: "group", element: elementOf(type) }, [source], { style });
  }
};

/** The elements for which a condition holds. */
export const filtered = (scope: Scope, from: Expression, depth: number): Expression => {
  const binds = scope.fresh();
  const body = condition(scope.with({ name: binds, type: elementOf(from.type) }), depth - 1);
  return make("filter", from.type, [from, body], { binds, style: scope.style() });
};

const quantified = (scope: Scope, depth: number): Expression | undefined => {
  const from = group(scope, depth);
  if (from === undefined) return undefined;
  const binds = scope.fresh();
  const body = condition(scope.with({ name: binds, type: elementOf(from.type) }), depth - 1);
  return test(scope.dice.chance(60) ? "some" : "every", [from, body], { binds, style: scope.style() });
};

const isCounted = (t: Type): boolean => t.kind === "bag" || t.kind === "network";
const equality = (scope: Scope, depth: number): Expression | undefined => {
  const { dice } = scope;
  const wantsScalar = dice.chance(65);
  const a = scope.some((t) => (wantsScalar ? isScalar(t) : !isScalar(t)));
  if (a === undefined) return undefined;
  const style = scope.style();
  const isWhole = (e: Expression): boolean => e.op === "now" || e.op === "next";
  if (isCounted(a.type) || (isWhole(a) && a.type.kind === "set")) {
    const b = scope.some((t) => t === a.type);
    return b ? test("equal", [a, b], { style }) : undefined;
  }
  const b = value(scope, a.type, depth - 1);
  if (b === undefined || (b.op === "literal" && a.op === "literal")) return undefined;
  return test("equal", [a, b], { style });
};

/** Only of the unprimed state, and of what can only be something with an identity. */
const identity = (scope: Scope): Expression | undefined => {
  const { dice } = scope;
  const composite = (e: Expression): boolean => !isScalar(e.type) && e.type.kind !== "optional" && isPlace(e);
  const all = scope.reading(true, false).everything().filter(composite);
  const a = dice.maybe(all);
  const b = a && dice.maybe(all.filter((e) => e.type === a.type));
  return a && b && test("same", [a, b]);
};
const isPlace = (e: Expression): boolean =>
  e.op === "now" || ((e.op === "field" || e.op === "at") && e.args[0] !== undefined && isPlace(e.args[0]));

const about = (scope: Scope, a: Expression, depth: number): Expression | undefined => {
  const { dice } = scope;
  const { type } = a;
  const style = scope.style();
  const other = (t: Type): Expression | undefined => value(scope, t, depth - 1);
  switch (type.kind) {
    case "bool":
      return a;
    case "int": {
      const b = other(type);
      return b && test("less", dice.chance(50) ? [a, b] : [b, a], { style });
    }
    case "optional":
      return test("isNull", [a], { style });
    case "union":
      return test("isTag", [a], { name: dice.pick(Object.keys(type.variants)), style });
    case "seq":
    case "group": {
      const x = dice.chance(60) ? other(type.element) : undefined;
      return x
        ? test("includes", [a, x], { style })
        : test("less", [make("length", number(0).type, [a], { style }), number(dice.below(3))]);
    }
    case "set":
    case "bag": {
      const x = dice.chance(70) ? other(type.element) : undefined;
      if (type.kind === "bag" && x && dice.chance(60)) return test("less", [number(dice.below(2)), make("copies", number(0).type, [a, x])]);
      return x ? test("has", [a, x], { style }) : test("less", [make("size", number(0).type, [a], { style }), number(dice.below(3))]);
    }
    case "network": {
      const m = other(type.element);
      if (m === undefined) return undefined;
      return dice.chance(60)
        ? test("sent", [a, m], { style })
        : test("less", [number(0), make("awaiting", number(0).type, [a, m], { style })]);
    }
    case "partial": {
      const key = other(type.keys);
      return key && test("hasKey", [a, key], { style });
    }
    default:
      return undefined;
  }
};

export const condition = (scope: Scope, depth: number): Expression => {
  const { dice } = scope;
  for (let attempt = 0; attempt < 6; attempt++) {
    const roll = dice.below(10);
    let found: Expression | undefined;
    if (depth > 0 && roll < 2) {
      const both = [condition(scope, depth - 1), condition(scope, depth - 1)];
      found = test(dice.chance(50) ? "and" : "or", both, { style: scope.style() });
    } else if (depth > 0 && roll < 3) found = test("not", [condition(scope, depth - 1)], { style: scope.style() });
    else if (depth > 0 && roll < 5) found = quantified(scope, depth);
    else if (roll < 7) found = scope.reads.now && dice.chance(10) ? identity(scope) : equality(scope, depth);
    else {
      const a = scope.some((t) => !isScalar(t) || t.kind === "bool" || t.kind === "int");
      found = a && about(scope, a, depth);
    }
    if (found !== undefined) return found;
  }
  return make("literal", BOOL, [], { literal: dice.chance(80) });
};

/** May values of the type be compared by a text of them? */
export const isStored = (type: Type): boolean => !holdsKind(type, ["group", "bag", "network"]);

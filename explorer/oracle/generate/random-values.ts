/** Random expressions of a type. */
import { arg } from "../syntax/expressions.ts";
import type { Expression } from "../syntax/expressions.ts";
import { sameType } from "../syntax/types.ts";
import type { Type } from "../syntax/types.ts";
import { make, number } from "./build.ts";
import { condition, filtered } from "./conditions.ts";
import type { Scope } from "./scope.ts";

/** A part of something that is read, which may not be there. */
const extracted = (scope: Scope, type: Type, depth: number): Expression | undefined => {
  const { dice } = scope;
  const style = scope.style();
  const holds = (t: Type): boolean =>
    ((t.kind === "optional" || t.kind === "seq") && sameType(t.element, type)) ||
    (t.kind === "partial" && sameType(t.value, type)) ||
    (t.kind === "union" && Object.values(t.variants).some((fields) => Object.values(fields).some((f) => sameType(f, type))));
  const source = scope.some(holds);
  const otherwise = source && (scope.constant(type) ?? scope.some((t) => sameType(t, type)));
  if (source === undefined || otherwise === undefined) return undefined;
  switch (source.type.kind) {
    case "optional":
      return make("orElse", type, [source, otherwise], { style });
    case "seq":
      return make("nth", type, [source, otherwise], { index: dice.below(2), style });
    case "partial": {
      const key = value(scope, source.type.keys, depth - 1);
      return key && make("getKey", type, [source, key, otherwise], { style });
    }
    case "union": {
      const fields = Object.entries(source.type.variants).flatMap(([tag, f]) =>
        Object.entries(f).flatMap(([n, t]) => (sameType(t, type) ? [`${tag}.${n}`] : [])),
      );
      return make("part", type, [source, otherwise], { name: dice.pick(fields), style });
    }
    default:
      return undefined;
  }
};

const arithmetic = (scope: Scope, type: Type): Expression | undefined => {
  const { dice } = scope;
  const style = scope.style();
  const source = scope.some((t) => ["int", "seq", "set", "bag"].includes(t.kind));
  if (source === undefined) return undefined;
  const { kind } = source.type;
  const n =
    kind === "int"
      ? make(dice.chance(65) ? "plus" : "minus", number(0).type, [source, number(1 + dice.below(2))])
      : make(kind === "seq" ? "length" : "size", number(0).type, [source], { style });
  return make("clamp", type, [n]);
};

/** A changed or a new composite. */
const composed = (scope: Scope, type: Type, depth: number): Expression | undefined => {
  const { dice } = scope;
  const style = scope.style();
  const below = (t: Type): Expression | undefined => value(scope, t, depth - 1);
  const old = scope.some((t) => sameType(t, type));
  switch (type.kind) {
    case "optional": {
      const some = dice.chance(75) ? below(type.element) : undefined;
      return some ? make("present", type, [some]) : make("literal", type, [], { literal: null });
    }
    case "seq": {
      const x = below(type.element);
      if (old === undefined || x === undefined) return undefined;
      const roll = dice.below(8);
      if (roll < 4) return make("append", type, [old, x], { index: 2, style });
      if (roll < 5) return make("rest", type, [old], { style });
      return roll < 6 ? filtered(scope, old, depth - 1) : make("replaced", type, [old, x], { index: dice.below(2), style });
    }
    case "set": {
      const x = below(type.element);
      if (old === undefined || x === undefined) return undefined;
      if (dice.chance(20)) return filtered(scope, old, depth - 1);
      return make(dice.chance(70) ? "union" : "minus1", type, [old, x], { style });
    }
    case "record": {
      const [name, t] = dice.pick(Object.entries(type.fields));
      const v = below(t);
      if (old !== undefined && dice.chance(50)) return v && make("with", type, [old, v], { name, style });
      const fields = Object.values(type.fields).map(below);
      return fields.every((f) => f !== undefined) ? make("record", type, fields, { style }) : undefined;
    }
    case "union": {
      const [tag, all] = dice.pick(Object.entries(type.variants));
      const fields = Object.values(all).map(below);
      return fields.every((f) => f !== undefined) ? make("variant", type, fields, { name: tag, style }) : undefined;
    }
    case "map":
    case "partial": {
      const [key, v] = [below(type.keys), below(type.value)];
      if (old === undefined || key === undefined || v === undefined) return undefined;
      const isGone = type.kind === "partial" && dice.chance(30);
      return isGone ? make("withoutKey", type, [old, key], { style }) : make("withKey", type, [old, key, v], { style });
    }
    default:
      return undefined;
  }
};

/** Undefined where the scope has no such value: nothing names a member of a symmetric set. */
export const value = (scope: Scope, type: Type, depth: number): Expression | undefined => {
  const { dice } = scope;
  if (type.kind === "bool" && depth > 0 && dice.chance(50)) return condition(scope, depth - 1);
  const roll = dice.below(10);
  let found: Expression | undefined;
  if (roll < 4) found = scope.some((t) => sameType(t, type));
  else if (depth > 0 && roll < 5) {
    const [a, b] = [value(scope, type, depth - 1), value(scope, type, depth - 1)];
    found = a && b && make("if", type, [condition(scope, depth - 1), a, b], { style: scope.style() });
  } else if (depth > 0 && roll < 6) found = extracted(scope, type, depth);
  else if (depth > 0 && roll < 9) found = type.kind === "int" ? arithmetic(scope, type) : composed(scope, type, depth);
  found ??= scope.constant(type) ?? scope.some((t) => sameType(t, type)) ?? (depth >= 0 ? extracted(scope, type, depth - 1) : undefined);
  // The range of counts is only that of answers.
  return found?.op === "clamp" && found.args.length > 0 && arg(found, 0).op === "literal" ? scope.constant(type) : found;
};

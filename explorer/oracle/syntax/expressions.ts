/**
 * Expressions of the small language. Every operation is total and pure, so that evaluating more than JavaScript would
 * (both branches of an `if`) makes no difference. `style` chooses among the ways to write it in JavaScript; it has no
 * meaning here.
 */
import type { Type } from "./types.ts";

export type Operation =
  /** A boolean, number, string or null. */
  | "literal"
  /** A parameter or a bound name. */
  | "name"
  /** A variable of the unprimed or the primed state. */
  | "now"
  | "next"
  | "field" // r.name
  | "at" // m[k], of a map with a value for every key; in places also of a partial one
  | "inside" // o, where it is known not to be null: in places only
  | "not"
  | "and"
  | "or"
  | "if"
  | "equal"
  | "same" // do both name the same place of the unprimed state? (what JavaScript's === asks of what is no scalar)
  | "less"
  | "plus"
  | "minus"
  | "clamp" // into the range of the type
  | "present" // a value as an optional one
  | "isNull"
  | "orElse"
  | "record" // the fields in the order of the type
  | "variant" // the fields in the order of the type; name is the tag
  | "with" // r with the field `name` as v
  | "isTag"
  | "part" // u's field, if u has the tag, else d; name is "tag.field"
  | "list"
  | "length" // of a seq or group
  | "nth" // element `index` of a seq, or d
  | "includes" // is x in a seq or group?
  | "append" // unless it has `index` elements
  | "rest" // without the first element
  | "replaced" // element `index` of a seq as x, if there is one
  | "setOf"
  | "has"
  | "size"
  | "union" // x added to a set
  | "minus1" // x taken from a set
  | "copies"
  | "sent"
  | "awaiting" // how many deliveries of a message are pending; 0 if it was never sent
  | "pending" // a group: those of tag `name` to a destination with a pending delivery
  | "delivered" // likewise, with none pending
  | "tagged" // a group: the elements of a set or bag with tag `name`
  | "elements" // a group: those of a set, bag or seq
  | "values" // a group: those of a map
  | "keys" // a group: those of a partial map
  | "members" // a group: those of the value set `name`
  | "some" // binds
  | "every" // binds
  | "filter" // of a set or group, or of a seq; binds
  | "mapOf" // [binds \in name |-> e]
  | "withKey"
  | "noKeys" // the empty partial map
  | "hasKey"
  | "getKey" // p[k], or d
  | "withoutKey";

export interface Expression {
  readonly op: Operation;
  readonly type: Type;
  readonly args: readonly Expression[];
  /** What a variable, parameter, field, tag or set is called. */
  readonly name?: string;
  /** The name that stands for each element in the last argument. */
  readonly binds?: string;
  readonly literal?: boolean | number | string | null;
  readonly index?: number;
  readonly style: number;
}

/** What an effect does, in order. */
export type Statement =
  /** `place` starts at `next`; nothing happens where a partial map on the way has no such key or an optional one is null. */
  | { readonly kind: "set"; readonly place: Expression; readonly value: Expression; readonly style: number }
  | { readonly kind: "delete"; readonly place: Expression; readonly key: Expression; readonly style: number }
  | { readonly kind: "verb"; readonly verb: Verb; readonly variable: Expression; readonly value: Expression; readonly style: number }
  | { readonly kind: "if"; readonly condition: Expression; readonly then: readonly Statement[]; readonly style: number }
  | { readonly kind: "throw" }
  | { readonly kind: "each"; readonly set: string; readonly binds: string; readonly then: readonly Statement[]; readonly style: number };
/** `take` and `discard` do nothing where there is nothing to take. */
export type Verb = "add" | "delete" | "assign" | "put" | "take" | "send" | "sendAsReceived" | "discard" | "forget";

export class Malformed extends Error {}
/** An argument that must be there. */
export const arg = (e: Expression, i: number): Expression => {
  const found = e.args[i];
  if (found === undefined) throw new Malformed(`${e.op} has no argument ${String(i)}`);
  return found;
};
export const nameOf = (e: Expression): string => {
  if (e.name === undefined) throw new Malformed(`${e.op} has no name`);
  return e.name;
};

const CLOSED_LEAVES: readonly Operation[] = ["now", "next", "name"];
/** Does it depend on nothing but itself? */
export const isClosed = (e: Expression, bound: readonly string[] = []): boolean => {
  if (CLOSED_LEAVES.includes(e.op)) return e.op === "name" && bound.includes(nameOf(e));
  const inner = e.binds === undefined ? bound : [...bound, e.binds];
  return e.args.every((a) => isClosed(a, inner));
};

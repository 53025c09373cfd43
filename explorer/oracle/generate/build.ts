/** Short ways to make expressions. */
import type { Expression, Operation } from "../syntax/expressions.ts";
import { BOOL, COUNT } from "../syntax/types.ts";
import type { Type } from "../syntax/types.ts";

type Extras = Partial<Pick<Expression, "name" | "binds" | "literal" | "index" | "style">>;
export const make = (op: Operation, type: Type, args: readonly Expression[] = [], extras: Extras = {}): Expression => ({
  op,
  type,
  args,
  style: 0,
  ...extras,
});
export const literal = (type: Type, value: boolean | number | string | null): Expression => make("literal", type, [], { literal: value });
export const number = (n: number): Expression => literal(COUNT, n);
export const test = (op: Operation, args: readonly Expression[], extras: Extras = {}): Expression => make(op, BOOL, args, extras);
export const named = (name: string, type: Type): Expression => make("name", type, [], { name });
export const now = (name: string, type: Type): Expression => make("now", type, [], { name });
export const next = (name: string, type: Type): Expression => make("next", type, [], { name });
export const field = (r: Expression, name: string, type: Type): Expression => make("field", type, [r], { name });
export const at = (m: Expression, key: Expression, type: Type): Expression => make("at", type, [m, key]);
export const members = (set: string): Expression => make("members", { kind: "group", element: { kind: "member", set } }, [], { name: set });

/** A spec of the small language. */
import type { Expression, Statement } from "./expressions.ts";
import type { Type, ValueSetDeclaration } from "./types.ts";

export interface VariableDeclaration {
  readonly name: string;
  readonly type: Type;
  readonly style: number;
}
export interface Binder {
  readonly name: string;
  readonly set: string;
}
/** One initial state for each choice of members. */
export interface InitialStates {
  readonly over: readonly Binder[];
  /** By variable, in the order of their declaration. */
  readonly values: readonly Expression[];
}
export interface Parameter {
  readonly name: string;
  readonly type: Type;
  readonly domain:
    | { readonly kind: "set"; readonly set: string }
    /** Values that depend on nothing, given as a list or as a function of the constants. */
    | { readonly kind: "constant"; readonly values: readonly Expression[]; readonly style: number }
    /** A set, seq or group of the state and of earlier parameters. */
    | { readonly kind: "state"; readonly of: Expression; readonly style: number };
}
export interface ActionDeclaration {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly guard: readonly Expression[];
  readonly then: readonly Statement[];
  readonly style: number;
}
export interface Property {
  readonly name: string;
  readonly test: Expression;
}
/** For each member of the set: brings what the member owns to a normal form. */
export interface ReductionDeclaration {
  readonly name: string;
  readonly over: Binder;
  readonly then: readonly Statement[];
}
export interface SpecSyntax {
  readonly sets: readonly ValueSetDeclaration[];
  readonly variables: readonly VariableDeclaration[];
  readonly init: readonly InitialStates[];
  readonly actions: readonly ActionDeclaration[];
  readonly invariants: readonly Property[];
  readonly actionProperties: readonly Property[];
  readonly constraints: readonly Property[];
  readonly witnesses: readonly Property[];
  readonly reductions: readonly ReductionDeclaration[];
}

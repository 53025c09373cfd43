/** Simpler specs than one that fails: what shrinking tries, the greatest simplifications first. */
import type { Expression, Statement } from "../syntax/expressions.ts";
import type { ActionDeclaration, Parameter, Property, SpecSyntax } from "../syntax/spec.ts";
import { sameType } from "../syntax/types.ts";
import type { Type } from "../syntax/types.ts";
import { REDUCTION_ACTIONS } from "./random-reduction.ts";

type Simpler<T> = (x: T) => Iterable<T>;

function* fewer<T>(all: readonly T[], least = 0): Iterable<readonly T[]> {
  if (all.length > least) for (let i = 0; i < all.length; i++) yield all.toSpliced(i, 1);
}
function* inList<T>(all: readonly T[], simpler: Simpler<T>): Iterable<readonly T[]> {
  for (const [i, x] of all.entries()) for (const y of simpler(x)) yield all.with(i, y);
}

const plainest = (type: Type): Expression | undefined => {
  const base = { op: "literal" as const, type, args: [], style: 0 };
  if (type.kind === "bool") return { ...base, literal: true };
  if (type.kind === "int") return { ...base, literal: type.min };
  if (type.kind === "enum") return { ...base, literal: type.names[0] ?? "" };
  return type.kind === "optional" ? { ...base, literal: null } : undefined;
};

function* simplerExpression(e: Expression): Iterable<Expression> {
  if (e.op === "literal") {
    if (e.literal === true) yield { ...e, literal: false };
    return;
  }
  const plain = plainest(e.type);
  if (plain !== undefined) yield plain;
  for (const a of e.args) if (sameType(a.type, e.type)) yield a;
  if (e.style !== 0) yield { ...e, style: 0 };
  if (e.op === "list" || e.op === "setOf") for (const args of fewer(e.args)) yield { ...e, args };
  for (const args of inList(e.args, simplerExpression)) yield { ...e, args };
}

/** A place stays where it is, with simpler keys. */
function* simplerPlace(e: Expression): Iterable<Expression> {
  const [owner, ...keys] = e.args;
  if (owner === undefined) return;
  for (const o of simplerPlace(owner)) yield { ...e, args: [o, ...keys] };
  for (const k of inList(keys, simplerExpression)) yield { ...e, args: [owner, ...k] };
}

function* simplerStatement(s: Statement): Iterable<Statement> {
  if (s.kind === "throw") return;
  if (s.style !== 0) yield { ...s, style: 0 };
  switch (s.kind) {
    case "set":
      for (const value of simplerExpression(s.value)) yield { ...s, value };
      for (const place of simplerPlace(s.place)) yield { ...s, place };
      return;
    case "delete":
      for (const key of simplerExpression(s.key)) yield { ...s, key };
      return;
    case "verb":
      for (const value of simplerExpression(s.value)) yield { ...s, value };
      return;
    case "if":
      for (const condition of simplerExpression(s.condition)) yield { ...s, condition };
      for (const then of simplerStatements(s.then)) yield { ...s, then };
      return;
    case "each":
      for (const then of simplerStatements(s.then)) yield { ...s, then };
  }
}
function* simplerStatements(all: readonly Statement[]): Iterable<readonly Statement[]> {
  yield* fewer(all);
  // What is done on a condition may be done without.
  for (const [i, s] of all.entries()) if (s.kind === "if") yield all.toSpliced(i, 1, ...s.then);
  yield* inList(all, simplerStatement);
}

function* simplerParameter(p: Parameter): Iterable<Parameter> {
  const { domain } = p;
  if (domain.kind === "state") for (const of of simplerExpression(domain.of)) yield { ...p, domain: { ...domain, of } };
  if (domain.kind === "constant") {
    for (const values of fewer(domain.values, 1)) yield { ...p, domain: { ...domain, values } };
    if (domain.style !== 0) yield { ...p, domain: { ...domain, style: 0 } };
  }
}
function* simplerAction(a: ActionDeclaration): Iterable<ActionDeclaration> {
  for (const guard of fewer(a.guard)) yield { ...a, guard };
  for (const then of simplerStatements(a.then)) yield { ...a, then };
  for (const parameters of fewer(a.parameters)) yield { ...a, parameters };
  for (const parameters of inList(a.parameters, simplerParameter)) yield { ...a, parameters };
  for (const guard of inList(a.guard, simplerExpression)) yield { ...a, guard };
  if (a.style !== 0) yield { ...a, style: 0 };
}
function* simplerProperty(p: Property): Iterable<Property> {
  for (const test of simplerExpression(p.test)) yield { ...p, test };
}

/** What is of a declared reduction stays as it is while there is one: it would be wrong otherwise. */
const mayChange = (spec: SpecSyntax, a: ActionDeclaration): boolean => spec.reductions.length === 0 || !REDUCTION_ACTIONS.includes(a.name);
function* simplerActions(spec: SpecSyntax): Iterable<readonly ActionDeclaration[]> {
  for (const [i, a] of spec.actions.entries())
    if (mayChange(spec, a)) for (const simpler of simplerAction(a)) yield spec.actions.with(i, simpler);
}

const withoutVariable = (spec: SpecSyntax, i: number): SpecSyntax => ({
  ...spec,
  variables: spec.variables.toSpliced(i, 1),
  init: spec.init.map((init) => ({ ...init, values: init.values.toSpliced(i, 1) })),
});

/** Some of these are no specs, since they name what they lack. */
export function* simplerSpecs(spec: SpecSyntax): Iterable<SpecSyntax> {
  for (const reductions of fewer(spec.reductions)) yield { ...spec, reductions };
  for (const actions of fewer(spec.actions, 1)) yield { ...spec, actions };
  for (const kind of ["invariants", "actionProperties", "constraints", "witnesses"] as const)
    for (const fewerOnes of fewer(spec[kind])) yield { ...spec, [kind]: fewerOnes };
  for (const init of fewer(spec.init, 1)) yield { ...spec, init };
  if (spec.variables.length > 1) for (let i = 0; i < spec.variables.length; i++) yield withoutVariable(spec, i);
  const others = JSON.stringify({ ...spec, sets: [] });
  for (const sets of fewer(spec.sets)) {
    const gone = spec.sets.find((s) => !sets.includes(s));
    // Of what is left, each type names its set, and so does what quantifies over it.
    if (gone !== undefined && !others.includes(`"${gone.name}"`)) yield { ...spec, sets };
  }
  for (const [i, set] of spec.sets.entries()) {
    if (set.size > 1) yield { ...spec, sets: spec.sets.with(i, { ...set, size: set.size - 1 }) };
    if (set.symmetric) yield { ...spec, sets: spec.sets.with(i, { ...set, symmetric: false }) };
  }
  for (const actions of simplerActions(spec)) yield { ...spec, actions };
  for (const kind of ["invariants", "actionProperties", "constraints", "witnesses"] as const)
    for (const simpler of inList(spec[kind], simplerProperty)) yield { ...spec, [kind]: simpler };
  for (const init of inList(spec.init, function* (i) {
    for (const over of fewer(i.over)) yield { ...i, over };
    for (const values of inList(i.values, simplerExpression)) yield { ...i, values };
  }))
    yield { ...spec, init };
}

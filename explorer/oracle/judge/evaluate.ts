/** What an expression of the small language means. */
import { Malformed, arg, nameOf } from "../syntax/expressions.ts";
import type { Expression, Operation } from "../syntax/expressions.ts";
import type { SpecSyntax } from "../syntax/spec.ts";
import type { ValueSetDeclaration } from "../syntax/types.ts";
import {
  apply,
  asCounted,
  asFunction,
  asItems,
  asNumber,
  asTruth,
  countIn,
  functionOf,
  isNull,
  membersOf,
  plain,
  recordOf,
  recount,
  seq,
  setOf,
  truth,
  withEntry,
  without,
} from "./values.ts";
import type { Value } from "./values.ts";

/** Variables by name. */
export type State = ReadonlyMap<string, Value>;
export interface Environment {
  readonly spec: SpecSyntax;
  readonly now: State;
  readonly next: State;
  readonly names: ReadonlyMap<string, Value>;
}
export const bind = (env: Environment, name: string, value: Value): Environment => ({
  ...env,
  names: new Map([...env.names, [name, value]]),
});

const found = (v: Value | undefined, what: string): Value => {
  if (v === undefined) throw new Malformed(`${what} has no value`);
  return v;
};
const known = new WeakMap<ValueSetDeclaration, readonly Value[]>();
export const setNamed = (spec: SpecSyntax, name: string): readonly Value[] => {
  const declaration = spec.sets.find((s) => s.name === name);
  if (declaration === undefined) throw new Malformed(`there is no set ${name}`);
  const members = known.get(declaration) ?? membersOf(declaration);
  known.set(declaration, members);
  return members;
};
const fieldNames = (e: Expression): readonly string[] => {
  if (e.type.kind === "record") return Object.keys(e.type.fields);
  if (e.type.kind === "union") return Object.keys(e.type.variants[nameOf(e)] ?? {});
  throw new Malformed(`${e.op} of a ${e.type.kind}`);
};
const tagOf = (v: Value): string | undefined => {
  const tag = v.kind === "function" ? apply(v, plain("type")) : undefined;
  return tag?.kind === "plain" && typeof tag.plain === "string" ? tag.plain : undefined;
};
/** The messages of a tag for a destination. */
const inbox = (e: Expression, [network, destination]: readonly Value[], isWanted: (count: number) => boolean): Value => {
  const of = arg(e, 0).type;
  if (of.kind !== "network" || network === undefined || destination === undefined) throw new Malformed(`${e.op} of a ${of.kind}`);
  const isHere = (m: Value): boolean => apply(asFunction(m), plain(of.by))?.text === destination.text;
  return seq(
    asCounted(network)
      .entries.filter(([m, n]) => isWanted(n) && tagOf(m) === nameOf(e) && isHere(m))
      .map(([m]) => m),
  );
};

/** Operations whose arguments are all evaluated first. */
const operations: Readonly<Partial<Record<Operation, (e: Expression, ...args: Value[]) => Value>>> = {
  field: (e, r) => found(apply(asFunction(r), plain(nameOf(e))), nameOf(e)),
  at: (_, m, k) => found(apply(asFunction(m), k), k.text),
  inside: (_, o) => o,
  not: (_, a) => truth(!asTruth(a)),
  and: (_, a, b) => truth(asTruth(a) && asTruth(b)),
  or: (_, a, b) => truth(asTruth(a) || asTruth(b)),
  if: (_, c, a, b) => (asTruth(c) ? a : b),
  equal: (_, a, b) => truth(a.text === b.text),
  less: (_, a, b) => truth(asNumber(a) < asNumber(b)),
  plus: (_, a, b) => plain(asNumber(a) + asNumber(b)),
  minus: (_, a, b) => plain(asNumber(a) - asNumber(b)),
  clamp: (e, a) => {
    if (e.type.kind !== "int") throw new Malformed(`clamp to a ${e.type.kind}`);
    return plain(Math.min(e.type.max, Math.max(e.type.min, asNumber(a))));
  },
  present: (_, a) => a,
  isNull: (_, a) => truth(isNull(a)),
  orElse: (_, a, d) => (isNull(a) ? d : a),
  record: (e, ...fields) => recordOf(Object.fromEntries(fieldNames(e).map((f, i) => [f, found(fields[i], f)]))),
  variant: (e, ...fields) =>
    recordOf({ type: plain(nameOf(e)), ...Object.fromEntries(fieldNames(e).map((f, i) => [f, found(fields[i], f)])) }),
  with: (e, r, v) => withEntry(asFunction(r), plain(nameOf(e)), v),
  isTag: (e, u) => truth(tagOf(u) === nameOf(e)),
  part: (e, u, d) => {
    const [tag, field] = nameOf(e).split(".");
    return tagOf(u) === tag ? found(apply(asFunction(u), plain(field ?? "")), nameOf(e)) : d;
  },
  list: (_, ...items) => seq(items),
  length: (_, s) => plain(asItems(s).length),
  nth: (e, s, d) => asItems(s)[e.index ?? 0] ?? d,
  includes: (_, s, x) => truth(asItems(s).some((i) => i.text === x.text)),
  append: (e, s, x) => (asItems(s).length < (e.index ?? 0) ? seq([...asItems(s), x]) : s),
  rest: (_, s) => seq(asItems(s).slice(1)),
  replaced: (e, s, x) => seq(asItems(s).map((i, at) => (at === e.index ? x : i))),
  setOf: (_, ...elements) => setOf(elements),
  has: (_, s, x) => truth(countIn(asCounted(s), x) !== undefined),
  size: (_, s) => plain(asCounted(s).entries.length),
  union: (_, s, x) => recount(asCounted(s), x, 1),
  minus1: (_, s, x) => recount(asCounted(s), x, undefined),
  copies: (_, s, x) => plain(countIn(asCounted(s), x) ?? 0),
  sent: (_, n, m) => truth(countIn(asCounted(n), m) !== undefined),
  awaiting: (_, n, m) => plain(countIn(asCounted(n), m) ?? 0),
  pending: (e, ...args) => inbox(e, args, (count) => count > 0),
  delivered: (e, ...args) => inbox(e, args, (count) => count === 0),
  tagged: (e, s) => seq(asItems(s).filter((i) => tagOf(i) === nameOf(e))),
  elements: (_, s) => seq(asItems(s)),
  values: (_, m) => seq(asFunction(m).entries.map(([, v]) => v)),
  keys: (_, m) => seq(asFunction(m).entries.map(([k]) => k)),
  withKey: (_, m, k, v) => withEntry(asFunction(m), k, v),
  noKeys: () => functionOf([]),
  hasKey: (_, m, k) => truth(apply(asFunction(m), k) !== undefined),
  getKey: (_, m, k, d) => apply(asFunction(m), k) ?? d,
  withoutKey: (_, m, k) => without(asFunction(m), k),
};

/** Those with a name that stands for one element after the other. */
const quantified = (e: Expression, env: Environment): Value => {
  const body = (v: Value): Value => evaluate(arg(e, e.args.length - 1), bind(env, e.binds ?? "", v));
  if (e.op === "mapOf") return functionOf(setNamed(env.spec, nameOf(e)).map((k) => [k, body(k)]));
  const of = evaluate(arg(e, 0), env);
  const chosen = asItems(of).filter((i) => asTruth(body(i)));
  if (e.op === "some") return truth(chosen.length > 0);
  if (e.op === "every") return truth(chosen.length === asItems(of).length);
  return of.kind === "counted" ? setOf(chosen) : seq(chosen);
};

/** The path of a place, as far as it goes through records and maps. */
const placeText = (e: Expression, env: Environment): string => {
  if (e.op === "now") return nameOf(e);
  const key = e.op === "field" ? nameOf(e) : evaluate(arg(e, 1), env).text;
  return `${placeText(arg(e, 0), env)} ${key}`;
};

/** Throws Malformed or WrongKind for what is no expression. */
export const evaluate = (e: Expression, env: Environment): Value => {
  if (e.binds !== undefined) return quantified(e, env);
  switch (e.op) {
    case "literal":
      return plain(e.literal ?? null);
    case "name":
      return found(env.names.get(nameOf(e)), nameOf(e));
    case "now":
      return found(env.now.get(nameOf(e)), nameOf(e));
    case "next":
      return found(env.next.get(nameOf(e)), nameOf(e));
    case "same":
      return truth(placeText(arg(e, 0), env) === placeText(arg(e, 1), env));
    case "members":
      return seq(setNamed(env.spec, nameOf(e)));
    default: {
      const operation = operations[e.op];
      if (operation === undefined) throw new Malformed(`there is no operation ${e.op}`);
      return operation(e, ...e.args.map((a) => evaluate(a, env)));
    }
  }
};

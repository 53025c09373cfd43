/** A spec with its constants and design filled in: the protocol-blind form that the interpreter and the search run. */
import { BagValue, NetworkValue, SetValue } from "./collections.ts";
import { decode, encode } from "./codec.ts";
import { isFields } from "./draft.ts";
import { canonicalText, copyOf } from "./equality.ts";
import { constantsFrom } from "./constants.ts";
import { LockstepError, SpecError, messageOf } from "./errors.ts";
import { membersOf, resolveVariables } from "./schema.ts";
import type { Constants, Schema, Variable } from "./schema.ts";
import type { Action, Choice, Domain, Parameters, Spec, StateDomain, UserFunction } from "./system.ts";
import { isValueSet } from "./value-set.ts";
import type { Scalar } from "./value-set.ts";

export type Design = Readonly<Record<string, Choice>>;
export type State = Readonly<Record<string, unknown>>;
/** What user code is called with: now, next, constants, design and the arguments. */
export type CallScope = Readonly<Record<string, unknown>>;
export type Predicate = (scope: CallScope) => unknown;

export type Parameter =
  | { readonly kind: "static"; readonly name: string; readonly members: readonly unknown[]; readonly set: string | undefined }
  | { readonly kind: "state"; readonly name: string; readonly of: (scope: CallScope) => Iterable<unknown> };
export interface BoundAction {
  readonly name: string;
  readonly location: string;
  readonly parameters: readonly Parameter[];
  readonly conjuncts: readonly Predicate[];
  readonly then: (scope: CallScope) => void;
}
export interface BoundReduction {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly then: (scope: CallScope) => void;
}
export interface Named<T> {
  readonly name: string;
  readonly test: T;
}
/** Who acts and what is kept where, for diagrams; see `LanesDeclaration`. */
export interface Lanes {
  readonly actor: (action: string, argumentsByName: Readonly<Record<string, unknown>>) => string;
  readonly stores: readonly { readonly name: string; readonly content: (state: State) => string }[];
}
export interface SpecInstance {
  readonly name: string;
  readonly constants: Constants;
  readonly design: Design;
  readonly variables: readonly Variable[];
  readonly actions: readonly BoundAction[];
  readonly init: readonly State[];
  readonly invariants: readonly Named<Predicate>[];
  readonly actionProperties: readonly Named<Predicate>[];
  readonly constraints: readonly Named<Predicate>[];
  readonly actionConstraints: readonly Named<Predicate>[];
  /** One predicate where the spec says that a state without a next step may be the end, else none. */
  readonly terminated: readonly Named<Predicate>[];
  readonly witnesses: readonly Named<Predicate>[];
  readonly reductions: readonly BoundReduction[];
  readonly symmetricSets: readonly { readonly name: string; readonly members: readonly Scalar[] }[];
  readonly lanes: Lanes | undefined;
}

const list = (names: readonly string[]): string => (names.length === 0 ? "none" : names.join(", "));

const designOf = (spec: Spec, given: Design): Design => {
  for (const [name, value] of Object.entries(given)) {
    const choices = spec.design[name];
    if (choices === undefined)
      throw new LockstepError("usage", `${spec.name} has no design switch ${name}; it has ${list(Object.keys(spec.design))}`);
    if (!choices.includes(value))
      throw new LockstepError("usage", `${spec.name}: ${name}=${String(value)} is not a choice; it may be ${choices.join(", ")}`);
  }
  return Object.fromEntries(Object.entries(spec.design).map(([name, choices]) => [name, given[name] ?? choices[0]]));
};

/**
 * The one boundary to stored user code: its scope was typed where it was written. The function itself is kept, not a
 * wrapper, so that an explanation can quote its name or its text.
 */
const callable = (f: UserFunction): ((scope: CallScope) => unknown) => f as (scope: CallScope) => unknown;

const isStateDomain = (d: Domain): d is StateDomain<unknown> => typeof d === "object" && "kind" in d && d.kind === "state-domain";

const terminatedOf = ({ terminated }: Spec): Named<Predicate>[] =>
  terminated === undefined ? [] : [{ name: "terminated", test: terminated === "always" ? () => true : callable(terminated) }];

const isIterable = (x: unknown): x is Iterable<unknown> => typeof x === "object" && x !== null && Symbol.iterator in x;

const parametersOf = (owner: string, parameters: Parameters, constants: Constants): Parameter[] => {
  const seen: string[] = [];
  return Object.entries(parameters).map(([name, domain]): Parameter => {
    const where = `${owner}, parameter ${name}`;
    if (["now", "next", "constants", "design"].includes(name))
      throw new LockstepError("load", `${where}: the name is taken; choose another`);
    if (isStateDomain(domain)) {
      const missing = domain.needs.find((n) => !seen.includes(n));
      if (missing !== undefined)
        throw new LockstepError("load", `${where}: its domain needs the parameter ${missing}, which must be declared before it`);
      seen.push(name);
      return { kind: "state", name, of: callable(domain.of) as (scope: CallScope) => Iterable<unknown> }; // typed by StateDomain
    }
    seen.push(name);
    const members: unknown = isValueSet(domain)
      ? membersOf(domain, constants)
      : typeof domain === "function"
        ? domain(constants as never)
        : domain;
    if (!isIterable(members))
      throw new LockstepError("load", `${where}: a domain must be a value set, an array or a set, or a function that returns one`);
    const choices = new Map(Array.from(members, (m) => [canonicalText(m), copyOf(m)]));
    if (choices.size === 0 && !(isValueSet(domain) && domain.mayBeEmpty))
      throw new LockstepError("load", `${where}: its domain is empty, so the action could never happen`);
    // A domain is a set: what it names twice counts once. Copies, since the spec may go on using what it gave.
    return { kind: "static", name, members: [...choices.values()], set: isValueSet(domain) ? domain.name : undefined };
  });
};

const bindAction = (name: string, action: Action, constants: Constants): BoundAction => ({
  name,
  get location() {
    return action.location;
  },
  parameters: parametersOf(`action ${name}`, action.parameters, constants),
  conjuncts: action.when.map(callable),
  then: synchronous(callable(action.then)),
});

/** An effect that waits for something has not happened when its caller goes on; a generator has not even begun. */
const synchronous =
  (effect: (scope: CallScope) => unknown) =>
  (scope: CallScope): void => {
    const result = effect(scope);
    if (typeof result !== "object" || result === null) return;
    if ("then" in result) throw new SpecError("its effect is async: effects are synchronous");
    if (Symbol.asyncIterator in result || "next" in result)
      throw new SpecError("its effect is a generator, which does nothing: effects are plain functions");
  };

const named = (predicates: Readonly<Record<string, UserFunction>>): Named<Predicate>[] =>
  Object.entries(predicates).map(([name, f]) => ({ name, test: callable(f) }));

/** Initial states may give collections as arrays, as variables and in the fields of records and the values of maps. */
const collection = (schema: Schema, value: unknown): unknown => {
  if (schema.kind === "record" && isFields(value)) {
    const inner = schema.fields.map((f) => [f.name, collection(f.schema, value[f.name])]);
    return { ...value, ...Object.fromEntries(inner.filter(([, v]) => v !== undefined)) };
  }
  if (schema.kind === "map" && isFields(value))
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, collection(schema.value, v)]));
  if (!isIterable(value)) return value;
  if (schema.kind === "set") return SetValue.of(value);
  if (schema.kind === "bag") return value instanceof BagValue ? value : new BagValue([...value].map((e) => [e, 1] as const));
  if (schema.kind === "network")
    return value instanceof NetworkValue
      ? value
      : new NetworkValue(
          [...value].map((e) => [e, 1] as const),
          schema.by,
        );
  return value;
};

const initialStates = (spec: Spec, variables: readonly Variable[], scope: CallScope): State[] => {
  let result: unknown;
  try {
    result = callable(spec.init)(scope);
  } catch (error) {
    throw new SpecError(`init of ${spec.name} threw: ${messageOf(error)}`, { cause: error });
  }
  if (typeof result !== "object" || result === null || "then" in result)
    throw new SpecError(`init of ${spec.name} gives no state: it must return one, or an array of states, and may not be async`);
  const states = (Array.isArray(result) ? result : [result]) as readonly State[]; // checked by encode below
  if (states.length === 0) throw new LockstepError("load", `init of ${spec.name} gives no initial state`);
  const distinct = new Map<string, State>();
  for (const state of states) {
    const extra = Object.keys(state).find((k) => !variables.some((v) => v.name === k));
    if (extra !== undefined)
      throw new SpecError(`init of ${spec.name} sets ${extra}, which is not a variable; it has ${list(variables.map((v) => v.name))}`);
    // Encoding checks TypeOK; decoding what was encoded gives the canonical, frozen value.
    const texts = variables.map((v) => encode(v.schema, collection(v.schema, state[v.name]), v.name));
    const key = texts.join("|");
    // Init is a set, too: a state that is given twice is one initial state.
    if (!distinct.has(key))
      distinct.set(key, Object.freeze(Object.fromEntries(variables.map((v, i) => [v.name, decode(v.schema, texts[i] ?? "")]))));
  }
  return [...distinct.values()];
};

const collectSets = (schema: Schema, into: Map<string, readonly Scalar[]>): void => {
  if (schema.kind === "enum" && schema.set !== undefined) into.set(schema.set, schema.members);
  if (schema.kind === "enum") for (const part of schema.parts ?? []) into.set(part.set, part.members);
  if (schema.kind === "tuple") for (const e of schema.elements) collectSets(e, into);
  if (schema.kind === "either") for (const o of schema.options) collectSets(o, into);
  if ("element" in schema) collectSets(schema.element, into);
  if (schema.kind === "map") {
    collectSets(schema.keys, into);
    collectSets(schema.value, into);
  }
  if (schema.kind === "record") for (const f of schema.fields) collectSets(f.schema, into);
  if (schema.kind === "union") for (const v of schema.variants) for (const f of v.fields) collectSets(f.schema, into);
};

const symmetricNames = (spec: Spec): Set<string> => {
  const found = new Set<string>();
  const visit = (x: unknown): void => {
    if (isValueSet(x)) {
      if (x.symmetric) found.add(x.name);
      x.parts?.forEach(visit);
    } else if (typeof x === "object" && x !== null) Object.values(x).forEach(visit);
  };
  visit(spec.variables);
  return found;
};

const lanesOf = (spec: Spec, scope: CallScope): Lanes | undefined =>
  spec.lanes && {
    actor: spec.lanes.actor,
    stores: Object.entries(spec.lanes.stores).map(([name, f]) => ({
      name,
      content: (now: State) => String(callable(f)({ ...scope, now })),
    })),
  };

/**
 * Fills in constants and design (defaults where not given).
 * Throws LockstepError: "constants", "usage" (design), "assumption", "load". To ask for `init` throws SpecError when the
 * spec's own throws or breaks TypeOK, and LockstepError "load" where it gives no state.
 */
export const instantiate = (spec: Spec, given: { readonly constants?: Constants; readonly design?: Design } = {}): SpecInstance => {
  const constants = constantsFrom(spec.name, spec.constants, given.constants ?? {});
  const design = designOf(spec, given.design ?? {});
  const scope = Object.freeze({ constants: Object.freeze(constants), design: Object.freeze(design) });
  for (const [name, test] of Object.entries(spec.assumptions))
    if (callable(test)(scope) !== true)
      throw new LockstepError("assumption", `${spec.name}: the assumption "${name}" does not hold for these constants and design`);
  const variables = resolveVariables(spec.variables, constants);
  if (variables.length === 0) throw new LockstepError("load", `${spec.name} has no variables`);
  const sets = new Map<string, readonly Scalar[]>();
  for (const v of variables) collectSets(v.schema, sets);
  const symmetricOnes = symmetricNames(spec);
  let init: State[] | undefined;
  return {
    name: spec.name,
    constants,
    design,
    variables,
    actions: Object.entries(spec.actions).map(([name, a]) => bindAction(name, a, constants)),
    // Made when first asked for: who only reads what was declared need not wait for it.
    get init() {
      return (init ??= initialStates(spec, variables, scope));
    },
    invariants: named(spec.invariants),
    actionProperties: named(spec.actionProperties),
    constraints: named(spec.constraints),
    actionConstraints: named(spec.actionConstraints ?? {}),
    terminated: terminatedOf(spec),
    witnesses: named(spec.witnesses),
    reductions: Object.entries(spec.reductions).map(([name, r]) => ({
      name,
      parameters: parametersOf(`reduction ${name}`, r.parameters, constants),
      then: synchronous(callable(r.then)),
    })),
    symmetricSets: [...sets].filter(([name]) => symmetricOnes.has(name)).map(([name, members]) => ({ name, members })),
    lanes: lanesOf(spec, scope),
  };
};

/** The next-state relation of a spec of the small language. */
import { evaluate, bind, setNamed } from "./evaluate.ts";
import type { Environment, State } from "./evaluate.ts";
import { Thrown, executeAll } from "./effect.ts";
import { asItems, asTruth } from "./values.ts";
import type { Value } from "./values.ts";
import type { ActionDeclaration, Binder, InitialStates, Parameter, Property, SpecSyntax } from "../syntax/spec.ts";

export interface Step {
  readonly action: string;
  readonly arguments: ReadonlyMap<string, Value>;
  /** Undefined where the effect throws. */
  readonly state: State | undefined;
}

const environment = (spec: SpecSyntax, now: State, next: State): Environment => ({ spec, now, next, names: new Map() });

const each = (values: readonly Value[]): readonly Value[] => [...new Map(values.map((v) => [v.text, v])).values()];

/** The choices of a parameter, each once. */
const domainOf = (parameter: Parameter, env: Environment): readonly Value[] => {
  const { domain } = parameter;
  if (domain.kind === "set") return setNamed(env.spec, domain.set);
  if (domain.kind === "constant") return each(domain.values.map((v) => evaluate(v, env)));
  return each(asItems(evaluate(domain.of, env)));
};

const choices = (parameters: readonly Parameter[], env: Environment): readonly Environment[] =>
  parameters.reduce<readonly Environment[]>(
    (all, p) => all.flatMap((chosen) => domainOf(p, chosen).map((v) => bind(chosen, p.name, v))),
    [env],
  );

const stateAfter = (action: ActionDeclaration, env: Environment): State | undefined => {
  try {
    return executeAll(action.then, env);
  } catch (error) {
    if (error instanceof Thrown) return undefined;
    throw error;
  }
};

const stepsOf = (spec: SpecSyntax, action: ActionDeclaration, now: State): readonly Step[] =>
  choices(action.parameters, environment(spec, now, now))
    .filter((env) => action.guard.every((g) => asTruth(evaluate(g, env))))
    .map((env) => ({ action: action.name, arguments: env.names, state: stateAfter(action, env) }));

/** Every enabled choice of parameters of every action. */
export const steps = (spec: SpecSyntax, now: State): readonly Step[] => spec.actions.flatMap((a) => stepsOf(spec, a, now));

const members = (spec: SpecSyntax, over: readonly Binder[], env: Environment): readonly Environment[] =>
  over.reduce<readonly Environment[]>((all, b) => all.flatMap((e) => setNamed(spec, b.set).map((v) => bind(e, b.name, v))), [env]);

const initialOf = (spec: SpecSyntax, init: InitialStates): readonly State[] =>
  members(spec, init.over, environment(spec, new Map(), new Map())).map(
    (env) =>
      new Map(
        spec.variables.flatMap((v, i) => {
          const value = init.values[i];
          return value === undefined ? [] : [[v.name, evaluate(value, env)] as const];
        }),
      ),
  );

export const holds = (spec: SpecSyntax, property: Property, now: State, next = now): boolean =>
  asTruth(evaluate(property.test, environment(spec, now, next)));

/** The normal form of a state under the declared reductions. */
export const reduced = (spec: SpecSyntax, state: State): State =>
  spec.reductions.reduce(
    (all, r) =>
      members(spec, [r.over], environment(spec, all, all)).reduce((s, env) => executeAll(r.then, { ...env, now: s, next: s }), all),
    state,
  );

export const stateText = (spec: SpecSyntax, state: State): string => spec.variables.map((v) => state.get(v.name)?.text ?? "").join("\n");

/** Each once, however often it is given. */
export const initialStates = (spec: SpecSyntax): readonly State[] => [
  ...new Map(spec.init.flatMap((i) => initialOf(spec, i)).map((s) => [stateText(spec, s), s])).values(),
];

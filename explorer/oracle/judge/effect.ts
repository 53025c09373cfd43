/** What the statements of an effect do to a state. */
import { Malformed, arg, nameOf } from "../syntax/expressions.ts";
import type { Expression, Statement } from "../syntax/expressions.ts";
import { bind, evaluate, setNamed } from "./evaluate.ts";
import type { Environment, State } from "./evaluate.ts";
import { apply, asCounted, asFunction, asItems, asTruth, countIn, isNull, plain, recount, setOf, withEntry, without } from "./values.ts";
import type { CountedValue, Value } from "./values.ts";

/** An effect of the spec throws. */
export class Thrown extends Error {}

const put = (state: State, variable: string, value: Value): State => new Map([...state, [variable, value]]);

/** The state in which what is at a place has been changed; the state itself if there is no such place. */
const changeAt = (env: Environment, place: Expression, change: (old: Value | undefined) => Value | undefined): State => {
  if (place.op === "next") {
    const old = env.next.get(nameOf(place));
    if (old === undefined) throw new Malformed(`there is no variable ${nameOf(place)}`);
    const value = change(old);
    return value === undefined ? env.next : put(env.next, nameOf(place), value);
  }
  const owner = arg(place, 0);
  if (place.op === "inside") return changeAt(env, owner, (old) => (old === undefined || isNull(old) ? undefined : change(old)));
  if (place.op !== "field" && place.op !== "at") throw new Malformed(`${place.op} is no place`);
  const key = place.op === "field" ? plain(nameOf(place)) : evaluate(arg(place, 1), env);
  return changeAt(env, owner, (old) => {
    if (old === undefined) return undefined;
    const value = change(apply(asFunction(old), key));
    return value === undefined ? undefined : withEntry(asFunction(old), key, value);
  });
};

const verb = (s: Extract<Statement, { kind: "verb" }>, old: CountedValue, value: Value): CountedValue => {
  const count = countIn(old, value);
  switch (s.verb) {
    case "add":
      return recount(old, value, 1);
    case "delete":
    case "forget":
      return recount(old, value, undefined);
    case "assign":
      return setOf(asItems(value));
    case "put":
    case "send":
      return recount(old, value, (count ?? 0) + 1);
    case "take":
      return count === undefined ? old : recount(old, value, count === 1 ? undefined : count - 1);
    case "sendAsReceived":
      return recount(old, value, count === undefined ? 0 : count + 1);
    case "discard":
      return count === undefined || count === 0 ? old : recount(old, value, count - 1);
  }
};

const execute = (s: Statement, env: Environment): State => {
  switch (s.kind) {
    case "set": {
      const value = evaluate(s.value, env);
      return changeAt(env, s.place, () => value);
    }
    case "delete": {
      const key = evaluate(s.key, env);
      return changeAt(env, s.place, (old) => (old === undefined ? undefined : without(asFunction(old), key)));
    }
    case "verb": {
      const name = nameOf(s.variable);
      const old = env.next.get(name);
      if (old === undefined) throw new Malformed(`there is no variable ${name}`);
      return put(env.next, name, verb(s, asCounted(old), evaluate(s.value, env)));
    }
    case "throw":
      throw new Thrown();
    case "if":
      return asTruth(evaluate(s.condition, env)) ? executeAll(s.then, env) : env.next;
    case "each":
      return setNamed(env.spec, s.set).reduce((next, member) => executeAll(s.then, bind({ ...env, next }, s.binds, member)), env.next);
  }
};

/** The primed state after the statements. */
export const executeAll = (statements: readonly Statement[], env: Environment): State =>
  statements.reduce((next, s) => execute(s, { ...env, next }), env.next);

/** Expressions of the small language as JavaScript over the Lockstep language, each operation in several ways. */
import { Malformed, arg, isClosed, nameOf } from "../syntax/expressions.ts";
import type { Expression, Operation } from "../syntax/expressions.ts";
import { holdsKind, isScalar } from "../syntax/types.ts";
import type { Type } from "../syntax/types.ts";
import { groupWays, quantifierText } from "./group-text.ts";
import { listOf, styled } from "./writer.ts";
import type { Style, Writer } from "./writer.ts";

export const quoted = (s: string): string => JSON.stringify(s);
const COLLECTIONS = ["set", "bag", "network"] as const;

/** JSON knows nothing of collections. */
const isPlain = (type: Type): boolean => !holdsKind(type, COLLECTIONS);
const isOptional = (type: Type): boolean => type.kind === "optional";
const READS: readonly Operation[] = ["now", "next", "field", "at"];
const root = (e: Expression): Expression => (READS.includes(e.op) && e.args.length > 0 ? root(arg(e, 0)) : e);
export const isReadOf = (e: Expression, what: "now" | "next"): boolean => READS.includes(e.op) && root(e).op === what;

const variableWays = (w: Writer, e: Expression): readonly (Style | false)[] => {
  const [state, name] = [e.op, nameOf(e)];
  return [
    () => `${state}.${name}`,
    () => `${state}[${quoted(name)}]`,
    () => `(({ ${name}: ${name}Of }) => ${name}Of)(${state})`,
    () => `Reflect.get(${state}, ${quoted(name)})`,
    e.op === "now" && (() => `({ ...${state} }).${name}`),
  ];
};

const accessWays = (w: Writer, e: Expression, owner: string, key: string, plainText: string): readonly (Style | false)[] => {
  const q = w.local();
  return [
    () => plainText,
    () => `Reflect.get(${owner}, ${key})`,
    () => `({ ...${owner} })[${key}]`,
    () => `Object.entries(${owner}).find(([${q}]) => ${q} === String(${key}))[1]`,
    () => `(({ [${key}]: ${q} }) => ${q})(${owner})`,
    () => `Object.fromEntries(Object.entries(${owner}))[${key}]`,
    isPlain(arg(e, 0).type) && (() => `JSON.parse(JSON.stringify(${owner}))[${key}]`),
  ];
};

const equalWays = (w: Writer, e: Expression, a: string, b: string): readonly (Style | false)[] => {
  const { type } = arg(e, 0);
  const q = w.local();
  if (isScalar(type) || (type.kind === "optional" && isScalar(type.element)))
    return [() => `(${a} === ${b})`, () => `equal(${a}, ${b})`, () => `Object.is(${a}, ${b})`, () => `[${a}].includes(${b})`];
  const areNow = e.args.every((x) => isReadOf(x, "now"));
  return [
    () => `equal(${a}, ${b})`,
    areNow && isPlain(type) && (() => `(JSON.stringify(${a}) === JSON.stringify(${b}))`),
    type.kind !== "network" && type.kind !== "bag" && (() => `setOf(${a}).has(${b})`),
    type.kind === "set" && (() => `(${a}.size === ${b}.size && ${a}.every((${q}) => ${b}.has(${q})))`),
    type.kind === "seq" && (() => `(${a}.length === ${b}.length && ${a}.every((${q}, i) => equal(${q}, ${b}[i])))`),
    (type.kind === "record" || type.kind === "map") && (() => `Object.keys(${a}).every((${q}) => equal(${a}[${q}], ${b}[${q}]))`),
    type.kind === "optional" && (() => `(${a} === null || ${b} === null ? ${a} === ${b} : equal(${a}, ${b}))`),
  ];
};

const fieldsText = (names: readonly string[], texts: readonly string[], tag?: string): string => {
  const fields = [...(tag === undefined ? [] : [`type: ${quoted(tag)}`]), ...names.map((n, i) => `${n}: ${texts[i] ?? "?"}`)];
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
};

const recordText = (e: Expression, texts: readonly string[]): string => {
  if (e.type.kind === "record") return fieldsText(Object.keys(e.type.fields), texts);
  if (e.type.kind !== "union") throw new Malformed(`${e.op} of a ${e.type.kind}`);
  return fieldsText(Object.keys(e.type.variants[nameOf(e)] ?? {}), texts, nameOf(e));
};

const keyWays = (w: Writer, e: Expression, [m = "?", k = "?", d = "?"]: readonly string[]): readonly (Style | false)[] => {
  const [q, r] = [w.local(), w.local()];
  switch (e.op) {
    case "withKey":
      return [
        () => `({ ...${m}, [${k}]: ${d} })`,
        () => `Object.assign({}, ${m}, { [${k}]: ${d} })`,
        () => `Object.fromEntries([...Object.entries(${m}), [${k}, ${d}]])`,
      ];
    case "hasKey":
      return [
        () => `(${m}[${k}] !== undefined)`,
        () => `(${k} in ${m})`,
        () => `Object.hasOwn(${m}, ${k})`,
        () => `Object.keys(${m}).includes(String(${k}))`,
        () => `Reflect.has(${m}, String(${k}))`,
        () => `Object.entries(${m}).some(([${q}]) => ${q} === String(${k}))`,
      ];
    case "getKey":
      return [
        () => `(${m}[${k}] === undefined ? ${d} : ${m}[${k}])`,
        !isOptional(e.type) && (() => `(${m}[${k}] ?? ${d})`),
        () => `(${k} in ${m} ? ${m}[${k}] : ${d})`,
        () => `(({ [${k}]: ${q} = ${d} }) => ${q})(${m})`,
        () => `({ [${k}]: ${d}, ...${m} })[${k}]`,
      ];
    default:
      return [
        () => `(({ [${k}]: ${q}, ...${r} }) => ${r})(${m})`,
        () => `Object.fromEntries(Object.entries(${m}).filter(([${q}]) => ${q} !== String(${k})))`,
      ];
  }
};

const seqWays = (w: Writer, e: Expression, [s = "?", x = "?"]: readonly string[]): readonly (Style | false)[] => {
  const q = w.local();
  const at = String(e.index ?? 0);
  switch (e.op) {
    case "nth":
      return [
        () => `(${s}.length > ${at} ? ${s}[${at}] : ${x})`,
        !isOptional(e.type) && (() => `(${s}.at(${at}) ?? ${x})`),
        () => `(([${", ".repeat(e.index ?? 0)}${q} = ${x}]) => ${q})(${s})`,
      ];
    case "append":
      return [
        () => `(${s}.length < ${at} ? [...${s}, ${x}] : ${s})`,
        () => `${s}.concat(${s}.length < ${at} ? [${x}] : [])`,
        () => `[...${s}, ${x}].slice(0, Math.max(${at}, ${s}.length))`,
      ];
    case "rest":
      return [() => `${s}.slice(1)`, () => `(([, ...${q}]) => ${q})(${s})`, () => `${s}.filter((_, i) => i > 0)`];
    case "replaced":
      return [
        () => `${s}.map((${q}, i) => (i === ${at} ? ${x} : ${q}))`,
        () => `(${s}.length > ${at} ? ${s}.with(${at}, ${x}) : ${s})`,
        () => `${s}.toSpliced(${at}, 1, ...(${s}.length > ${at} ? [${x}] : []))`,
      ];
    default: // includes
      return [
        () => `${s}.some((${q}) => equal(${q}, ${x}))`,
        isScalar(arg(e, 1).type) && (() => `${s}.includes(${x})`),
        isScalar(arg(e, 1).type) && (() => `(${s}.indexOf(${x}) >= 0)`),
        () => `setOf(...${s}).has(${x})`,
      ];
  }
};

const awaitingText = (w: Writer, e: Expression, n: string, m: string): string => {
  const { type } = arg(e, 0);
  const by = type.kind === "network" ? type.by : "?";
  const [q, r] = [w.local(), w.local()];
  return `((${r}) => (${n}.to(${r}.${by}).entries().find(([${q}]) => equal(${q}, ${r})) ?? [${r}, 0])[1])(${m})`;
};

/** Truth, numbers and what may be null. */
const plainWays = (w: Writer, e: Expression, [a = "?", b = "?", c = "?"]: readonly string[]): readonly (Style | false)[] | undefined => {
  switch (e.op) {
    case "not":
      return [() => `!${a}`, () => `(${a} === false)`];
    case "and":
      return [() => `(${a} && ${b})`, () => `(${a} ? ${b} : false)`, () => `[${a}, ${b}].every((x) => x)`];
    case "or":
      return [() => `(${a} || ${b})`, () => `!(!${a} && !${b})`];
    case "if":
      return [() => `(${a} ? ${b} : ${c})`, () => `(() => { if (${a}) return ${b}; return ${c}; })()`];
    case "equal":
      return equalWays(w, e, a, b);
    case "less":
      return [() => `(${a} < ${b})`, () => `!(${a} >= ${b})`];
    case "plus":
    case "minus":
      return [() => `(${a} ${e.op === "plus" ? "+" : "-"} ${b})`];
    case "clamp":
      return [() => (e.type.kind === "int" ? `Math.max(${String(e.type.min)}, Math.min(${String(e.type.max)}, ${a}))` : "?")];
    case "isNull":
      return [() => `(${a} === null)`, () => `!(${a} !== null)`];
    case "orElse":
      return [() => `(${a} ?? ${b})`, () => `(${a} === null ? ${b} : ${a})`];
    default:
      return undefined;
  }
};

const simpleWays = (w: Writer, e: Expression, texts: readonly string[]): readonly (Style | false | undefined)[] => {
  const [a = "?", b = "?"] = texts;
  switch (e.op) {
    case "field":
      return accessWays(w, e, a, quoted(nameOf(e)), `${a}.${nameOf(e)}`);
    case "at":
      return accessWays(w, e, a, b, `${a}[${b}]`);
    case "inside":
    case "present":
      return [() => a];
    case "record":
    case "variant":
      return [() => recordText(e, texts)];
    case "with":
      return [() => `({ ...${a}, ${nameOf(e)}: ${b} })`, () => `Object.assign({}, ${a}, { ${nameOf(e)}: ${b} })`];
    case "isTag":
      return [() => `(${a}.type === ${quoted(nameOf(e))})`, () => `[${quoted(nameOf(e))}].includes(${a}["type"])`];
    case "part": {
      const [tag = "", field = ""] = nameOf(e).split(".");
      return [
        () => `(${a}.type === ${quoted(tag)} ? ${a}.${field} : ${b})`,
        () => `(${a}.type !== ${quoted(tag)} ? ${b} : { ...${a} }.${field})`,
      ];
    }
    case "list":
      return [() => `[${texts.join(", ")}]`];
    case "setOf":
      return [() => `setOf(${texts.join(", ")})`];
    case "length":
      return [() => `${a}.length`, () => `[...${a}].length`];
    case "nth":
    case "append":
    case "rest":
    case "replaced":
    case "includes":
      return seqWays(w, e, texts);
    case "has":
      return [() => `${a}.has(${b})`, () => `${a}.toArray().some((x) => equal(x, ${b}))`];
    case "size":
      return [() => `${a}.size`, () => `${a}.toArray().length`, () => `[...${a}].length`];
    case "union":
      return [() => `${a}.with(${b})`, () => `setOf(...${a}, ${b})`];
    case "minus1":
      return [() => `${a}.without(${b})`, () => `${a}.filter((x) => !equal(x, ${b}))`];
    case "copies":
      return [() => `${a}.copies(${b})`];
    case "sent":
      return [() => `${a}.has(${b})`];
    case "awaiting":
      return [() => awaitingText(w, e, a, b)];
    case "noKeys":
      return [() => "{}"];
    case "withKey":
    case "hasKey":
    case "getKey":
    case "withoutKey":
      return keyWays(w, e, texts);
    default:
      return plainWays(w, e, texts) ?? groupWays(w, e, texts);
  }
};

/** A place in the plainest way: a copy on the way there would be another object. */
const placeText = (w: Writer, e: Expression): string => {
  if (e.op === "now") return `now.${nameOf(e)}`;
  const owner = placeText(w, arg(e, 0));
  return e.op === "field" ? `${owner}.${nameOf(e)}` : `${owner}[${expressionText(w, arg(e, 1))}]`;
};

const HOISTED: readonly Operation[] = ["record", "variant", "list", "setOf", "mapOf", "noKeys", "withKey"];
const bare = (w: Writer, e: Expression): string => {
  switch (e.op) {
    case "literal":
      return typeof e.literal === "string" ? quoted(e.literal) : String(e.literal);
    case "name":
      return nameOf(e);
    case "now":
    case "next":
      return styled(e.style, variableWays(w, e));
    case "same":
      return `(${placeText(w, arg(e, 0))} === ${placeText(w, arg(e, 1))})`;
    case "members":
      return listOf(nameOf(e));
    default:
      if (e.binds !== undefined) return quantifierText(w, e, (x) => expressionText(w, x));
      return styled(
        e.style,
        simpleWays(
          w,
          e,
          e.args.map((x) => expressionText(w, x)),
        ),
      );
  }
};

/** The expression in the styles that it names. A value that depends on nothing may become a constant of the module. */
export const expressionText = (w: Writer, e: Expression): string => {
  const text = bare(w, e);
  return e.style % 2 === 1 && HOISTED.includes(e.op) && isClosed(e) ? w.constant(text) : text;
};

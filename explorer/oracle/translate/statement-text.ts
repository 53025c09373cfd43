/** Effects of the small language as JavaScript that writes `next`, each statement in several ways. */
import { Malformed, arg, nameOf } from "../syntax/expressions.ts";
import type { Expression, Statement } from "../syntax/expressions.ts";
import { expressionText, quoted } from "./expression-text.ts";
import { listOf, styled } from "./writer.ts";
import type { Writer } from "./writer.ts";

/** The place as it is written, and what must be so for it to be there. */
interface PlaceText {
  readonly text: string;
  readonly conditions: readonly string[];
}
const placeText = (w: Writer, place: Expression, isTarget: boolean): PlaceText => {
  if (place.op === "next") return { text: `next.${nameOf(place)}`, conditions: [] };
  const owner = placeText(w, arg(place, 0), false);
  if (place.op === "inside") return { text: owner.text, conditions: [...owner.conditions, `${owner.text} !== null`] };
  if (place.op === "field") return { text: `${owner.text}.${nameOf(place)}`, conditions: owner.conditions };
  if (place.op !== "at") throw new Malformed(`${place.op} is no place`);
  const text = `${owner.text}[${expressionText(w, arg(place, 1))}]`;
  const isUnsure = !isTarget && arg(place, 0).type.kind === "partial";
  return { text, conditions: [...owner.conditions, ...(isUnsure ? [`${text} !== undefined`] : [])] };
};

/** A copy that has as much in it, of a kind that may be copied by spreading. */
const copyText = (e: Expression, text: string): string | undefined => {
  if (e.type.kind === "record" || e.type.kind === "map" || e.type.kind === "partial") return `{ ...${text} }`;
  return e.type.kind === "seq" ? `[...${text}]` : undefined;
};

const setText = (w: Writer, s: Extract<Statement, { kind: "set" }>): string => {
  const { place } = s;
  const { text, conditions } = placeText(w, place, true);
  const value = expressionText(w, s.value);
  const q = w.local();
  const parent = place.op === "next" ? { text: "next", key: quoted(nameOf(place)) } : parentText(w, place);
  const copy = copyText(s.value, value);
  const parentKind = place.op === "next" ? "state" : arg(place, 0).type.kind;
  const written = styled(s.style, [
    () => `${text} = ${value};`,
    () => `{ const ${q} = ${value}; ${text} = ${q}; }`,
    () => `{ const ${q} = ${parent.text}; ${q}[${parent.key}] = ${value}; }`,
    () => `Object.assign(${parent.text}, { [${parent.key}]: ${value} });`,
    () => `[${text}] = [${value}];`,
    () => `({ ${q}: ${text} } = { ${q}: ${value} });`,
    () => `Reflect.set(${parent.text}, ${parent.key}, ${value});`,
    (parentKind === "record" || parentKind === "map" || parentKind === "partial") &&
      place.args[0]?.op !== "inside" &&
      (() => `${parent.text} = { ...${parent.text}, [${parent.key}]: ${value} };`),
    copy !== undefined && (() => `${text} = ${copy};`),
    copy !== undefined && (() => `{ const ${q} = ${copy}; ${text} = ${q}; ${scribble(s.value, q)} }`),
  ]);
  return conditions.length === 0 ? written : `if (${conditions.join(" && ")}) { ${written} }`;
};
const parentText = (w: Writer, place: Expression): { readonly text: string; readonly key: string } => ({
  text: placeText(w, arg(place, 0), false).text,
  key: place.op === "field" ? quoted(nameOf(place)) : expressionText(w, arg(place, 1)),
});
/** Writes nonsense into a local that was assigned before: what was assigned must not change. */
const scribble = (e: Expression, local: string): string =>
  e.type.kind === "seq" ? `${local}.push("scribble");` : `for (const k of Object.keys(${local})) ${local}[k] = "scribble";`;

const verbText = (w: Writer, s: Extract<Statement, { kind: "verb" }>): string => {
  const variable = `next.${nameOf(s.variable)}`;
  const value = expressionText(w, s.value);
  const q = w.local();
  const call = (method: string): string =>
    styled(s.style, [
      () => `${variable}.${method}(${value});`,
      () => `{ const ${q} = ${variable}; ${q}.${method}(${value}); }`,
      () => `[${value}].forEach((${q}) => ${variable}.${method}(${q}));`,
    ]);
  const { type } = s.variable;
  switch (s.verb) {
    case "add":
      return s.style % 7 === 6 ? `${variable}.assign(${variable}.with(${value}));` : call("add");
    case "delete":
      return s.style % 7 === 6 ? `${variable}.assign(${variable}.without(${value}));` : call("delete");
    case "assign":
      return styled(s.style, [() => `${variable}.assign(${value});`, () => `${variable}.assign([...${value}]);`]);
    case "put":
      return call("add");
    case "take":
      return `{ const ${q} = ${value}; if (${variable}.${s.style % 2 === 0 ? `has(${q})` : `copies(${q}) > 0`}) ${variable}.remove(${q}); }`;
    case "send":
    case "sendAsReceived":
    case "forget":
      return call(s.verb);
    case "discard": {
      const by = type.kind === "network" ? type.by : "?";
      return `{ const ${q} = ${value}; if (${variable}.to(${q}.${by}).pending(${q}.type).some((x) => equal(x, ${q}))) ${variable}.discard(${q}); }`;
    }
  }
};

const deleteText = (w: Writer, s: Extract<Statement, { kind: "delete" }>): string => {
  const { text, conditions } = placeText(w, s.place, false);
  const key = expressionText(w, s.key);
  const q = w.local();
  const written = styled(s.style, [
    () => `delete ${text}[${key}];`,
    () => `Reflect.deleteProperty(${text}, ${key});`,
    () => `{ const { [${key}]: ${q}, ...rest } = ${text}; ${text} = rest; }`,
  ]);
  return conditions.length === 0 ? written : `if (${conditions.join(" && ")}) { ${written} }`;
};

export const statementText = (w: Writer, s: Statement): string => {
  switch (s.kind) {
    case "set":
      return setText(w, s);
    case "delete":
      return deleteText(w, s);
    case "verb":
      return verbText(w, s);
    case "throw":
      return `throw new Error("thrown");`;
    case "if":
      return `if (${expressionText(w, s.condition)}) { ${statementsText(w, s.then)} }`;
    case "each":
      return styled(s.style, [
        () => `for (const ${s.binds} of ${listOf(s.set)}) { ${statementsText(w, s.then)} }`,
        () => `${listOf(s.set)}.forEach((${s.binds}) => { ${statementsText(w, s.then)} });`,
      ]);
  }
};
export const statementsText = (w: Writer, all: readonly Statement[]): string => all.map((s) => statementText(w, s)).join("\n      ");

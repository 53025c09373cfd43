/** Groups of values and what is asked of each of their elements, as JavaScript. */
import { Malformed, arg, nameOf } from "../syntax/expressions.ts";
import type { Expression } from "../syntax/expressions.ts";
import { listOf, styled } from "./writer.ts";
import type { Style, Writer } from "./writer.ts";

export const groupWays = (w: Writer, e: Expression, [a = "?", b = "?"]: readonly string[]): readonly (Style | false)[] => {
  const [q, n] = [w.local(), w.local()];
  const tag = JSON.stringify(e.name);
  const numbers = e.type.kind === "group" && w.isNumeric(e.type.element) ? ".map(Number)" : "";
  switch (e.op) {
    case "pending":
    case "delivered": {
      const test = e.op === "pending" ? `${n} > 0` : `${n} === 0`;
      return [
        () => `${a}.to(${b}).${e.op}(${tag})`,
        () => `${a}.to(${b}).entries().filter(([${q}, ${n}]) => ${test} && ${q}.type === ${tag}).map(([${q}]) => ${q})`,
        () => `${a}.to(${b}).entries().flatMap(([${q}, ${n}]) => (${test} && ${q}.type === ${tag} ? [${q}] : []))`,
      ];
    }
    case "tagged":
      return [() => `${a}.tagged(${tag})`, () => `${a}.toArray().filter((${q}) => ${q}.type === ${tag})`];
    case "elements":
      return [
        arg(e, 0).type.kind === "seq" && (() => a),
        arg(e, 0).type.kind !== "seq" && (() => `${a}.toArray()`),
        () => `[...${a}]`,
        () => `Array.from(${a})`,
      ];
    case "values":
      return [
        () => `Object.values(${a})`,
        () => `Object.keys(${a}).map((${q}) => ${a}[${q}])`,
        () => `Object.entries(${a}).map(([, ${q}]) => ${q})`,
        () => `Object.values({ ...${a} })`,
      ];
    case "keys":
      return [
        () => `Object.keys(${a})${numbers}`,
        () => `Reflect.ownKeys(${a})${numbers}`,
        () => `Object.entries(${a}).map(([${q}]) => ${q})${numbers}`,
        () => `(() => { const all = []; for (const ${q} in ${a}) all.push(${q}); return all; })()${numbers}`,
      ];
    default:
      throw new Malformed(`${e.op} cannot be written`);
  }
};

/** `some`, `every`, `filter` and `mapOf`: with a function of each element. */
export const quantifierText = (w: Writer, e: Expression, textOf: (e: Expression) => string): string => {
  const x = e.binds ?? "?";
  const body = textOf(arg(e, e.args.length - 1));
  if (e.op === "mapOf") {
    const members = listOf(nameOf(e));
    return styled(e.style >> 1, [
      () => `mapOf(${members}, (${x}) => (${body}))`,
      () => `Object.fromEntries(${members}.map((${x}) => [${x}, ${body}]))`,
    ]);
  }
  const of = textOf(arg(e, 0));
  const isSet = arg(e, 0).type.kind === "set";
  const all = isSet ? `${of}.toArray()` : of;
  switch (e.op) {
    case "some":
      return styled(e.style, [
        () => `${of}.some((${x}) => (${body}))`,
        () => `!${of}.every((${x}) => !(${body}))`,
        () => `(() => { for (const ${x} of ${of}) if (${body}) return true; return false; })()`,
        () => `(${all}.findIndex((${x}) => (${body})) >= 0)`,
        () => `(${all}.filter((${x}) => (${body})).length > 0)`,
        () => `[...${of}].some((${x}) => (${body}))`,
      ]);
    case "every":
      return styled(e.style, [
        () => `${of}.every((${x}) => (${body}))`,
        () => `!${of}.some((${x}) => !(${body}))`,
        () => `(() => { for (const ${x} of ${of}) if (!(${body})) return false; return true; })()`,
        () => `${all}.reduce((so, ${x}) => so && (${body}), true)`,
      ]);
    default:
      return styled(e.style, [
        () => `${of}.filter((${x}) => (${body}))`,
        isSet && (() => `setOf(...${all}.filter((${x}) => (${body})))`),
        !isSet && (() => `${of}.flatMap((${x}) => ((${body}) ? [${x}] : []))`),
        !isSet && (() => `[...${of}].filter((${x}) => (${body}))`),
      ]);
  }
};

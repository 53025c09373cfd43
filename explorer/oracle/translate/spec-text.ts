/** A spec of the small language as the text of a Lockstep spec. */
import type { ActionDeclaration, InitialStates, Parameter, Property, SpecSyntax } from "../syntax/spec.ts";
import type { Expression } from "../syntax/expressions.ts";
import type { Fields, Type } from "../syntax/types.ts";
import { expressionText, quoted } from "./expression-text.ts";
import { statementsText } from "./statement-text.ts";
import { Writer, listOf } from "./writer.ts";

const fieldsText = (fields: Fields): string =>
  `{ ${Object.entries(fields)
    .map(([name, t]) => `${name}: ${typeText(t)}`)
    .join(", ")} }`;
const typeText = (type: Type, style = 0): string => {
  switch (type.kind) {
    case "bool":
      return "bool";
    case "int":
      return `int(${String(type.min)}, ${String(type.max)})`;
    case "enum":
      return `oneOf(${type.names.map(quoted).join(", ")})`;
    case "member":
      return type.set;
    case "record":
      return `record(${fieldsText(type.fields)})`;
    case "union": {
      const variants = Object.entries(type.variants);
      const only = variants.length === 1 ? variants[0] : undefined;
      if (only !== undefined && style % 2 === 1) return `record({ type: oneOf(${quoted(only[0])}), ...${fieldsText(only[1])} })`;
      return `union({ ${variants.map(([tag, f]) => `${tag}: ${fieldsText(f)}`).join(", ")} })`;
    }
    case "map":
    case "partial":
      return `${type.kind}(${typeText(type.keys)}, ${typeText(type.value)})`;
    case "network":
      return `network(${typeText(type.element, style)}, { by: ${quoted(type.by)} })`;
    case "group":
      return "?";
    default:
      return `${type.kind}(${typeText(type.element, style)})`;
  }
};

const SIZE = (set: string): string => `size${set}`;
const prefix = (set: string): string => set.toLowerCase();
const membersText = (spec: SpecSyntax, size: (set: string) => string) =>
  spec.sets.map((s) => ({
    ...s,
    members: s.symmetric ? `names(${quoted(prefix(s.name))}, ${size(s.name)})` : `range(1, ${size(s.name)})`,
  }));

const parameterText = (w: Writer, p: Parameter, earlier: readonly Parameter[]): string => {
  const { domain } = p;
  if (domain.kind === "set") return `${p.name}: ${domain.set}`;
  if (domain.kind === "constant") {
    const values = `[${domain.values.map((v) => expressionText(w, v)).join(", ")}]`;
    return `${p.name}: ${domain.style % 2 === 0 ? values : `(c) => ${values}`}`;
  }
  const needs = earlier.map((q) => q.name);
  const own = earlier.map((q, i) => parameterText(w, q, earlier.slice(0, i)));
  return `${p.name}: sys.domain({ ${own.join(", ")} }, ({ now${needs.map((n) => `, ${n}`).join("")} }) => ${expressionText(w, domain.of)})`;
};

const actionText = (w: Writer, a: ActionDeclaration): string => {
  const names = a.parameters.map((p) => `, ${p.name}`).join("");
  const parameters = a.parameters.map((p, i) => parameterText(w, p, a.parameters.slice(0, i))).join(", ");
  const conjuncts = a.guard.map((g) => expressionText(w, g));
  const guard = (text: string): string => `({ now, constants${names} }) => (${text})`;
  const when =
    conjuncts.length === 0
      ? ""
      : a.style % 2 === 0
        ? `\n    when: [${conjuncts.map(guard).join(",\n      ")}],`
        : `\n    when: ${guard(conjuncts.join(" && "))},`;
  return `sys.action({ ${parameters} }, {${when}
    then: ({ now, next${names} }) => {
      ${statementsText(w, a.then)}
    },
  })`;
};

const propertiesText = (w: Writer, name: string, all: readonly Property[], scope: string): string =>
  all.length === 0
    ? ""
    : `\n  ${name}: {${all.map((p) => `\n    ${p.name}: ({ ${scope} }) => (${expressionText(w, p.test)}),`).join("")}\n  },`;

const initText = (w: Writer, { over, values }: InitialStates): string => {
  const state = `({ ${w.spec.variables.map((v, i) => `${v.name}: ${initialText(w, values[i])}`).join(", ")} })`;
  return over.reduceRight((inner, b) => `${listOf(b.set)}.flatMap((${b.name}) => (${inner}))`, `[${state}]`);
};
/** Bags and networks start empty, and may be given as arrays. */
const initialText = (w: Writer, e: Expression | undefined): string =>
  e === undefined
    ? "?"
    : e.op === "list" || e.op === "setOf"
      ? `[${e.args.map((a) => expressionText(w, a)).join(", ")}]`
      : expressionText(w, e);

export interface SpecText {
  readonly text: string;
  /** The names that the text uses of the language. */
  readonly imports: readonly string[];
}
export const IMPORTS =
  "bag, bool, equal, int, map, mapOf, names, network, oneOf, optional, ordered, partial, range, record, seq, set, setOf, symmetric, system, union";

/** The body of a module that ends with `return` of a spec. */
export const specText = (spec: SpecSyntax): string => {
  const w = new Writer(spec);
  const inits = spec.init.map((i) => `...${initText(w, i)}`).join(", ");
  const actions = spec.actions.map((a) => `\n    ${a.name}: ${actionText(w, a)},`).join("");
  const reductions = spec.reductions.map(
    (r) =>
      `\n    ${r.name}: sys.reduction({ ${r.over.name}: ${r.over.set} }, ({ now, next, ${r.over.name} }) => {\n      ${statementsText(w, r.then)}\n    }),`,
  );
  const body = `return sys.spec({
  init: () => [${inits}],
  actions: {${actions}
  },${propertiesText(w, "invariants", spec.invariants, "now, constants")}${propertiesText(w, "actionProperties", spec.actionProperties, "now, next")}${propertiesText(w, "constraints", spec.constraints, "now")}${propertiesText(w, "witnesses", spec.witnesses, "now")}${reductions.length === 0 ? "" : `\n  reductions: {${reductions.join("")}\n  },`}
});`;
  const variables = spec.variables.map((v) => `\n    ${v.name}: ${typeText(v.type, v.style)},`).join("");
  const constants = spec.sets.map((s) => `${SIZE(s.name)}: { default: ${String(s.size)}, min: 1, max: 4 }`).join(", ");
  return [
    ...membersText(spec, (s) => String(spec.sets.find((d) => d.name === s)?.size)).map((s) => `const ${listOf(s.name)} = ${s.members};`),
    ...membersText(spec, (s) => `c.${SIZE(s)}`).map(
      (s) => `const ${s.name} = ${s.symmetric ? "symmetric" : "ordered"}(${quoted(s.name)}, (c) => ${s.members});`,
    ),
    ...w.declarations,
    `const sys = system({\n  name: "random",\n  constants: { ${constants} },\n  variables: {${variables}\n  },\n});`,
    body,
  ].join("\n");
};

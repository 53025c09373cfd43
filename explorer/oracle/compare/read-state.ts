/** States and arguments of the language as values of the oracle. */
import type { Trace } from "../../trace.ts";
import type { State } from "../judge/evaluate.ts";
import { atom, counted, functionOf, plain, recordOf, seq, setOf } from "../judge/values.ts";
import type { Plain, Value } from "../judge/values.ts";
import { keysOf } from "../judge/type-ok.ts";
import type { SpecSyntax } from "../syntax/spec.ts";
import type { Fields, Type } from "../syntax/types.ts";

export type LanguageState = Trace["steps"][number]["state"];
interface Collection extends Iterable<unknown> {
  copies(element: unknown): number;
  to(destination: unknown): { entries(): readonly (readonly [unknown, number])[] };
}

const fields = (spec: SpecSyntax, all: Fields, x: object): Readonly<Record<string, Value>> =>
  Object.fromEntries(Object.entries(all).map(([name, type]) => [name, read(spec, type, Reflect.get(x, name))]));

const keyText = (v: Value): string => (v.kind === "atom" ? memberName(v.set, v.index) : v.kind === "plain" ? String(v.plain) : v.text);
/** What the translation calls a member of a symmetric set. */
export const memberName = (set: string, index: number): string => `${set.toLowerCase()}${String(index)}`;

/** A value of the language, which is what its type says. */
export const read = (spec: SpecSyntax, type: Type, x: unknown): Value => {
  switch (type.kind) {
    case "bool":
    case "int":
    case "enum":
      return plain(x as Plain);
    case "member": {
      const set = spec.sets.find((s) => s.name === type.set);
      return set?.symmetric === true ? atom(set.name, Number(String(x).slice(set.name.length))) : plain(x as Plain);
    }
    case "optional":
      return x === null ? plain(null) : read(spec, type.element, x);
    case "seq":
      return seq((x as readonly unknown[]).map((e) => read(spec, type.element, e)));
    case "set":
      return setOf([...(x as Collection)].map((e) => read(spec, type.element, e)));
    case "bag":
      return counted([...(x as Collection)].map((e) => [read(spec, type.element, e), (x as Collection).copies(e)]));
    case "network":
      return readNetwork(spec, type, x as Collection);
    case "record":
      return recordOf(fields(spec, type.fields, x as object));
    case "union": {
      const tag = String(Reflect.get(x as object, "type"));
      return recordOf({ type: plain(tag), ...fields(spec, type.variants[tag] ?? {}, x as object) });
    }
    case "map":
    case "partial":
      return functionOf(
        keysOf(spec, type.keys).flatMap((key) => {
          const value: unknown = Reflect.get(x as object, keyText(key));
          return value === undefined ? [] : [[key, read(spec, type.value, value)] as const];
        }),
      );
    case "group":
      throw new TypeError("a group is never stored");
  }
};

const readNetwork = (spec: SpecSyntax, type: Extract<Type, { kind: "network" }>, x: Collection): Value => {
  const element = type.element;
  const variants = element.kind === "union" ? Object.values(element.variants) : [];
  const destinations = variants.flatMap((f) => (f[type.by] === undefined ? [] : keysOf(spec, f[type.by] ?? { kind: "bool" })));
  const each = new Map(destinations.map((d) => [d.text, d]));
  return counted(
    [...each.values()].flatMap((d) => {
      const destination = d.kind === "plain" ? d.plain : keyText(d);
      return x
        .to(destination)
        .entries()
        .map(([m, n]) => [read(spec, element, m), n] as const);
    }),
  );
};

export const readState = (spec: SpecSyntax, state: LanguageState): State =>
  new Map(spec.variables.map((v) => [v.name, read(spec, v.type, state[v.name])]));

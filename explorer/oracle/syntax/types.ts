/** The types of the small language in which random specs are made. They say nothing of JavaScript or of Lockstep. */

/** A finite set to quantify over. The members of a symmetric one are atoms, those of another the numbers 1 to `size`. */
export interface ValueSetDeclaration {
  readonly name: string;
  readonly symmetric: boolean;
  readonly size: number;
}

export type Fields = Readonly<Record<string, Type>>;
export type KeyType = Extract<Type, { kind: "member" | "enum" | "int" }>;
export type Type =
  | { readonly kind: "bool" }
  | { readonly kind: "int"; readonly min: number; readonly max: number }
  | { readonly kind: "enum"; readonly names: readonly string[] }
  | { readonly kind: "member"; readonly set: string }
  | { readonly kind: "seq" | "set" | "bag" | "optional"; readonly element: Type }
  | { readonly kind: "record"; readonly fields: Fields }
  | { readonly kind: "union"; readonly variants: Readonly<Record<string, Fields>> }
  | { readonly kind: "map" | "partial"; readonly keys: Type; readonly value: Type }
  | { readonly kind: "network"; readonly element: Type; readonly by: string }
  /** Several values in no particular order, as an answer or a domain: never stored and never compared. */
  | { readonly kind: "group"; readonly element: Type };

export const BOOL: Type = { kind: "bool" };
export const int = (min: number, max: number): Type => ({ kind: "int", min, max });
/** Counts and lengths. */
export const COUNT = int(0, 99);

const texts = new WeakMap<Type, string>();
const typeText = (type: Type): string => {
  const text = texts.get(type) ?? JSON.stringify(type);
  texts.set(type, text);
  return text;
};
export const sameType = (a: Type, b: Type): boolean => a === b || typeText(a) === typeText(b);

/** The types directly below a type. */
export const parts = (type: Type): readonly Type[] => {
  switch (type.kind) {
    case "seq":
    case "set":
    case "bag":
    case "optional":
    case "network":
    case "group":
      return [type.element];
    case "record":
      return Object.values(type.fields);
    case "union":
      return Object.values(type.variants).flatMap((fields) => Object.values(fields));
    case "map":
    case "partial":
      return [type.keys, type.value];
    default:
      return [];
  }
};
/** Is there a type of this kind in it? */
export const holdsKind = (type: Type, kinds: readonly Type["kind"][]): boolean =>
  kinds.includes(type.kind) || parts(type).some((p) => holdsKind(p, kinds));
/** The names of the value sets that a type is made of. */
export const setsIn = (type: Type): readonly string[] => (type.kind === "member" ? [type.set] : parts(type).flatMap(setsIn));

export const isScalar = (type: Type): boolean => ["bool", "int", "enum", "member"].includes(type.kind);

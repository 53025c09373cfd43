/** The schema vocabulary: from one description come the TypeScript type, TypeOK, the canonical form and the symmetry action. */
import { isValueSet } from "./value-set.ts";
import type { FromConstants, Index, Indexed, KeyOf, MapOn, Name, NamedBy, Scalar, ValueSet } from "./value-set.ts";
import type { Bag, BagVariable, FiniteSet, Network, NetworkVariable, SetVariable } from "./collections.ts";

/** A bound of an integer range: a number, or a function of the model's constants. */
export type Bound = number | FromConstants<number>;

export type TypeNode =
  | { readonly kind: "bool" }
  | { readonly kind: "int"; readonly min: Bound; readonly max: Bound }
  | { readonly kind: "enum"; readonly members: readonly Scalar[] }
  | { readonly kind: "member"; readonly set: ValueSet }
  | { readonly kind: "seq"; readonly element: TypeNode }
  | { readonly kind: "record"; readonly fields: Fields }
  | { readonly kind: "union"; readonly variants: Readonly<Record<string, Fields>> }
  | { readonly kind: "tuple"; readonly elements: readonly TypeNode[] }
  | { readonly kind: "either"; readonly options: readonly TypeNode[] }
  | { readonly kind: "optional"; readonly element: TypeNode }
  | { readonly kind: "map"; readonly keys: TypeNode; readonly value: TypeNode; readonly partial: boolean }
  | { readonly kind: "set"; readonly element: TypeNode }
  | { readonly kind: "bag"; readonly element: TypeNode }
  | { readonly kind: "network"; readonly element: TypeNode; readonly by: string };
export type Fields = Readonly<Record<string, TypeNode>>;

declare const value: unique symbol;
/** A type of the spec language whose values are `T` in TypeScript. The phantom field never exists at run time. */
export type Type<T> = TypeNode & { readonly [value]?: T };
export type ValueOf<Y> = Y extends ValueSet<infer K> ? K : Y extends { readonly [value]?: infer T } ? Exclude<T, undefined> : never;

/** Where a type is expected, a value set stands for its members. */
export type TypeLike = TypeNode | ValueSet;
type FieldsLike = Readonly<Record<string, TypeLike>>;
type RecordOf<F extends FieldsLike> = { readonly [K in keyof F]: ValueOf<F[K]> };
type UnionOf<V extends Readonly<Record<string, FieldsLike>>> = {
  [K in keyof V & string]: { readonly type: K } & RecordOf<V[K]>;
}[keyof V & string];

const nodeOf = (y: TypeLike): TypeNode => (isValueSet(y) ? { kind: "member", set: y } : y);
const fieldsOf = (f: FieldsLike): Fields => Object.fromEntries(Object.entries(f).map(([k, y]) => [k, nodeOf(y)]));

export const bool: Type<boolean> = { kind: "bool" };
/** The integers from `min` to `max`, both included. Writing one outside is an error of the spec. */
export const int = (min: Bound, max: Bound): Type<number> => ({ kind: "int", min, max });
/** One of the given names. */
export const oneOf = <const M extends readonly Scalar[]>(...members: M): Type<M[number]> => ({ kind: "enum", members });
/** A finite sequence, as a readonly array: replace it, as in `self.log = [...self.log, v]`. */
export const seq = <Y extends TypeLike>(element: Y): Type<readonly ValueOf<Y>[]> => ({ kind: "seq", element: nodeOf(element) });
export const record = <F extends FieldsLike>(fields: F): Type<RecordOf<F>> => ({ kind: "record", fields: fieldsOf(fields) });
/** A tagged union; the tag is the field `type`. */
export const union = <V extends Readonly<Record<string, FieldsLike>>>(variants: V): Type<UnionOf<V>> => ({
  kind: "union",
  variants: Object.fromEntries(Object.entries(variants).map(([k, f]) => [k, fieldsOf(f)])),
});
type ValuesOf<T extends readonly TypeLike[]> = { readonly [I in keyof T]: ValueOf<T[I]> };
/** A tuple, as a readonly array of this length: TLA+ `A \X B`. */
export const tuple = <const T extends readonly TypeLike[]>(...elements: T): Type<ValuesOf<T>> => ({
  kind: "tuple",
  elements: elements.map(nodeOf),
});
/** A value of any of these types, which the value itself tells apart; it belongs to the first that it fits. */
export const either = <const T extends readonly TypeLike[]>(...options: T): Type<ValueOf<T[number]>> => ({
  kind: "either",
  options: options.map(nodeOf),
});
/** A value or `null`. */
export const optional = <Y extends TypeLike>(element: Y): Type<ValueOf<Y> | null> => ({ kind: "optional", element: nodeOf(element) });

type KeyLike = ValueSet | (TypeNode & { readonly [value]?: Scalar });
type KeysOf<Y> = ValueOf<Y> extends infer K extends Scalar ? KeyOf<K> : never;
/** TLA+ `[K -> V]`: a function on all of a finite set, read as `now.x[k]`. */
export const map = <K extends KeyLike, Y extends TypeLike>(keys: K, element: Y): Type<MapOn<KeysOf<K>, ValueOf<Y>>> => ({
  kind: "map",
  keys: nodeOf(keys),
  value: nodeOf(element),
  partial: false,
});
/** A function on a part of a finite set: `now.x[k]` is undefined where it has no value. */
export const partial = <K extends KeyLike, Y extends TypeLike>(keys: K, element: Y): Type<{ readonly [k in KeysOf<K>]?: ValueOf<Y> }> => ({
  kind: "map",
  keys: nodeOf(keys),
  value: nodeOf(element),
  partial: true,
});
export const set = <Y extends TypeLike>(element: Y): Type<FiniteSet<ValueOf<Y>>> => ({ kind: "set", element: nodeOf(element) });
/** A multiset. */
export const bag = <Y extends TypeLike>(element: Y): Type<Bag<ValueOf<Y>>> => ({ kind: "bag", element: nodeOf(element) });
/** Messages with pending delivery counts, kept apart by the field `by`, whose type must be a finite set of scalars. */
export const network = <Y extends TypeLike>(element: Y, options: { readonly by: string }): Type<Network<ValueOf<Y>>> => ({
  kind: "network",
  element: nodeOf(element),
  by: options.by,
});

/** The variables of a spec, by name. */
export type Variables = Readonly<Record<string, TypeLike>>;
/** The unprimed state: deeply readonly. */
export type Now<V extends Variables> = { readonly [K in keyof V]: ValueOf<V[K]> };

interface DraftIndexed<V> extends Record<Index, V> {
  [computed: number]: V;
}
interface DraftNamed<V> extends Record<Name, V> {
  [computed: string]: V;
}
/** Records, maps and collections may be changed in place in `next`; sequences are values and are replaced. */
type Draft<T> = T extends readonly unknown[]
  ? T
  : T extends Network<infer M>
    ? NetworkVariable<M>
    : T extends FiniteSet<infer E>
      ? SetVariable<E>
      : T extends Bag<infer B>
        ? BagVariable<B>
        : T extends Indexed<infer V>
          ? DraftIndexed<Draft<V>>
          : T extends NamedBy<infer V>
            ? DraftNamed<Draft<V>>
            : T extends object
              ? { -readonly [K in keyof T]: Draft<T[K]> }
              : T;
/** The primed state: what an effect does not write is UNCHANGED. */
export type Next<V extends Variables> = { -readonly [K in keyof V]: Draft<ValueOf<V[K]>> };

/**
 * Operators on finite sets, as TLA+ has them. They take whatever can be walked through (sets, arrays, value sets' members)
 * and are pure; what enumerates gives an array, in a fixed order, and what makes a set gives a `FiniteSet`.
 */
import { SetValue } from "./collections.ts";
import type { FiniteSet } from "./collections.ts";
import { canonicalText } from "./equality.ts";
import { SpecError } from "./errors.ts";
import type { Scalar } from "./value-set.ts";

const elementsOf = <T>(set: Iterable<T>): readonly T[] => SetValue.of(set).toArray();

/** TLA+ `SUBSET S`: every subset, the empty one first. */
export const subsets = <T>(set: Iterable<T>): readonly FiniteSet<T>[] =>
  elementsOf(set)
    .reduce<readonly (readonly T[])[]>((all, e) => [...all, ...all.map((s) => [...s, e])], [[]])
    .map((s) => SetValue.of(s));

/** TLA+ `[S -> T]`: every function from the members to the values, as objects. */
export const functions = <K extends Scalar, const V>(members: readonly K[], values: Iterable<V>): readonly { readonly [k in K]: V }[] => {
  const choices = elementsOf(values);
  const all = members.reduce<readonly Readonly<Record<string, V>>[]>(
    (partial, k) => partial.flatMap((f) => choices.map((v) => ({ ...f, [k]: v }))),
    [{}],
  );
  return all as readonly { readonly [k in K]: V }[]; // each has a value for every member
};

/** Every order of the elements. */
export const permutations = <T>(set: Iterable<T>): readonly (readonly T[])[] => {
  const arrange = (rest: readonly T[]): readonly (readonly T[])[] =>
    rest.length === 0 ? [[]] : rest.flatMap((e, i) => arrange(rest.filter((_, j) => j !== i)).map((tail) => [e, ...tail]));
  return arrange(elementsOf(set));
};

/** TLA+ `A \X B \X …`: every tuple of one element of each. */
export const tuples = <const S extends readonly Iterable<unknown>[]>(
  ...sets: S
): readonly { readonly [I in keyof S]: S[I] extends Iterable<infer T> ? T : never }[] =>
  sets.reduce<readonly (readonly unknown[])[]>((all, set) => all.flatMap((t) => elementsOf(set).map((e) => [...t, e])), [[]]) as never; // one element of each

/** Every sequence of at most `maxLength` elements, the empty one first: TLA+ `UNION {[1..n -> S] : n \in 0..maxLength}`. */
export const sequences = <T>(set: Iterable<T>, maxLength: number): readonly (readonly T[])[] => {
  const elements = elementsOf(set);
  const all: (readonly T[])[] = [[]];
  let longest: readonly (readonly T[])[] = all.slice();
  for (let length = 1; length <= maxLength; length++) {
    longest = longest.flatMap((s) => elements.map((e) => [...s, e]));
    all.push(...longest);
  }
  return all;
};

/** TLA+ `A \union B …`; of one argument that holds sets, `unionOf(...sets)` is `UNION sets`. */
export const unionOf = <T>(...sets: readonly Iterable<T>[]): FiniteSet<T> => SetValue.of(sets.flatMap((s) => [...s]));

/** TLA+ `A \intersect B`. */
export const intersectionOf = <T>(first: Iterable<T>, second: Iterable<T>): FiniteSet<T> => {
  const other = SetValue.of(second);
  return SetValue.of(first).filter((e) => other.has(e));
};

/** TLA+ `A \ B`. */
export const differenceOf = <T>(first: Iterable<T>, second: Iterable<T>): FiniteSet<T> => SetValue.of(first).without(...second);

/** TLA+ `A \subseteq B`. */
export const isSubset = <T>(first: Iterable<T>, second: Iterable<T>): boolean => {
  const other = SetValue.of(second);
  return SetValue.of(first).every((e) => other.has(e));
};

/**
 * TLA+ `CHOOSE x \in S : test(x)`: of those that pass, always the same one, the first in the order of their texts, whatever
 * order they are given in. So it treats the members of a symmetric set by name. Throws SpecError where none passes.
 */
export const choose = <T>(set: Iterable<T>, test: (element: T) => boolean = () => true): T => {
  const found = elementsOf(set).filter((e) => test(e));
  const [first] = found;
  if (found.length === 0) throw new SpecError(`choose: no element of ${canonicalText(SetValue.of(set)).replaceAll('"', "")} passes`);
  return first as T; // there is one
};

/** TLA+ `FoldSet` over the elements in the order of their texts; right if that order makes no difference. */
export const fold = <T, R>(set: Iterable<T>, initial: R, step: (result: R, element: T) => R): R =>
  elementsOf(set).reduce((result, e) => step(result, e), initial);

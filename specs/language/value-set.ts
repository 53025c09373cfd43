/** Finite sets of names that specs quantify over: `ordered` (may be compared) and `symmetric` (only equality matters). */

/** The sizes that a value set may have; a literal union, so that `map(Replica, …)[r]` is known to exist. */
export type Index =
  | 0
  | 1
  | 2
  | 3
  | 4
  | 5
  | 6
  | 7
  | 8
  | 9
  | 10
  | 11
  | 12
  | 13
  | 14
  | 15
  | 16
  | 17
  | 18
  | 19
  | 20
  | 21
  | 22
  | 23
  | 24
  | 25
  | 26
  | 27
  | 28
  | 29
  | 30
  | 31
  | 32;

export type Scalar = string | number;

/** Constants are integers by name. `never` lets a spec declare the exact record that it expects. */
export type FromConstants<R> = (constants: never) => R;

/** A finite set of scalars whose members may depend on the constants of a model. */
export interface ValueSet<K extends Scalar = Scalar> {
  readonly kind: "value-set";
  readonly name: string;
  readonly symmetric: boolean;
  /** An empty set is a slip, unless the spec says that a model may do without members. */
  readonly mayBeEmpty: boolean;
  readonly members: FromConstants<readonly K[]>;
}
export interface ValueSetOptions {
  readonly mayBeEmpty?: boolean;
}

/** TLA+ `a..b` over value-set indices: the members of `ordered("Replica", (c) => range(1, c.replicas))`. */
export const range = (from: number, to: number): readonly Index[] => {
  const members: Index[] = [];
  for (let i = from; i <= to; i++) members.push(index(i));
  return members;
};

/** Narrows a computed number to an index. Throws RangeError outside 0..32. */
export const index = (n: number): Index => {
  if (!Number.isInteger(n) || n < 0 || n > 32) throw new RangeError(`${String(n)} is not an index: indices are the integers 0 to 32`);
  // The check above is what makes this narrowing true; TypeScript cannot count.
  return n as Index;
};

/** `names("v", 3)` is v1, v2, v3. */
export const names = <P extends string>(prefix: P, count: number): readonly `${P}${Index}`[] =>
  range(1, count).map((i): `${P}${Index}` => `${prefix}${i}`);

const valueSet = <const K extends Scalar>(
  name: string,
  symmetric: boolean,
  members: readonly K[] | FromConstants<readonly K[]>,
  { mayBeEmpty = false }: ValueSetOptions,
): ValueSet<K> => ({ kind: "value-set", name, symmetric, mayBeEmpty, members: typeof members === "function" ? members : () => members });

/** Members may be compared and used in arithmetic; permuting them may change the behaviour. */
export const ordered = <const K extends Scalar>(
  name: string,
  members: readonly K[] | FromConstants<readonly K[]>,
  options: ValueSetOptions = {},
): ValueSet<K> => valueSet(name, false, members, options);

/** TLC's symmetry sets: a spec may only test members for equality. The search checks this while symmetry is on. */
export const symmetric = <const K extends string>(
  name: string,
  members: readonly K[] | FromConstants<readonly K[]>,
  options: ValueSetOptions = {},
): ValueSet<K> => valueSet(name, true, members, options);

export const isValueSet = (x: unknown): x is ValueSet => typeof x === "object" && x !== null && "kind" in x && x.kind === "value-set";

/** TLA+ `[k \in members |-> value(k)]`. */
export const mapOf = <K extends Scalar, const V>(members: readonly K[], value: (member: K) => V): { readonly [k in K]: V } => {
  const result: Partial<Record<K, V>> = {};
  for (const k of members) result[k] = value(k);
  return result as { readonly [k in K]: V }; // every member has been given a value
};

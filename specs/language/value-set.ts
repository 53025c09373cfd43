/** Finite sets of names that specs quantify over: `ordered` (may be compared) and `symmetric` (only equality matters). */

/**
 * A member of a value set of numbers. A literal union, so that `map(Replica, …)[r]` is known to exist; it says nothing of
 * how many there are: TypeScript cannot count, and a member that is larger than all of these has this type, too.
 */
export type Index =
  | (0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10)
  | (11 | 12 | 13 | 14 | 15 | 16 | 17 | 18 | 19 | 20 | 21)
  | (22 | 23 | 24 | 25 | 26 | 27 | 28 | 29 | 30 | 31 | 32);

/** A member of a value set whose names are only known when the constants are. Any name has this type. */
export type Name = "a name";

export type Scalar = string | number;

/** A function of the constants. `never` lets a spec declare the exact record that it expects. */
export type FromConstants<R> = (constants: never) => R;

/** A finite set of scalars whose members may depend on the constants of a model. */
export interface ValueSet<K extends Scalar = Scalar> {
  readonly kind: "value-set";
  readonly name: string;
  readonly symmetric: boolean;
  /** An empty set is a slip, unless the spec says that a model may do without members. */
  readonly mayBeEmpty: boolean;
  readonly members: FromConstants<readonly K[]>;
  /** The sets that it is the union of, if it is one. */
  readonly parts?: readonly ValueSet[];
  /** The sets that it is the product of, if it is one. */
  readonly factors?: readonly ValueSet[];
}
export interface ValueSetOptions {
  readonly mayBeEmpty?: boolean;
}

/** What indexes maps on a value set: its members, or what stands for them where the type does not name them. */
export type KeyOf<K extends Scalar> = number extends K ? Index : string extends K ? Name : K;

/** TLA+ `a..b` over value-set indices: the members of `ordered("Replica", (c) => range(1, c.replicas))`. */
export const range = (from: number, to: number): readonly Index[] => {
  const members: Index[] = [];
  for (let i = from; i <= to; i++) members.push(index(i));
  return members;
};

/** Narrows a computed number to an index, as in `next.owner[index(p + 1)]`. Throws RangeError for what is no whole number from 0 on. */
export const index = (n: number): Index => {
  if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`${String(n)} is not an index: indices are the whole numbers from 0 on`);
  // Which of them is a member of which set only the model knows: the type says no more than that it is one.
  return n as Index;
};

/** Takes a text for a name that a value set has as a member, where its names come from the constants. */
export const name = (text: string): Name => text as Name; // as above

/** `names("v", 3)` is v1, v2, v3. */
export const names = <P extends string>(prefix: P, count: number): readonly `${P}${Index}`[] =>
  range(1, count).map((i): `${P}${Index}` => `${prefix}${i}`);

const valueSet = <const K extends Scalar>(
  name: string,
  symmetric: boolean,
  members: readonly K[] | FromConstants<readonly K[]>,
  { mayBeEmpty = false }: ValueSetOptions,
): ValueSet<KeyOf<K>> => ({
  kind: "value-set",
  name,
  symmetric,
  mayBeEmpty,
  members: (typeof members === "function" ? members : () => members) as FromConstants<readonly KeyOf<K>[]>, // a member is its own key
});

/** Members may be compared and used in arithmetic; permuting them may change the behaviour. */
export const ordered = <const K extends Scalar>(
  name: string,
  members: readonly K[] | FromConstants<readonly K[]>,
  options: ValueSetOptions = {},
): ValueSet<KeyOf<K>> => valueSet(name, false, members, options);

/** TLC's symmetry sets: a spec may only test members for equality. The search checks this while symmetry is on. */
export const symmetric = <const K extends string>(
  name: string,
  members: readonly K[] | FromConstants<readonly K[]>,
  options: ValueSetOptions = {},
): ValueSet<KeyOf<K>> => valueSet(name, true, members, options);

type MemberOf<S> = S extends ValueSet<infer K> ? K : never;

/** The union of value sets that share no member, as keys of one map: TLA+ `Writers \union Readers`. */
export const unite = <const S extends readonly ValueSet[]>(name: string, ...parts: S): ValueSet<MemberOf<S[number]>> => ({
  kind: "value-set",
  name,
  symmetric: false,
  mayBeEmpty: parts.every((p) => p.mayBeEmpty),
  members: (constants: never) => parts.flatMap((p) => p.members(constants)) as MemberOf<S[number]>[], // members of the parts
  parts,
});

/** The key of a pair, triple … of members, and of a record of them: `now.cell[key(x, y)]`. */
export const key = (...parts: readonly Scalar[]): Name => name(parts.map(String).join(","));

/** TLA+ `X \X Y`, as keys of a map: its members are `key(x, y)`. The sets must be ordered; for others, use maps of maps. */
export const product = (setName: string, ...factors: readonly ValueSet[]): ValueSet<Name> => ({
  kind: "value-set",
  name: setName,
  symmetric: false,
  mayBeEmpty: factors.some((f) => f.mayBeEmpty),
  members: (constants: never) =>
    factors
      .reduce<Scalar[][]>((all, f) => all.flatMap((left) => f.members(constants).map((m) => [...left, m])), [[]])
      .map((parts) => key(...parts)),
  factors,
});

export const isValueSet = (x: unknown): x is ValueSet => typeof x === "object" && x !== null && "kind" in x && x.kind === "value-set";

/** A function on indices. What is computed must be made an index to be read: `now.x[index(p + 1)]`. */
export interface Indexed<V> extends Readonly<Record<Index, V>> {
  readonly [computed: number]: V;
}
/** A function on names that come from the constants. */
export interface NamedBy<V> extends Readonly<Record<Name, V>> {
  readonly [computed: string]: V;
}
/** A function on a finite set, as an object. */
export type MapOn<K extends Scalar, V> = [K] extends [Index]
  ? [Index] extends [K]
    ? Indexed<V>
    : { readonly [k in K]: V }
  : [K] extends [Name]
    ? NamedBy<V>
    : { readonly [k in K]: V };

/** TLA+ `[k \in members |-> value(k)]`. */
export const mapOf = <K extends Scalar, const V>(members: readonly K[], value: (member: K) => V): { readonly [k in K]: V } => {
  const result: Partial<Record<K, V>> = {};
  for (const k of members) result[k] = value(k);
  return result as { readonly [k in K]: V }; // every member has been given a value
};

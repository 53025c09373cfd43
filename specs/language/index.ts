/** The vocabulary of specs. */
export { bagOf, equal, setOf } from "./collections.ts";
export type { Bag, FiniteSet, Inbox, Network } from "./collections.ts";
export { LockstepError, SpecError } from "./errors.ts";
export { instantiate } from "./instantiate.ts";
export type { Design, Lanes, SpecInstance, State } from "./instantiate.ts";
export type { ConstantValue, Constants } from "./constants.ts";
export {
  choose,
  differenceOf,
  fold,
  functions,
  intersectionOf,
  isSubset,
  permutations,
  sequences,
  subsets,
  tuples,
  unionOf,
} from "./standard.ts";
export { system } from "./system.ts";
export type { ConstantsOf, NextOf, ScopeOf, Spec } from "./system.ts";
export { bag, bool, either, int, map, network, oneOf, optional, partial, record, seq, set, tuple, union } from "./types.ts";
export type { ValueOf } from "./types.ts";
export { index, key, mapOf, name, names, ordered, product, range, symmetric, unite } from "./value-set.ts";
export type { Index, Indexed, Name, NamedBy } from "./value-set.ts";

/** Ways of writing a spec of which not every version of the checker promised one meaning. */
export type Feature =
  /** `equal` on a whole network, bag or set variable. */
  | "equal-collections"
  /** Writing to an object after it was assigned into the state. */
  | "write-after-assignment"
  /** Writing through a value that was assigned: `next.a = x; next.a.f = 1`. */
  | "write-through-assignment"
  /** A constant of the module is assigned, and may be written through. */
  | "module-constants"
  /** A list of choices that names one twice. */
  | "repeated-choices"
  /** A network with destinations in several sets. */
  | "several-destinations"
  /** `===` between values that are no scalars. */
  | "identity"
  /** Effects that leave their types. */
  | "ill-typed"
  /** Questions about collections in `next` by `equal`, spread and iteration. */
  | "equal-next"
  /** JSON of what is read. */
  | "json";

export const EVERY_FEATURE: readonly Feature[] = [
  "equal-collections",
  "write-after-assignment",
  "write-through-assignment",
  "module-constants",
  "repeated-choices",
  "several-destinations",
  "identity",
  "ill-typed",
  "equal-next",
  "json",
];

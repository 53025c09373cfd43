/**
 * Keys and names. A branch keeps all that it has under one ordered set of internal keys: key-value pairs under `k`,
 * definitions of vector collections under `c`, vectors under `v`. So version chains, validation, the log, checkpoints
 * and exports know of one kind of thing.
 */
import { StoreError } from "./errors.ts";

/** Of a key, in UTF-16 units. */
export const maxKeyLength = 4096;
/** Of the name of a branch or a collection. */
export const maxNameLength = 128;

/** A lone surrogate has no UTF-8, so that two keys that differ would be one on the wire. */
const loneSurrogate = /\p{Surrogate}/u;
export const isWellFormed = (text: string): boolean => !loneSurrogate.test(text);

export const isKey = (key: string): boolean => key.length <= maxKeyLength && isWellFormed(key);
export const keyRule = `a key must be well-formed Unicode of at most ${maxKeyLength} UTF-16 units`;
export const checkKey = (key: string): void => {
  if (!isKey(key)) throw new StoreError(keyRule);
};

const name = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
export const isName = (text: string): boolean => text.length <= maxNameLength && name.test(text);
export const checkName = (what: string, text: string): void => {
  if (!isName(text))
    throw new StoreError(
      `a ${what} has 1 to ${maxNameLength} letters, digits, dots, dashes and underscores: ${JSON.stringify(text)} is none`,
    );
};

/** The reserved branch whose pairs are the branches: name -> what it was forked from. */
export const branchesBranch = "$branches";
/** There from the start. */
export const mainBranch = "main";

export const pairKey = (key: string): string => `k${key}`;
/** Names have no "/". */
export const collectionKey = (collection: string): string => `c${collection}`;
export const vectorKey = (collection: string, key: string): string => `v${collection}/${key}`;

export type InternalKey =
  | { readonly kind: "pair"; readonly key: string }
  | { readonly kind: "collection"; readonly collection: string }
  | { readonly kind: "vector"; readonly collection: string; readonly key: string };

/** Undefined for what is no internal key. */
export const parseKey = (internal: string): InternalKey | undefined => {
  const rest = internal.slice(1);
  if (internal.startsWith("k")) return isKey(rest) ? { kind: "pair", key: rest } : undefined;
  if (internal.startsWith("c")) return isName(rest) ? { kind: "collection", collection: rest } : undefined;
  const slash = rest.indexOf("/");
  const [collection, key] = [rest.slice(0, slash), rest.slice(slash + 1)];
  return internal.startsWith("v") && slash > 0 && isName(collection) && isKey(key) ? { kind: "vector", collection, key } : undefined;
};

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

/** The order of the UTF-8 bytes: that of the UTF-16 units, but surrogates stand for characters behind all others. */
export const compareKeys = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
};

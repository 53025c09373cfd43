/**
 * A transaction as a plain value, ready to be sent, stored, and committed by any replica: what it read, at which
 * versions, and what it wants to write. Reads and scans name internal keys (`keys.ts`).
 *
 * Scans are validated, too, so that phantoms are found: a scan is recorded as the range that it has walked and a digest
 * of the keys and versions that it met there. It is still valid if the range has the same keys at the same
 * versions: an insertion, a change and a deletion all alter the digest.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { branchesBranch, compareKeys, isKey, isName, maxKeyLength, maxNameLength, parseKey } from "./keys.ts";
import { Bytes } from "./record.ts";
import type { ClientRequest } from "./record.ts";
import type { Branch } from "./state.ts";
import { CollectionDefinition, maxDimension } from "./vector-collections.ts";
import { current, readAt } from "./version-chain.ts";

const natural = z.number().int().nonnegative();
const InternalKey = z
  .string()
  .max(maxKeyLength + maxNameLength + 2)
  .refine((key) => parseKey(key) !== undefined, "is no internal key");
const PairKey = z.string().refine((key) => parseKey(key)?.kind === "pair", "is no internal key of a pair");
const Name = z.string().refine(isName, "is no name");
const BranchName = z.string().refine((name) => name === branchesBranch || isName(name), "is no name of a branch");
/** Bytes of one value. */
export const maxValueBytes = 16 * 2 ** 20;
/** Writes, reads, scans, vectors of one transaction. */
export const maxOperations = 65_535;
const listOf = <T extends z.ZodType>(item: T) => z.array(item).max(maxOperations).readonly();

const ScanRecord = z.strictObject({
  from: z
    .string()
    .min(1)
    .max(maxKeyLength + maxNameLength + 2),
  /** Where it ended, not included; null: at the end of the keys of its kind. */
  to: z
    .string()
    .max(maxKeyLength + maxNameLength + 3)
    .nullable(),
  digest: Bytes,
});
export type ScanRecord = Readonly<z.infer<typeof ScanRecord>>;

export const Prepared = z.strictObject({
  branch: BranchName,
  /** The version that it read at. */
  snapshot: natural,
  reads: listOf(z.tuple([InternalKey, natural])),
  scans: listOf(ScanRecord),
  /** Key-value pairs; null deletes. A key is there once. */
  writes: listOf(z.tuple([PairKey, Bytes.refine((v) => v.length <= maxValueBytes, "is too large").nullable()])),
  collections: listOf(z.strictObject({ name: Name, definition: CollectionDefinition })),
  /** 32-bit floats, little-endian; null deletes. */
  vectors: listOf(
    z.strictObject({
      collection: Name,
      key: z.string().refine(isKey),
      vector: Bytes.refine((v) => v.length <= 4 * maxDimension, "is too large").nullable(),
    }),
  ),
  /** A client that numbers its requests: the request is executed once, however often it is sent. */
  client: z.string().min(1).max(256).optional(),
  request: natural.optional(),
});
export type Prepared = z.infer<typeof Prepared>;

/** Who asked for it, for the records of the log and the table of clients. */
export const requestOf = ({ client, request }: Prepared): { client?: ClientRequest } =>
  client === undefined || request === undefined ? {} : { client: { client, request } };

export const isReadOnly = ({ writes, collections, vectors }: Prepared): boolean =>
  writes.length + collections.length + vectors.length === 0;

/** The keys of one kind have one first character. */
const isWithin = (key: string, from: string, to: string | null): boolean =>
  key.startsWith(from.slice(0, 1)) && (to === null || compareKeys(key, to) < 0);

/** Of the keys and versions that a range has at a version; without one, at the newest. */
export const digestOf = (branch: Pick<Branch, "chains">, from: string, to: string | null, snapshot: number | undefined): Uint8Array => {
  const hash = createHash("sha256");
  for (const [key, chain] of branch.chains.entries(from)) {
    if (!isWithin(key, from, to)) break;
    const entry = snapshot === undefined ? chain[0] : readAt(chain, snapshot);
    if (entry?.value !== undefined) hash.update(`${key.length}:${key}@${entry.version};`);
  }
  return new Uint8Array(hash.digest());
};

/** The first thing that was read and has changed since; undefined if all is current. */
export const changedSince = (branch: Branch, { reads, scans }: Prepared): string | undefined => {
  const read = reads.find(([key, version]) => current(branch.chains.get(key)) !== version);
  if (read !== undefined)
    return `key ${JSON.stringify(read[0].slice(1))} was read at version ${read[1]}, and is at ${current(branch.chains.get(read[0]))} (0: absent)`;
  const scan = scans.find(({ from, to, digest }) => Buffer.compare(digestOf(branch, from, to, undefined), digest) !== 0);
  if (scan === undefined) return undefined;
  return `a scan from ${JSON.stringify(scan.from.slice(1))} to ${scan.to === null ? "the end" : JSON.stringify(scan.to.slice(1))} would read something else now`;
};

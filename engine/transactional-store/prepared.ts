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
import { branchesBranch, compareKeys, isKey, isName, isWellFormed, maxKeyLength, maxNameLength, parseKey } from "./keys.ts";
import { Bytes } from "./record.ts";
import type { ClientRequest } from "./record.ts";
import type { Branch } from "./state.ts";
import { CollectionDefinition, maxDimension } from "./vector-collections.ts";
import { current, readAt } from "./version-chain.ts";

const natural = z.number().int().nonnegative();
/** Bytes of one value. */
export const maxValueBytes = 16 * 2 ** 20;
const isPairOf = (value: unknown, isFirst: (key: string) => boolean, isSecond: (second: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === "string" && isFirst(value[0]) && isSecond(value[1]);
/** Of these there are many: looked at without what a schema takes for each. */
const isRead = (value: unknown): value is [string, number] =>
  isPairOf(
    value,
    (key) => parseKey(key) !== undefined,
    (version) => Number.isSafeInteger(version) && Number(version) >= 0,
  );
const isWrite = (value: unknown): value is [string, Uint8Array | null] =>
  isPairOf(
    value,
    (key) => parseKey(key)?.kind === "pair",
    (bytes) => bytes === null || (bytes instanceof Uint8Array && bytes.length <= maxValueBytes),
  );
const Read = z.custom<[string, number]>(isRead, "is no internal key with a version");
const Write = z.custom<[string, Uint8Array | null]>(
  isWrite,
  `is no internal key of a pair with a value of at most ${maxValueBytes} bytes, or null`,
);
const Name = z.string().refine(isName, "is no name");
/** Replicas keep it, and tell it to others: what has no UTF-8 would not come back as it was. */
export const ClientName = z.string().min(1).max(256).refine(isWellFormed, "is no well-formed Unicode");
const BranchName = z.string().refine((name) => name === branchesBranch || isName(name), "is no name of a branch");
/** Writes, reads, scans, vectors of one transaction, of each kind. */
export const maxOperations = 65_535;
/**
 * Of a transaction in bytes: it has lists of lists or of maps, one within another, and so many values that no replica is held up
 * by what it has to look at. A read or a write has three, a scan or a vector seven, a collection nine.
 */
export const preparedBounds = { depth: 4, values: 200_000 } as const;
/** How many values the bytes of a transaction have. */
export const valuesOf = (count: Readonly<Record<"reads" | "scans" | "writes" | "collections" | "vectors", number>>): number =>
  20 + 3 * (count.reads + count.writes) + 7 * (count.scans + count.vectors) + 9 * count.collections;
/** Keys that the scans of one transaction meet, in all: each replica walks them again to see what has changed. */
export const maxScannedKeys = 100_000;

/** `isItem`: a quick way to tell that an item is one. Stops at the first item that is wrong: of 65,535 that are, each would get a text of its own. */
const listOf = <T extends z.ZodType>(item: T, isItem: (value: unknown) => boolean = () => false) =>
  z
    .custom<readonly z.infer<T>[]>((value) => Array.isArray(value), "is no list")
    .superRefine((list, context) => {
      if (list.length > maxOperations) context.addIssue(`has ${list.length} items, the most is ${maxOperations}`);
      for (const [i, value] of list.slice(0, maxOperations).entries()) {
        if (isItem(value)) continue;
        const [issue] = item.safeParse(value).error?.issues ?? [];
        if (issue === undefined) continue;
        context.addIssue({ code: "custom", path: [i, ...issue.path], message: issue.message });
        return;
      }
    });

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

const PreparedFields = z.strictObject({
  branch: BranchName,
  /** The version that it read at. */
  snapshot: natural,
  reads: listOf(Read, isRead),
  scans: listOf(ScanRecord),
  /** Key-value pairs; null deletes. Of a key that is there twice, the last counts. */
  writes: listOf(Write, isWrite),
  collections: listOf(z.strictObject({ name: Name, definition: CollectionDefinition })),
  /** 32-bit floats, little-endian; null deletes. */
  vectors: listOf(
    z.strictObject({
      collection: Name,
      key: z.string().refine(isKey),
      vector: Bytes.refine((v) => v.length <= 4 * maxDimension && v.length % 4 === 0, "is no vector of 32-bit floats").nullable(),
    }),
  ),
  /** A client that numbers its requests: the request is executed once, however often it is sent. */
  client: ClientName.optional(),
  request: natural.optional(),
});
export const Prepared = PreparedFields.refine((p) => (p.client === undefined) === (p.request === undefined), {
  path: ["request"],
  error: "client and request belong together",
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

/**
 * Of the keys and versions that a range has at a version; without one, at the newest; and of how many keys. Undefined if they are
 * more than `most`.
 */
export const digestOf = (
  branch: Pick<Branch, "chains">,
  { from, to }: { readonly from: string; readonly to: string | null },
  snapshot: number | undefined,
  most: number,
): { readonly digest: Uint8Array; readonly keys: number } | undefined => {
  const hash = createHash("sha256");
  let keys = 0;
  for (const [key, chain] of branch.chains.entries(from)) {
    if (!isWithin(key, from, to)) break;
    const entry = snapshot === undefined ? chain[0] : readAt(chain, snapshot);
    if (entry?.value === undefined) continue;
    // What is deleted and not yet collected differs from replica to replica: it is not counted.
    keys += 1;
    if (keys > most) return undefined;
    hash.update(`${key.length}:${key}@${entry.version};`);
  }
  return { digest: new Uint8Array(hash.digest()), keys };
};

/** Why what was read does not allow the commit: the first thing that has changed since, or more than can be looked at. */
export const outdated = (
  branch: Branch,
  { reads, scans }: Pick<Prepared, "reads" | "scans">,
): { readonly reason: "conflict" | "tooLarge"; readonly detail: string } | undefined => {
  const read = reads.find(([key, version]) => current(branch.chains.get(key)) !== version);
  if (read !== undefined) {
    const [key, version] = read;
    const detail = `key ${JSON.stringify(key.slice(1))} was read at version ${version}, and is at ${current(branch.chains.get(key))} (0: absent)`;
    return { reason: "conflict", detail };
  }
  let left = maxScannedKeys;
  for (const scan of scans) {
    const now = digestOf(branch, scan, undefined, left);
    if (now === undefined)
      return { reason: "tooLarge", detail: `the scans of the transaction meet more than ${maxScannedKeys} keys in all` };
    left -= now.keys;
    if (Buffer.compare(now.digest, scan.digest) === 0) continue;
    const end = scan.to === null ? "the end" : JSON.stringify(scan.to.slice(1));
    return { reason: "conflict", detail: `a scan from ${JSON.stringify(scan.from.slice(1))} to ${end} would read something else now` };
  }
  return undefined;
};

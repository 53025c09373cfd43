/**
 * What clients and replicas say to one another: requests with a number of the connection, each answered once. A client
 * keeps what its transaction read and writes, and sends all of it with the commit, so that a commit can be repeated to
 * another replica. The replica keeps the snapshot open.
 */
import { z } from "zod";

const Name = z.string().min(1).max(256);
const Key = z.string().max(8_192);
const Bytes = z.instanceof(Uint8Array);
const Natural = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

export const requestSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("Status") }),
  /** A snapshot that has every write acknowledged before it was asked for. */
  z.strictObject({ type: z.literal("Begin"), branch: Name }),
  z.strictObject({ type: z.literal("Get"), transaction: Natural, key: Key }),
  z.strictObject({
    type: z.literal("Scan"),
    transaction: Natural,
    from: Key,
    to: Key.nullable(),
    limit: z.number().int().min(1).max(10_000),
  }),
  /** The transaction is over for the replica; `prepared` is what it came to, of the store's shape. */
  z.strictObject({ type: z.literal("Commit"), transaction: Natural.nullable(), prepared: z.unknown() }),
  z.strictObject({ type: z.literal("Abort"), transaction: Natural }),
  z.strictObject({
    type: z.literal("Search"),
    branch: Name,
    collection: Name,
    vector: Bytes.refine((b) => b.length % 4 === 0, "32-bit floats have 4 bytes each"),
    count: z.number().int().min(1).max(1_000),
  }),
  z.strictObject({ type: z.literal("Branches") }),
]);
export type Request = z.infer<typeof requestSchema>;

export const requestEnvelope = z.strictObject({ id: Natural, request: requestSchema });

/** NotPrimary and Unavailable: ask another replica, with the same request number. The others: asking again is of no use. */
export const errorCodes = ["NotPrimary", "Unavailable", "Overloaded", "Invalid"] as const;
export type ErrorCode = (typeof errorCodes)[number];

const Outcome = z.discriminatedUnion("status", [
  z.strictObject({ status: z.literal("committed"), version: Natural }),
  /** Nothing was written. */
  z.strictObject({ status: z.literal("refused"), reason: z.string() }),
]);
export type Outcome = z.infer<typeof Outcome>;

export const statusSchema = z.object({
  cluster: z.string(),
  replica: Natural,
  view: Natural,
  /** The replica that leads this view. */
  primary: Natural,
  status: z.string(),
  opNumber: Natural,
  commitNumber: Natural,
  executed: Natural,
  version: Natural,
  counters: z.record(z.string(), z.number()),
});
export type ReplicaStatus = z.infer<typeof statusSchema>;

const ScanRecord = z.strictObject({ from: z.string(), through: z.string().nullable(), digest: Bytes });
export const replies = {
  Status: statusSchema,
  Begin: z.strictObject({ transaction: Natural, snapshot: Natural }),
  Get: z.strictObject({ key: z.string(), value: Bytes.nullable(), version: Natural }),
  Scan: z.strictObject({ pairs: z.array(z.tuple([z.string(), Bytes])), record: ScanRecord }),
  Commit: Outcome,
  Abort: z.strictObject({}),
  Search: z.array(z.strictObject({ key: z.string(), distance: z.number() })),
  Branches: z.array(z.string()),
} as const satisfies Record<Request["type"], z.ZodType>;
export type ReplyTo<T extends Request["type"]> = z.infer<(typeof replies)[T]>;

export const replyEnvelope = z.discriminatedUnion("ok", [
  z.strictObject({ id: Natural, ok: z.literal(true), reply: z.unknown() }),
  z.strictObject({
    id: Natural,
    ok: z.literal(false),
    code: z.enum(errorCodes),
    message: z.string().max(4_096),
    primary: Natural.nullable(),
  }),
]);

/**
 * What clients and replicas say to one another, one reply to each request (over HTTP, in production). A transaction lives on
 * the primary while it reads and writes. `Prepare` turns it into bytes, which the client keeps: it can send the same commit to
 * another replica when no answer comes.
 */
import { z } from "zod";
import { ClientName } from "../transactional-store/prepared.ts";
import { CollectionDefinition, maxDimension } from "../transactional-store/vector-collections.ts";

const Name = z.string().min(1).max(256);
const Key = z.string().max(8_192);
const Bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "expected bytes");
const Vector = Bytes.refine((b) => b.length % 4 === 0, "32-bit floats have 4 bytes each").refine(
  (b) => b.length <= 4 * maxDimension,
  `a vector has at most ${maxDimension} dimensions`,
);
const Natural = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
/** Whose request a commit is: executed once, however often it is sent. */
const RequestNumber = z.strictObject({ client: ClientName, request: Natural });
export type RequestNumber = z.infer<typeof RequestNumber>;
/** As `Begin` gave it. */
const transaction = z.string().min(1).max(64);

export const requestSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("Status") }),
  /** A snapshot that has every write acknowledged before it was asked for. */
  z.strictObject({ type: z.literal("Begin"), branch: Name }),
  /** One key, without a transaction; as new as a snapshot that is taken now. */
  z.strictObject({ type: z.literal("Read"), branch: Name, key: Key }),
  z.strictObject({ type: z.literal("Get"), transaction, key: Key }),
  z.strictObject({ type: z.literal("Scan"), transaction, from: Key, to: Key.nullable(), limit: z.number().int().min(1).max(10_000) }),
  z.strictObject({ type: z.literal("Put"), transaction, key: Key, value: Bytes }),
  z.strictObject({ type: z.literal("Delete"), transaction, key: Key }),
  z.strictObject({ type: z.literal("CreateCollection"), transaction, collection: Name, definition: CollectionDefinition }),
  z.strictObject({ type: z.literal("InsertVector"), transaction, collection: Name, key: Key, vector: Vector }),
  z.strictObject({ type: z.literal("DeleteVector"), transaction, collection: Name, key: Key }),
  /** The transaction is over for the replica; the reply is what `Commit` takes. */
  z.strictObject({ type: z.literal("Prepare"), transaction, of: RequestNumber }),
  z.strictObject({ type: z.literal("Abort"), transaction }),
  z.strictObject({ type: z.literal("Commit"), prepared: Bytes }),
  z.strictObject({ type: z.literal("Search"), branch: Name, collection: Name, vector: Vector, count: z.number().int().min(1).max(1_000) }),
  z.strictObject({ type: z.literal("Branches") }),
  z.strictObject({ type: z.literal("PrepareBranch"), branch: Name, from: Name.nullable(), of: RequestNumber }),
  z.strictObject({ type: z.literal("PrepareBranchDeletion"), branch: Name, of: RequestNumber }),
]);
export type Request = z.infer<typeof requestSchema>;
/** A request has fewer values, one within another; what is longer (a value, a prepared transaction) is bytes. */
export const requestBounds = { depth: 4, values: 64 } as const;

/** What a token that only allows to read may ask for. A transaction that writes nothing needs no commit. */
export const readingRequests: ReadonlySet<Request["type"]> = new Set<Request["type"]>([
  "Status",
  "Begin",
  "Read",
  "Get",
  "Scan",
  "Abort",
  "Search",
  "Branches",
]);

/**
 * NotPrimary, Unavailable, Overloaded: asked again, perhaps of another replica, it may succeed; a commit keeps its request number.
 * After Unavailable the commit may have happened. Invalid, Forbidden, Fault: asking again is of no use; Unauthorized: of this replica.
 */
export const errorCodes = ["NotPrimary", "Unavailable", "Overloaded", "Invalid", "Unauthorized", "Forbidden", "Fault"] as const;
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

const nothing = z.strictObject({});
export const replies = {
  Status: statusSchema,
  Begin: z.strictObject({ transaction, snapshot: Natural }),
  Read: z.strictObject({ value: Bytes.nullable() }),
  Get: z.strictObject({ value: Bytes.nullable() }),
  Scan: z.strictObject({ pairs: z.array(z.tuple([z.string(), Bytes])) }),
  Put: nothing,
  Delete: nothing,
  CreateCollection: nothing,
  InsertVector: nothing,
  DeleteVector: nothing,
  Prepare: Bytes,
  Abort: nothing,
  Commit: Outcome,
  Search: z.array(z.strictObject({ key: z.string(), distance: z.number() })),
  Branches: z.array(z.string()),
  PrepareBranch: Bytes,
  PrepareBranchDeletion: Bytes,
} as const satisfies Record<Request["type"], z.ZodType>;
export type ReplyTo<T extends Request["type"]> = z.infer<(typeof replies)[T]>;

/** The reply to what was not done. `primary`: who leads, as far as the replica knows. */
export const failureSchema = z.strictObject({ code: z.enum(errorCodes), message: z.string(), primary: Natural.nullable() });
export type Failure = z.infer<typeof failureSchema>;

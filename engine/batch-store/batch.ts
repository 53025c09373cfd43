/**
 * A batch of transactions, its digest and its size. The digest covers author, batch id and payload. The expiry is not part
 * of it, so that a batch can be prolonged under its digest; the expiry is bound by the signatures (`proof.ts`).
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { encode } from "../codec.ts";
import { BatchStoreError } from "./errors.ts";

/** SHA-256, 64 hex digits. */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits");
export type Digest = z.infer<typeof Digest>;

/** The nonce is drawn when an author's table holds no counter; the numbers under it go up. */
export const BatchId = z.strictObject({
  nonce: z.string().regex(/^[0-9a-f]{16}$/, "expected 16 lower-case hex digits"),
  number: z.int().min(0),
});
export type BatchId = z.infer<typeof BatchId>;

export const ReplicaNumber = z.int().min(1).max(255);
/** Certified time and expiry: a logical number, no clock. */
export const CertifiedTime = z.int().min(0);
export const Epoch = z.int().min(1);
export const Bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, "expected bytes");

export const Batch = z.strictObject({ author: ReplicaNumber, batchId: BatchId, transactions: z.array(Bytes) });
export interface Batch {
  /** The number of the replica that made it. */
  readonly author: number;
  readonly batchId: BatchId;
  /** Opaque. */
  readonly transactions: readonly Uint8Array[];
}

/** The first element keeps these bytes apart from everything else that is hashed. */
export const digestOf = ({ author, batchId, transactions }: Batch): Digest =>
  createHash("sha256")
    .update(encode(["lockstep batch 1", author, batchId.nonce, batchId.number, transactions]))
    .digest("hex");

const batchOverhead = 256;
const transactionOverhead = 16;
/** What a batch takes of a quota, in bytes: so many more than its payload that empty transactions and batches cost as well. */
export const sizeOf = (transactions: readonly Uint8Array[]): number =>
  transactions.reduce((sum, transaction) => sum + transaction.length + transactionOverhead, batchOverhead);

/** Bytes of their own: a decoded message is a view that would keep its whole frame in memory. */
export const copied = (transactions: readonly Uint8Array[]): readonly Uint8Array[] =>
  transactions.map((transaction) => new Uint8Array(transaction));

/** Throws `limit`. */
export const checkLimits = (
  transactions: readonly Uint8Array[],
  limits: { readonly maxBatchBytes: number; readonly maxTransactions: number },
): void => {
  if (transactions.length === 0) throw new BatchStoreError("limit", "A batch without transactions: at least one is needed.");
  if (transactions.length > limits.maxTransactions)
    throw new BatchStoreError("limit", `A batch of ${transactions.length} transactions: at most ${limits.maxTransactions} are allowed.`);
  const bytes = sizeOf(transactions);
  if (bytes > limits.maxBatchBytes)
    throw new BatchStoreError("limit", `A batch of ${bytes} bytes: at most ${limits.maxBatchBytes} are allowed.`);
};

/** The messages of the batch store. Who sent one is known from the network, so none names its sender. */
import { z } from "zod";
import { Batch, CertifiedTime, Digest, Epoch } from "./batch.ts";
import { Signature } from "./proof.ts";

/** How many batches one message may carry. */
export const maxBatchesOfMessage = 64;

/** From the author to all: keep these, and sign. */
export const BatchMsg = z.strictObject({
  type: z.literal("BatchMsg"),
  epoch: Epoch,
  batches: z
    .array(z.strictObject({ batch: Batch, expiry: CertifiedTime }))
    .min(1)
    .max(maxBatchesOfMessage),
});
export type BatchMsg = z.infer<typeof BatchMsg>;

/** To the author: one signature for each batch that is durable here. */
export const BatchSigned = z.strictObject({
  type: z.literal("BatchSigned"),
  epoch: Epoch,
  signatures: z
    .array(z.strictObject({ digest: Digest, expiry: CertifiedTime, signature: Signature }))
    .min(1)
    .max(maxBatchesOfMessage),
});
export type BatchSigned = z.infer<typeof BatchSigned>;

export const RefusalReason = z.enum(["expired", "quota", "limit"]);
/** To the author: asking again is of no use. */
export const BatchRefused = z.strictObject({
  type: z.literal("BatchRefused"),
  epoch: Epoch,
  digest: Digest,
  expiry: CertifiedTime,
  reason: RefusalReason,
});
export type BatchRefused = z.infer<typeof BatchRefused>;

/** From a reader to a signer. */
export const BatchRequest = z.strictObject({ type: z.literal("BatchRequest"), digest: Digest });
export type BatchRequest = z.infer<typeof BatchRequest>;

/** `batch` is null when the replica does not have it. */
export const BatchResponse = z.strictObject({ type: z.literal("BatchResponse"), digest: Digest, batch: Batch.nullable() });
export type BatchResponse = z.infer<typeof BatchResponse>;

export const BatchMessage = z.discriminatedUnion("type", [BatchMsg, BatchSigned, BatchRefused, BatchRequest, BatchResponse]);
export type BatchMessage = z.infer<typeof BatchMessage>;

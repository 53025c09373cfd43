/** The configuration of a batch store, validated. Times with the suffix Ms are of the clock port; others are certified time. */
import { z } from "zod";
import { validated } from "../codec.ts";
import { Epoch, ReplicaNumber } from "./batch.ts";

const count = z.int().min(1);
const MiB = 2 ** 20;

/** Of each author on each replica; sizes as `sizeOf` counts them. */
const Quota = z.strictObject({
  batches: count.default(10_000),
  dbBytes: count.default(1024 * MiB),
  /** Beyond it, only metadata is cached, and the payload is read from the row. 0: always. */
  memoryBytes: z
    .int()
    .min(0)
    .default(128 * MiB),
});

const Limits = z.strictObject({
  maxBatchBytes: count.max(32 * MiB).default(4 * MiB),
  maxTransactions: count.max(100_000).default(10_000),
  /** How far beyond the certified time an expiry may lie. */
  maxLifetime: count.default(Number.MAX_SAFE_INTEGER),
  /** Batches that wait for their signatures, as an author. */
  maxSubmissions: count.default(256),
  /** Batches that are being requested from signers, and readers that wait for a batch. */
  maxFetches: count.default(256),
  maxSubscribers: count.default(4096),
  /** Messages of one peer that are being worked on; what comes beyond is dropped, and sent again by the peer. */
  maxPendingPerPeer: count.default(64),
  /** Requests for batches that one peer may make, on average and at once. */
  requestsPerSecond: count.default(1000),
  requestBurst: count.default(1000),
});

const Timeouts = z.strictObject({
  /** Between two sendings of a batch to a peer that has not answered. */
  retransmitMs: count.default(200),
  submitMs: count.default(10_000),
  /** For one signer's answer, and between two rounds through the signers. */
  signerMs: count.default(500),
  fetchMs: count.default(10_000),
});

const Config = z
  .strictObject({
    cluster: z.string().min(1).max(256),
    replica: ReplicaNumber,
    /** ed25519, 32 bytes in base64url. */
    privateKey: z.string(),
    /** Of replica 1, 2, …: as many as there are replicas. */
    publicKeys: z.array(z.string()).min(1).max(255),
    /** How many signatures make a proof of store: by default a majority. */
    quorum: count.optional(),
    /** A store that knows of a later epoch stays in that. */
    epoch: Epoch.default(1),
    /** How long, in certified time, a batch is kept beyond its expiry for replicas that lag behind. */
    graceTime: z.int().min(0).default(0),
    /** How many batch ids are reserved by one synced write. */
    batchIdRange: count.max(2 ** 20).default(1024),
    quota: Quota.prefault({}),
    limits: Limits.prefault({}),
    timeouts: Timeouts.prefault({}),
  })
  .refine((c) => c.replica <= c.publicKeys.length, { path: ["replica"], error: "expected at most the number of public keys" })
  .refine((c) => new Set(c.publicKeys).size === c.publicKeys.length, { path: ["publicKeys"], error: "expected different keys" })
  .refine((c) => c.quorum === undefined || (c.quorum * 2 > c.publicKeys.length && c.quorum <= c.publicKeys.length), {
    path: ["quorum"],
    error: "expected more than half of the replicas, and no more than there are",
  })
  .transform((c) => ({ ...c, quorum: c.quorum ?? Math.floor(c.publicKeys.length / 2) + 1 }));

/** As it is written; what is left out has the default above. */
export type BatchStoreOptions = z.input<typeof Config>;
export type BatchStoreConfig = Readonly<z.output<typeof Config>>;

/** Throws DecodeError. */
export const configured = (options: BatchStoreOptions): BatchStoreConfig =>
  validated(Config, options, "The configuration of the batch store");

/** The numbers of all other replicas. */
export const peersOf = ({ replica, publicKeys }: BatchStoreConfig): readonly number[] =>
  publicKeys.map((_, i) => i + 1).filter((peer) => peer !== replica);

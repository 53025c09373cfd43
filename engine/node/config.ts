/** The configuration of one replica: a JSON file, written by `engine cluster` or by hand, and checked before anything starts. */
import { z } from "zod";
import { validated } from "../codec.ts";
import { faultsSchema } from "../wiring/production/network/faulty-network.ts";

const Port = z.number().int().min(0).max(65_535);
const Address = z.strictObject({ host: z.string().min(1).default("127.0.0.1"), port: Port });
export type Address = z.infer<typeof Address>;

/** An op has a signature of each replica of a majority, and a message may carry all ops of a log: with more it would not fit. */
export const mostReplicas = 9;
const ReplicaNumber = z.number().int().min(1).max(mostReplicas, `a group has at most ${mostReplicas} replicas`);

export const Durability = z.enum(["strict", "batched", "none"]);

const Group = z.strictObject({
  /** A name of this cluster: replicas and snapshots of another one are refused. */
  cluster: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "a name of up to 64 letters, digits, dots, dashes and underscores"),
  /** Every replica of the group, this one included, with consecutive numbers from 1. */
  replicas: z
    .array(
      z.strictObject({
        replica: ReplicaNumber,
        address: Address,
        /** Where it answers clients, and `GET /status`. */
        clientAddress: Address,
        /** Ed25519, 32 bytes in base64url: by it the others know the replica, and who signed that a batch is durable. */
        publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/, "an Ed25519 key of 32 bytes in base64url has 43 letters"),
      }),
    )
    .min(1)
    .max(mostReplicas, `a group has at most ${mostReplicas} replicas`),
});
export type Group = z.infer<typeof Group>;

const Timing = z.strictObject({
  heartbeatMs: z.number().int().min(5).default(50),
  /** Without a word from the primary for this long (and up to twice as long) a backup starts a view change. */
  viewChangeTimeoutMs: z.number().int().min(20).default(400),
});

const Tls = z.strictObject({
  certificateFile: z.string().min(1),
  keyFile: z.string().min(1),
  authorityFile: z.string().min(1),
});

const ReplicaConfig = Group.extend({
  replica: ReplicaNumber,
  /** Relative paths are relative to the configuration file. */
  directory: z.string().min(1),
  /** Whom this replica answers as a client: see `client-tokens.ts`. */
  tokensFile: z.string().min(1),
  /** Ed25519, 32 bytes in base64url: by it the others know this replica. */
  privateKeyFile: z.string().min(1),
  /** PEM: with them, what replicas and clients say is encrypted, and replicas take only connections of the authority's certificates. */
  tls: Tls.optional(),
  /** How the transactional store writes its log. The replicated log is synced in every mode, so that no acknowledged commit depends on this. */
  durability: Durability.default("batched"),
  timing: Timing.prefault({}),
  /** After this many ops the store writes a checkpoint, and the log before it may go. */
  checkpointEveryOps: z.number().int().min(10).max(4_000).default(1_000),
  /** So many ops stay in the log, for replicas that lag; one that lags further restores a snapshot. */
  retainedOps: z.number().int().min(10).max(8_000).default(4_000),
  journal: z.boolean().default(false),
  /** For tests: messages to other replicas are lost, repeated and delayed with these probabilities. */
  faults: faultsSchema.optional(),
  /** For tests: a process that is killed loses what it has not synced, as in a power cut. */
  unsyncedLost: z.boolean().default(false),
});
export type ReplicaConfig = z.infer<typeof ReplicaConfig>;

/** What `client` needs to know of a cluster. */
export const ClientConfig = Group.extend({
  tokenFile: z.string().min(1),
  /** PEM: the replicas take clients over TLS, with certificates of this authority. */
  authorityFile: z.string().min(1).optional(),
});
export type ClientConfig = z.infer<typeof ClientConfig>;

const inSequence = (group: Group, file: string): void => {
  const wrong = group.replicas.findIndex((r, i) => r.replica !== i + 1);
  if (wrong !== -1) throw new Error(`${file}: replicas must be numbered 1, 2, 3, …; the entry at place ${wrong + 1} has another number`);
  if (group.replicas.length % 2 === 0) {
    throw new Error(
      `${file}: a group of ${group.replicas.length} survives no more failures than one of ${group.replicas.length - 1}; use an odd number`,
    );
  }
};

const json = (text: string, file: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** Throws an Error that names the file and the field. */
export const parseReplicaConfig = (text: string, file: string): ReplicaConfig => {
  const config = validated(ReplicaConfig, json(text, file), file);
  inSequence(config, file);
  if (config.replica > config.replicas.length)
    throw new Error(`${file}: replica ${config.replica} is not in a group of ${config.replicas.length}`);
  return config;
};
export const parseClientConfig = (text: string, file: string): ClientConfig => {
  const config = validated(ClientConfig, json(text, file), file);
  inSequence(config, file);
  return config;
};

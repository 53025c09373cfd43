/** The stores of one replica, opened on their ports with what follows from the replica's options. */
import { BatchStore } from "../batch-store/batch-store.ts";
import type { Network } from "../ports.ts";
import type { StoppedError } from "../replication/errors.ts";
import type { Timing } from "../replication/timers.ts";
import { TransactionalStore } from "../transactional-store/transactional-store.ts";
import type { NodePorts } from "./replica-node.ts";
import { WriteBehindDisk } from "./write-behind-disk.ts";

export interface NodeOptions {
  readonly cluster: string;
  readonly replica: number;
  readonly replicas: number;
  /** Ed25519, raw, in base64url; the public ones of replica 1, 2, … */
  readonly privateKey: string;
  readonly publicKeys: readonly string[];
  readonly durability: "strict" | "batched" | "none";
  readonly timing: Partial<Timing>;
  /** A checkpoint of the store after so many ops; so many ops stay in the log behind it. */
  readonly checkpointEveryOps: number;
  readonly retainedOps: number;
  /** It has taken part before: see `ReplicaOptions`. */
  readonly isMember?: boolean;
  /** Called with the view of a peer, as a message of it shows it, and with the op that it acknowledges, if it does. */
  readonly onHeard?: (peer: number, viewNumber: number, acknowledged?: number) => void;
  /** Called once, when the replica has stopped for good. */
  readonly onFailed?: (error: StoppedError) => void;
}

/** What a crash takes from the store's log is executed again, so that its syncs need not be many. */
const batching = { batchRecords: 8_192, batchMs: 200 };

export const openStore = (options: NodeOptions, ports: NodePorts): Promise<TransactionalStore> =>
  // The state machine makes the checkpoints. Versions are collected by the store: what a snapshot can still read stays.
  TransactionalStore.open(
    { ...ports, disk: options.durability === "strict" ? ports.disk : new WriteBehindDisk(ports.disk) },
    { durability: options.durability, checkpointSegments: 0, ...batching },
  );

/**
 * Certified time is counted in ops. A batch expires `retainedOps` after it was made, and its payload is kept for as long
 * again, and a checkpoint more: for as long as an op that may need it is in a log.
 */
export const openBatchStore = (options: NodeOptions, ports: NodePorts, network: Network): Promise<BatchStore> => {
  const { cluster, replica, privateKey, publicKeys, retainedOps, checkpointEveryOps } = options;
  const { journal, ...others } = ports;
  const graceTime = retainedOps + 2 * checkpointEveryOps;
  // What is kept goes only as ops go on, and ops go on only with new batches: a quota below that would be the end of it. Twice
  // as much, for batches that a change of view has left without an op.
  const kept = retainedOps + graceTime + checkpointEveryOps;
  const quota = { batches: 2 * kept + 64, dbBytes: Number.MAX_SAFE_INTEGER };
  const opening = BatchStore.open(
    { cluster, replica, privateKey, publicKeys: [...publicKeys], graceTime, quota },
    { ...others, ...(journal && { journal }), send: (to, message) => network.send(to, message) },
  );
  return opening.then((batches) => {
    network.onMessage((from, message) => batches.receive(from, message));
    return batches;
  });
};

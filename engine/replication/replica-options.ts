/** What a replica is made of and told. */
import type { Clock, Journal, Logger, Network, Random, Steps, Table, Witness } from "../ports.ts";
import type { StoppedError } from "./errors.ts";
import type { Timing } from "./timers.ts";

export interface ReplicaPorts {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly table: Table;
  readonly witness?: Witness | undefined;
  readonly steps: Steps;
  readonly logger: Logger;
  readonly journal?: Journal | undefined;
}
export interface ReplicaOptions {
  /** This replica's number, 1 to `replicas`. */
  readonly replica: number;
  /** The size of the group: odd. */
  readonly replicas: number;
  /** Of all keys in the table; "vr/" by default. */
  readonly prefix?: string;
  readonly timing?: Partial<Timing>;
  /** So many ops below a checkpoint stay in the log for replicas that lag; 1024 by default. */
  readonly retainedOps?: number;
  /** It has taken part before, so that it must have a state; by default an empty table is a new member of a new group. */
  readonly isMember?: boolean;
  /** Called after each op that was executed here, and with the last op that a restored snapshot has the effect of. */
  readonly onExecuted?: (opNumber: number) => void;
  /** Called with the view of a peer, as a message of it shows it, and with the op that it acknowledges, if it does. */
  readonly onHeard?: (peer: number, viewNumber: number, acknowledged?: number) => void;
  /** Called once, when the replica has stopped for good. */
  readonly onFailed?: (error: StoppedError) => void;
}

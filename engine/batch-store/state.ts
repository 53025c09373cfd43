/** The state of one replica's batch store, which its parts share. What is here and not in the rows ends with the process. */
import type { Clock, Journal, Logger, Random, Steps, Table } from "../ports.ts";
import type { Digest } from "./batch.ts";
import { Cache, Locks } from "./cache.ts";
import type { BatchStoreConfig } from "./config.ts";
import { BatchStoreError } from "./errors.ts";
import type { BatchMessage } from "./messages.ts";
import { Keys } from "./proof.ts";
import { Quotas } from "./quota.ts";
import type { Rows } from "./rows.ts";

export interface Ports {
  readonly table: Table;
  readonly clock: Clock;
  readonly random: Random;
  readonly steps: Steps;
  readonly logger: Logger;
  /** The actions that were taken, for trace validation; by default they are not written down. */
  readonly journal?: Journal;
  /** Unreliable, and never throws. */
  readonly send: (to: number, message: BatchMessage) => void;
}

/** The latest expiry that was signed, or told to readers, and its epoch. */
export interface Promised {
  readonly expiry: number;
  readonly epoch: number;
}

export class StoreState {
  readonly cache = new Cache();
  readonly locks = new Locks();
  readonly keys: Keys;
  quotas: Quotas;
  certifiedTime = 0;
  epoch: number;
  /** Rows and proofs of epochs before this one are garbage. */
  releasedBefore = 0;
  /** Signatures that have left this process, until they expire. */
  readonly signed = new Map<Digest, Promised>();
  /** Batches that readers were given, until they expire. */
  readonly notified = new Map<Digest, Promised>();
  /** Rows that became durable after their entry had been collected. */
  readonly lateRows = new Set<Digest>();
  isClosed = false;

  constructor(
    readonly config: BatchStoreConfig,
    readonly ports: Ports,
    readonly rows: Rows,
  ) {
    this.keys = new Keys(config);
    this.quotas = new Quotas(config.quota);
    this.epoch = config.epoch;
  }

  reached(step: string, args: Readonly<Record<string, unknown>>): Promise<void> | undefined {
    return this.ports.steps.reached(step, args);
  }

  /** Writes down an action, after its effect on this state and before anybody else can see one. */
  took(act: string, args: Readonly<Record<string, unknown>>): void {
    if (this.ports.journal === undefined) return;
    const { digest } = args;
    const { certifiedTime, epoch } = this;
    const ofDigest =
      typeof digest === "string"
        ? {
            cache: this.cache.get(digest)?.expiry ?? null,
            row: this.rows.info(digest)?.expiry ?? null,
            isDurable: this.rows.isDurable(digest),
          }
        : {};
    this.ports.journal.record({ act, args, post: { certifiedTime, epoch, ...ofDigest } });
  }

  /** Throws `closed` or `poisoned`. */
  assertRunning(): void {
    if (this.isClosed) throw new BatchStoreError("closed", "The batch store is closed.");
    if (this.rows.poisonedBy !== undefined) throw this.rows.poisonedBy;
  }

  /** Garbage is what expired a grace time ago, and what is of a released epoch. */
  isGarbage = ({ expiry, epoch }: Promised): boolean => expiry + this.config.graceTime <= this.certifiedTime || epoch < this.releasedBefore;

  /** Keeps the later of two. */
  promise(where: Map<Digest, Promised>, digest: Digest, { expiry, epoch }: Promised): void {
    const before = where.get(digest);
    if (before === undefined || before.epoch < epoch || (before.epoch === epoch && before.expiry < expiry))
      where.set(digest, { expiry, epoch });
  }

  forgetPromises(): void {
    for (const promises of [this.signed, this.notified])
      for (const [digest, promised] of promises) if (this.isGarbage(promised)) promises.delete(digest);
  }
}

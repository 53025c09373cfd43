/**
 * Expiry in certified time, epochs, and what a start loads. A collection takes the expired entries out of the cache, gives
 * back their share of the quota, and afterwards deletes their rows, unless a row was persisted again in between. Each method
 * is one action.
 *
 * Rows of an epoch that `endEpoch` has ended are garbage. An epoch that ended while this replica was down shows in the
 * configuration only; its rows are kept and served until they expire, since this replica, and others that were down, may
 * still have to execute its last batches.
 */
import { z } from "zod";
import { decode, encode } from "../codec.ts";
import { CertifiedTime, Epoch, ReplicaNumber, sizeOf } from "./batch.ts";
import type { Digest } from "./batch.ts";
import type { Entry } from "./cache.ts";
import { BatchStoreError } from "./errors.ts";
import type { StoredBatch } from "./rows.ts";
import type { StoreState } from "./state.ts";

const stateKey = "state";
const PersistedState = z.strictObject({
  version: z.literal(1),
  cluster: z.string(),
  replica: ReplicaNumber,
  epoch: Epoch,
  releasedBefore: z.int().min(0),
  certifiedTime: CertifiedTime,
});

export class Collector {
  /** Collections and ends of epochs, one after the other. */
  private work: Promise<void> = Promise.resolve();
  /** Deletions that a start or the end of an epoch has left to do. */
  private deletion: Promise<void> = Promise.resolve();
  private latestTime = 0;
  private collectorState: "idle" | "expire" | "delete" = "idle";

  constructor(protected readonly state: StoreState) {}

  get phase(): "idle" | "expire" | "delete" {
    return this.collectorState;
  }

  /** Reads the persisted state. Throws `invalid` when the table belongs to another replica, and DecodeError. */
  async readState(): Promise<void> {
    const bytes = await this.state.rows.getState(stateKey);
    if (bytes === undefined) return;
    const { config } = this.state;
    const persisted = decode(PersistedState, bytes, "The state row of the batch store");
    if (persisted.cluster !== config.cluster || persisted.replica !== config.replica)
      throw new BatchStoreError(
        "invalid",
        `The table belongs to replica ${persisted.replica} of cluster ${persisted.cluster}, not to replica ${config.replica} of ${config.cluster}.`,
      );
    this.state.epoch = Math.max(persisted.epoch, config.epoch);
    this.state.releasedBefore = persisted.releasedBefore;
    this.state.certifiedTime = persisted.certifiedTime;
    this.latestTime = persisted.certifiedTime;
    this.state.rows.release(persisted.releasedBefore);
  }

  /** Loads the rows into the cache, after a synced write; garbage is deleted in the background. */
  async restart(): Promise<void> {
    const garbage: Digest[] = [];
    const onCorrupt = (error: Error): void => this.state.ports.logger.log("error", "corrupt row left alone", { error: error.message });
    for await (const [digest, row] of this.state.rows.load(onCorrupt)) {
      if (this.state.isGarbage(row)) garbage.push(digest);
      else this.populate(digest, row);
    }
    this.state.took("Restart", {});
    this.deleteInBackground(() => garbage);
  }

  /** What was signed is served again, before and after an epoch's first commit. */
  protected populate(digest: Digest, { batch, expiry, epoch }: StoredBatch): void {
    const { cache, quotas } = this.state;
    const share = quotas.take(batch.author, sizeOf(batch.transactions), undefined, true);
    const transactions = share.mode === "memory" ? batch.transactions : undefined;
    cache.insert({ digest, author: batch.author, batchId: batch.batchId, expiry, epoch, share, transactions });
  }

  /** Resolves when the time is durable and what has expired is deleted; an earlier time than the last changes nothing. */
  async advanceCertifiedTime(to: number): Promise<void> {
    this.state.assertRunning();
    if (!CertifiedTime.safeParse(to).success)
      throw new BatchStoreError("invalid", `The certified time ${to} is not a whole number from 0 on.`);
    this.latestTime = Math.max(this.latestTime, to);
    await this.inTurn(() => this.collect());
  }

  private async collect(): Promise<void> {
    const time = this.latestTime;
    const pause = this.state.reached("AdvanceTime", { to: time });
    if (pause) await pause;
    const isPersisted = this.advanceTime(time);
    this.state.took("AdvanceTime", { to: time });
    const collected = this.collectExpired(time);
    await Promise.all([isPersisted, collected]);
  }

  protected advanceTime(time: number): Promise<void> {
    this.collectorState = "expire";
    if (time === this.state.certifiedTime) return Promise.resolve();
    this.state.certifiedTime = time;
    return this.writeState();
  }

  private async collectExpired(time: number): Promise<void> {
    const expires = this.state.reached("ExpireCache", { time });
    if (expires) await expires;
    const expired: Digest[] = [];
    for (const digest of this.state.cache.takeTimers(time - this.state.config.graceTime)) {
      const removed = await this.expireCache(digest);
      if (removed === undefined) continue;
      expired.push(digest);
      this.state.took("ExpireCache", { digest });
      const frees = this.state.reached("FreeRemoved", { digest });
      if (frees) await frees;
      this.state.quotas.free(removed.share);
    }
    this.state.forgetPromises();
    this.collectorState = "delete";
    await this.deleteAt("DeleteRow", expired);
    this.collectorState = "idle";
    // What was put after its entry had been collected.
    const late = [...this.state.lateRows];
    this.state.lateRows.clear();
    await this.deleteAt("DeleteLateRows", late);
  }

  /** Under the lock of the digest; an entry that was prolonged stays. Undefined when nothing is removed. */
  protected expireCache(digest: Digest): Promise<Entry | undefined> {
    const { cache, locks } = this.state;
    return locks.whileLocked(digest, () => {
      const entry = cache.get(digest);
      return Promise.resolve(entry !== undefined && this.state.isGarbage(entry) ? cache.remove(digest) : undefined);
    });
  }

  private async deleteAt(step: string, digests: readonly Digest[]): Promise<void> {
    if (digests.length === 0) return;
    const pause = this.state.reached(step, { digests });
    if (pause) await pause;
    await this.deleteRows(digests);
    for (const digest of digests) this.state.took(step, { digest });
  }

  /** The row is looked at again when the delete's turn has come: it may have been persisted with a later expiry. */
  protected deleteRows(digests: readonly Digest[]): Promise<void> {
    return this.state.rows.deleteIf(digests, this.state.isGarbage);
  }

  /** Goes to the next epoch: what was signed in this one need not be served any more. */
  async endEpoch(next: number): Promise<void> {
    this.state.assertRunning();
    if (!Epoch.safeParse(next).success || next <= this.state.epoch)
      throw new BatchStoreError("epoch", `The epoch is ${this.state.epoch}; ${next} is not a later one.`);
    await this.inTurn(async () => {
      if (next <= this.state.epoch) return;
      const pause = this.state.reached("EndEpoch", { next });
      if (pause) await pause;
      await this.writeState({ epoch: next, releasedBefore: next });
      await this.beginEpoch(next);
      this.state.took("EndEpoch", { next });
    });
    this.deleteInBackground(() => this.state.rows.all().flatMap(([digest, { epoch }]) => (epoch < next ? [digest] : [])));
  }

  /** Whoever is between Take and Insert holds the lock of a digest, and inserts before its entry is removed here. */
  private async beginEpoch(next: number): Promise<void> {
    const { state } = this;
    state.epoch = next;
    state.releasedBefore = next;
    state.rows.release(next);
    const digests = new Set([...state.cache.all().map(({ digest }) => digest), ...state.locks.locked()]);
    for (const digest of digests) {
      const removed = await this.expireCache(digest);
      if (removed !== undefined) state.quotas.free(removed.share);
    }
    state.forgetPromises();
  }

  private deleteInBackground(list: () => readonly Digest[]): void {
    this.deletion = this.deletion.then(async () => {
      const lists = this.state.reached("ListOldRows", { epoch: this.state.epoch });
      if (lists) await lists;
      const digests = list();
      await this.deleteAt("DeleteListed", digests);
    });
    this.deletion = this.deletion.catch((error: unknown) => {
      this.state.ports.logger.log("warn", "old rows not deleted", { error: error instanceof Error ? error.message : String(error) });
    });
  }

  /** Synced; also the first write of a start, which makes durable what an earlier process has left in the page cache. */
  writeState(changes: { readonly epoch?: number; readonly releasedBefore?: number } = {}): Promise<void> {
    const { config, epoch, releasedBefore, certifiedTime } = this.state;
    const { cluster, replica } = config;
    const value = encode({ version: 1, cluster, replica, epoch, releasedBefore, certifiedTime, ...changes });
    return this.state.rows.putState(stateKey, value, { sync: true });
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.work.then(work);
    this.work = done.catch(() => undefined);
    return done;
  }
}

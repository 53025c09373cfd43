/**
 * Persisting a batch on one replica: compare its expiry with the certified time, insert it into the cache under the lock of
 * its digest, put its row, and sign once that row is durable. A second persist of a digest that is cached with the same or
 * a later expiry writes nothing, and waits for the row of the digest, whoever writes it. Readers are told by the rows, when
 * one becomes durable (`readers.ts`). Each method is one action.
 */
import type { Batch, Digest } from "./batch.ts";
import { checkLimits, copied, digestOf, sizeOf } from "./batch.ts";
import { BatchStoreError } from "./errors.ts";
import { messageOf } from "./errors.ts";
import type { BatchMsg, BatchSigned } from "./messages.ts";
import { RefusalReason } from "./messages.ts";
import type { Share } from "./quota.ts";
import type { StoreState } from "./state.ts";

/** One persist of one batch. */
export interface Call {
  readonly digest: Digest;
  readonly batch: Batch;
  readonly expiry: number;
  /** The epoch in which it began. */
  readonly epoch: number;
  /** It has a proof of store, so that it is stored beyond the quota. */
  readonly isCertified: boolean;
}
/** What is left to do after Insert. */
export type Then = "put" | "wait";

export class Persist {
  constructor(protected readonly state: StoreState) {}

  /** Throws `limit`. */
  call(batch: Batch, expiry: number, isCertified: boolean): Call {
    checkLimits(batch.transactions, this.state.config.limits);
    const own = { author: batch.author, batchId: batch.batchId, transactions: copied(batch.transactions) };
    return { digest: digestOf(own), batch: own, expiry, epoch: this.state.epoch, isCertified };
  }

  /** The signature, when the batch is durable here. Throws `expired`, `quota`, `epoch`, `poisoned`, `closed`. */
  async persist(call: Call): Promise<Uint8Array> {
    return this.complete(call, await this.accept(call));
  }

  /** CheckExpiry and Insert. */
  async accept(call: Call): Promise<Then> {
    this.state.assertRunning();
    const { digest, expiry } = call;
    const pause = this.state.reached("CheckExpiry", { digest, expiry });
    if (pause) await pause;
    this.checkExpiry(call);
    this.state.took("CheckExpiry", { digest, expiry });
    return this.state.locks.whileLocked(digest, () => this.takeAndInsert(call));
  }

  /** Put or WaitForRow; then the signature, which is the caller's to send. */
  async complete(call: Call, then: Then): Promise<Uint8Array> {
    await (then === "put" ? this.put(call) : this.waitForRow(call));
    return this.sign(call);
  }

  /** Persists what an author has sent, and answers when the whole list is done. Rejects nothing: what fails is not signed. */
  async persistAndSend(author: number, { epoch, batches }: BatchMsg): Promise<void> {
    const { logger } = this.state.ports;
    if (epoch !== this.state.epoch) {
      logger.log("info", "batch of another epoch dropped", { author, epoch, current: this.state.epoch });
      return;
    }
    const signing = batches.map(async ({ batch, expiry }): Promise<BatchSigned["signatures"]> => {
      try {
        const call = this.call(batch, expiry, false);
        return [{ digest: call.digest, expiry, signature: await this.persist(call) }];
      } catch (error) {
        this.refuse(author, batch, expiry, error);
        return [];
      }
    });
    const signatures = (await Promise.all(signing)).flat();
    if (signatures.length === 0) return;
    const pause = this.state.reached("Send", { to: author, digests: signatures.map(({ digest }) => digest) });
    if (pause) await pause;
    this.send(author, { type: "BatchSigned", epoch, signatures });
  }

  protected checkExpiry({ digest, expiry, isCertified }: Call): void {
    const { certifiedTime, config } = this.state;
    if (expiry <= certifiedTime)
      throw new BatchStoreError("expired", `Batch ${digest} expired at ${expiry}: the certified time is ${certifiedTime}.`);
    if (!isCertified && expiry - certifiedTime > config.limits.maxLifetime)
      throw new BatchStoreError(
        "limit",
        `Batch ${digest} expires at ${expiry}: at most ${config.limits.maxLifetime} beyond the certified time ${certifiedTime} is allowed.`,
      );
  }

  private async takeAndInsert(call: Call): Promise<Then> {
    const { digest, expiry } = call;
    const takes = this.state.reached("Take", { digest, expiry });
    if (takes) await takes;
    this.assertEpoch(call);
    const share = this.take(call);
    if (share === undefined) {
      this.state.took("Insert", { digest, expiry });
      return "wait";
    }
    const inserts = this.state.reached("Insert", { digest, expiry });
    if (inserts) await inserts;
    this.insert(call, share);
    this.state.took("Insert", { digest, expiry });
    return "put";
  }

  /** Undefined when the entry needs no row. Without a pause, Take and Insert are one step. */
  protected take({ digest, batch, expiry, epoch, isCertified }: Call): Share | undefined {
    const held = this.state.cache.get(digest);
    if (held !== undefined && held.expiry >= expiry && held.epoch >= epoch) return undefined;
    return this.state.quotas.take(batch.author, sizeOf(batch.transactions), held?.share, isCertified);
  }

  protected insert({ digest, batch, expiry, epoch }: Call, share: Share): void {
    const held = this.state.cache.get(digest);
    this.state.cache.insert({
      digest,
      author: batch.author,
      batchId: batch.batchId,
      expiry: Math.max(expiry, held?.expiry ?? 0),
      epoch,
      share,
      transactions: share.mode === "memory" ? batch.transactions : undefined,
    });
  }

  /** Resolves when the row is durable. */
  protected async put({ digest, batch, expiry, epoch }: Call): Promise<void> {
    const pause = this.state.reached("Put", { digest, expiry });
    if (pause) await pause;
    await this.state.rows.put(digest, { batch, expiry, epoch });
    this.state.took("Put", { digest, expiry });
    if (this.state.cache.get(digest) === undefined) this.state.lateRows.add(digest);
  }

  protected async waitForRow({ digest, expiry, epoch }: Call): Promise<void> {
    const pause = this.state.reached("WaitForRow", { digest, expiry });
    if (pause) await pause;
    await this.state.rows.whenDurable(digest, expiry, epoch);
    this.state.took("WaitForRow", { digest, expiry });
  }

  protected sign(call: Call): Uint8Array {
    this.assertEpoch(call);
    const { digest, batch, expiry, epoch } = call;
    return this.state.keys.sign({ epoch, digest, expiry, author: batch.author, batchId: batch.batchId });
  }

  /** From here on others count on this replica. A replica's own signature is not sent, and counts as soon as it is made. */
  protected send(author: number, message: BatchSigned): void {
    if (message.epoch !== this.state.epoch) return;
    for (const { digest, expiry } of message.signatures) {
      this.noteSigned(digest, expiry);
      this.state.took("Send", { to: author, digest, expiry });
    }
    this.state.ports.send(author, message);
  }

  noteSigned(digest: Digest, expiry: number): void {
    this.state.promise(this.state.signed, digest, { expiry, epoch: this.state.epoch });
  }

  private refuse(author: number, batch: Batch, expiry: number, error: unknown): void {
    const digest = digestOf(batch);
    this.state.ports.logger.log("warn", "batch not persisted", { author, digest, expiry, error: messageOf(error) });
    const reason = RefusalReason.safeParse(error instanceof BatchStoreError ? error.code : undefined);
    if (reason.success)
      this.state.ports.send(author, { type: "BatchRefused", epoch: this.state.epoch, digest, expiry, reason: reason.data });
  }

  private assertEpoch({ digest, epoch }: Call): void {
    this.state.assertRunning();
    if (epoch !== this.state.epoch)
      throw new BatchStoreError(
        "epoch",
        `Epoch ${epoch} ended while batch ${digest} was being persisted: the epoch is ${this.state.epoch}.`,
      );
  }
}

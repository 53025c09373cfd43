/**
 * Puts transactions together into batches: what arrives while a batch is on its way goes with the next one, which leaves when
 * that one is done, or before if it is full. A batch costs its syncs and messages whatever is in it, so a half-empty one in
 * between would only slow down both. For the same reason a busy replica waits a little when a batch is done: those who were
 * answered are likely to ask again, and go with those who wait already instead of after them. An idle replica sends at once.
 * What is waiting is bounded; more is refused.
 */
import type { Clock, Timer } from "../ports.ts";

export interface BatcherLimits {
  readonly maxTransactions: number;
  readonly maxBytes: number;
  /** Batches that are certified and ordered at the same time. */
  readonly maxInFlight: number;
  /** Transactions that wait for a batch, and their bytes. */
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
  /** For those who were answered, at most; half of the time that their batch took, if that is less. */
  readonly maxGatherMs: number;
}

export class Overloaded extends Error {
  override readonly name = "Overloaded";
}

interface Waiting<R> {
  readonly transaction: Uint8Array;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/** R: what comes of a transaction. */
export class Batcher<R> {
  private readonly limits: BatcherLimits;
  private readonly clock: Clock;
  private readonly order: (transactions: readonly Uint8Array[]) => Promise<readonly R[]>;
  private waiting: Waiting<R>[] = [];
  private waitingBytes = 0;
  private inFlight = 0;
  /** While it runs, so many transactions are waited for. */
  private gathering: Timer | undefined;
  private gatherTo = 0;

  /** `order` resolves when the batch has been executed here, with a result for each transaction; it rejects when that is not known. */
  constructor(limits: BatcherLimits, clock: Clock, order: (transactions: readonly Uint8Array[]) => Promise<readonly R[]>) {
    this.limits = limits;
    this.clock = clock;
    this.order = order;
  }

  counters(): { readonly waiting: number; readonly waitingBytes: number; readonly inFlight: number } {
    return { waiting: this.waiting.length, waitingBytes: this.waitingBytes, inFlight: this.inFlight };
  }

  /** Resolves when the transaction was executed here as part of a batch. Throws Overloaded. */
  submit(transaction: Uint8Array): Promise<R> {
    if (transaction.length > this.limits.maxBytes) {
      return Promise.reject(
        new RangeError(`a transaction of ${transaction.length} bytes is larger than a batch may be (${this.limits.maxBytes})`),
      );
    }
    const { maxWaiting, maxWaitingBytes } = this.limits;
    if (this.waiting.length >= maxWaiting || this.waitingBytes + transaction.length > maxWaitingBytes) {
      const detail = `${this.waiting.length} transactions of ${this.waitingBytes} bytes wait already`;
      return Promise.reject(new Overloaded(`${detail}, and at most ${maxWaiting} of ${maxWaitingBytes} may; try again later`));
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ transaction, resolve, reject });
      this.waitingBytes += transaction.length;
      if (this.waiting.length >= this.gatherTo || this.isFull) this.endGathering();
      this.sendNext();
    });
  }

  private sendNext(): void {
    while (this.waiting.length > 0 && this.mayLeave) {
      const begun = this.clock.now();
      const batch = this.take();
      this.inFlight++;
      this.order(batch.map((w) => w.transaction))
        .then(
          (results) => {
            this.gather(batch.length, this.clock.now() - begun);
            for (const [i, { resolve, reject }] of batch.entries()) {
              const result = results[i];
              if (result === undefined) reject(new Error(`the batch has ${results.length} results for ${batch.length} transactions`));
              else resolve(result);
            }
          },
          (error: unknown) => {
            for (const { reject } of batch) reject(error);
          },
        )
        .finally(() => {
          this.inFlight--;
          this.sendNext();
        });
    }
  }

  private get mayLeave(): boolean {
    if (this.inFlight === 0) return this.gathering === undefined;
    return this.isFull && this.inFlight < this.limits.maxInFlight;
  }

  /** So many were answered, after so long. One who is alone is not waited for. */
  private gather(answered: number, tookMs: number): void {
    const ms = Math.min(tookMs / 2, this.limits.maxGatherMs);
    this.endGathering();
    if (ms === 0 || this.isFull || answered + this.waiting.length === 1) return;
    this.gatherTo = answered + this.waiting.length;
    this.gathering = this.clock.setTimer("gather", ms, () => {
      this.endGathering();
      this.sendNext();
    });
  }

  private endGathering(): void {
    this.gathering?.cancel();
    this.gathering = undefined;
  }

  /** Is there enough for a batch that has no room for more? */
  private get isFull(): boolean {
    return this.waiting.length >= this.limits.maxTransactions || this.waitingBytes >= this.limits.maxBytes;
  }

  /** As many as fit, at least one. */
  private take(): readonly Waiting<R>[] {
    let bytes = 0;
    let count = 0;
    for (const { transaction } of this.waiting) {
      if (count === this.limits.maxTransactions || bytes + transaction.length > this.limits.maxBytes) break;
      bytes += transaction.length;
      count++;
    }
    const batch = this.waiting.slice(0, count);
    this.waiting = this.waiting.slice(count);
    this.waitingBytes -= bytes;
    return batch;
  }
}

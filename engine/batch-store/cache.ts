/**
 * The cache of one replica: what it serves. An entry and its expiry timer are set and replaced together. Whoever looks at
 * an entry in order to change it holds the lock of its digest, until the change is made.
 */
import type { Batch, BatchId, Digest } from "./batch.ts";
import type { Share } from "./quota.ts";

export interface Entry {
  readonly digest: Digest;
  readonly author: number;
  readonly batchId: BatchId;
  readonly expiry: number;
  /** The epoch in which it was persisted last. */
  readonly epoch: number;
  readonly share: Share;
  /** Undefined over the memory quota: the payload is in the row only. */
  readonly transactions: readonly Uint8Array[] | undefined;
}

/** The batch of an entry that has its payload. */
export const batchOf = ({ author, batchId, transactions }: Entry): Batch | undefined =>
  transactions === undefined ? undefined : { author, batchId, transactions };

export class Cache {
  private readonly entries = new Map<Digest, Entry>();
  /** By time. A digest that was prolonged still has its earlier timer, which then finds the later expiry. */
  private readonly timers = new Map<number, Set<Digest>>();

  get(digest: Digest): Entry | undefined {
    return this.entries.get(digest);
  }

  all(): readonly Entry[] {
    return [...this.entries.values()];
  }

  insert(entry: Entry): void {
    this.entries.set(entry.digest, entry);
    const digests = this.timers.get(entry.expiry);
    if (digests === undefined) this.timers.set(entry.expiry, new Set([entry.digest]));
    else digests.add(entry.digest);
  }

  remove(digest: Digest): Entry | undefined {
    const entry = this.entries.get(digest);
    this.entries.delete(digest);
    return entry;
  }

  /** Takes the timers up to `time`, and tells whose they were. */
  takeTimers(time: number): readonly Digest[] {
    const due = new Set<Digest>();
    for (const [at, digests] of this.timers) {
      if (at > time) continue;
      this.timers.delete(at);
      for (const digest of digests) due.add(digest);
    }
    return [...due];
  }

  timerTimes(): readonly number[] {
    return [...this.timers.keys()].sort((a, b) => a - b);
  }
}

/** One lock for each digest; whoever asks first has it first. */
export class Locks {
  private readonly tails = new Map<Digest, Promise<void>>();

  async whileLocked<T>(digest: Digest, work: () => Promise<T>): Promise<T> {
    const before = this.tails.get(digest);
    let release = (): void => undefined;
    const tail = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.tails.set(digest, tail);
    if (before !== undefined) await before;
    try {
      return await work();
    } finally {
      if (this.tails.get(digest) === tail) this.tails.delete(digest);
      release();
    }
  }

  locked(): readonly Digest[] {
    return [...this.tails.keys()];
  }
}

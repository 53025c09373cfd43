/**
 * The rows of one replica in its table. All writes go through one queue: while one is under way, those that come are
 * gathered into the next, so that several persists share one sync. A write is planned when its turn has come, from the rows
 * as they will be by then; looking at a row and changing it is one step for that reason.
 * The first write that fails poisons the rows: nobody knows what is on the disk then, so nothing is written any more.
 */
import { z } from "zod";
import { decode, encode } from "../codec.ts";
import type { Table, Write } from "../ports.ts";
import { Batch, CertifiedTime, Digest, digestOf, Epoch, sizeOf } from "./batch.ts";
import type { BatchId } from "./batch.ts";
import { BatchStoreError, messageOf } from "./errors.ts";

const Row = z.strictObject({ version: z.literal(1), batch: Batch, expiry: CertifiedTime, epoch: Epoch });
/** A batch as it is in a row. */
export interface StoredBatch {
  readonly batch: Batch;
  readonly expiry: number;
  readonly epoch: number;
}
/** What is known of a row without reading it. */
export interface RowInfo {
  readonly author: number;
  readonly batchId: BatchId;
  readonly bytes: number;
  readonly expiry: number;
  readonly epoch: number;
}
type Plan = () => readonly Write[];
interface Job {
  readonly plan: Plan;
  readonly sync: boolean;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}
interface Waiter {
  readonly expiry: number;
  readonly epoch: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const prefix = "batch/";
const end = "batch0";
const keyOf = (digest: Digest): string => `${prefix}${digest}`;
/** A write of more bytes than this goes alone. */
const maxGroupBytes = 8 * 2 ** 20;

const covers = (row: { readonly expiry: number; readonly epoch: number } | undefined, expiry: number, epoch: number): boolean =>
  row !== undefined && row.expiry >= expiry && row.epoch >= epoch;

export class Rows {
  /** The rows as they are once all that was handed to the table is done. */
  private readonly known = new Map<Digest, RowInfo>();
  /** The rows that survive a crash of the machine. */
  private readonly durable = new Map<Digest, RowInfo>();
  private readonly unsynced = new Set<Digest>();
  private readonly waiters = new Map<Digest, Set<Waiter>>();
  private readonly queue: Job[] = [];
  private isWriting = false;
  private poison: BatchStoreError | undefined;
  /** Rows of epochs before this one are garbage. */
  private releasedBefore = 0;

  constructor(
    protected readonly table: Table,
    private readonly onDurable: (digest: Digest) => void,
  ) {}

  /** Resolves when the row is durable with this expiry and epoch, or later ones. An earlier put never shortens a later one's row. */
  put(digest: Digest, { batch, expiry, epoch }: StoredBatch): Promise<void> {
    const bytes = sizeOf(batch.transactions);
    const plan = (): readonly Write[] => {
      if (epoch < this.releasedBefore) throw this.endedBefore(epoch, digest, "written");
      const row = this.known.get(digest);
      if (covers(row, expiry, epoch)) return [];
      const held = row !== undefined && row.epoch >= this.releasedBefore ? row : undefined;
      const merged = { batch, expiry: Math.max(expiry, held?.expiry ?? 0), epoch: Math.max(epoch, held?.epoch ?? 0) };
      this.known.set(digest, { author: batch.author, batchId: batch.batchId, bytes, expiry: merged.expiry, epoch: merged.epoch });
      this.unsynced.add(digest);
      return [{ put: keyOf(digest), value: encode({ version: 1, ...merged }) }];
    };
    return this.write(plan, { sync: true, bytes });
  }

  /** Deletes those rows that are garbage when the write's turn has come. A crash may undo it: the next start collects them. */
  deleteIf(digests: readonly Digest[], isGarbage: (row: RowInfo) => boolean): Promise<void> {
    const plan = (): readonly Write[] =>
      digests.flatMap((digest) => {
        const row = this.known.get(digest);
        if (row === undefined || !isGarbage(row)) return [];
        this.forget(digest);
        return [{ delete: keyOf(digest) }];
      });
    return this.write(plan, { sync: false });
  }

  /** Puts something that is not a batch, in the order of the queue. */
  putState(key: string, value: Uint8Array, options: { readonly sync: boolean }): Promise<void> {
    return this.write(() => [{ put: key, value }], options);
  }

  async getState(key: string): Promise<Uint8Array | undefined> {
    return this.table.get(key);
  }

  /** Resolves when the row of the digest is durable with this expiry and epoch, whoever writes it; rejects when it is deleted. */
  whenDurable(digest: Digest, expiry: number, epoch: number): Promise<void> {
    if (epoch < this.releasedBefore) return Promise.reject(this.endedBefore(epoch, digest, "durable"));
    if (covers(this.durable.get(digest), expiry, epoch)) return Promise.resolve();
    if (this.poison !== undefined) return Promise.reject(this.poison);
    return new Promise((resolve, reject) => {
      const ofDigest = this.waiters.get(digest) ?? new Set();
      this.waiters.set(digest, ofDigest.add({ expiry, epoch, resolve, reject }));
    });
  }

  isDurable(digest: Digest): boolean {
    return this.durable.has(digest);
  }

  info(digest: Digest): RowInfo | undefined {
    return this.known.get(digest);
  }

  all(): readonly (readonly [Digest, RowInfo])[] {
    return [...this.known];
  }

  durableRows(): readonly (readonly [Digest, RowInfo])[] {
    return [...this.durable];
  }

  get poisonedBy(): BatchStoreError | undefined {
    return this.poison;
  }

  /** From now on, rows of earlier epochs are not written, and whoever waits for one is told so. */
  release(before: number): void {
    this.releasedBefore = Math.max(this.releasedBefore, before);
    for (const [digest, waiters] of this.waiters)
      for (const waiter of waiters)
        if (waiter.epoch < before) {
          waiters.delete(waiter);
          if (waiters.size === 0) this.waiters.delete(digest);
          waiter.reject(this.endedBefore(waiter.epoch, digest, "durable"));
        }
  }

  private endedBefore(epoch: number, digest: Digest, what: string): BatchStoreError {
    return new BatchStoreError("epoch", `Epoch ${epoch} ended before batch ${digest} was ${what}.`);
  }

  /** The batch of a row; undefined without one. Throws `invalid` when the row is not the batch of its digest. */
  async get(digest: Digest): Promise<StoredBatch | undefined> {
    const bytes = await this.table.get(keyOf(digest));
    return bytes === undefined ? undefined : rowFrom(digest, bytes);
  }

  /**
   * All rows of the table, at a start; to be called after a synced write, which makes what lies there durable. `onCorrupt` is
   * told of rows that are not what their key says; they are left as they are, and never served.
   */
  async *load(onCorrupt: (error: Error) => void): AsyncGenerator<readonly [Digest, StoredBatch]> {
    for await (const [key, bytes] of this.table.entries({ from: prefix, to: end })) {
      let row: StoredBatch;
      const digest = key.slice(prefix.length);
      try {
        row = rowFrom(digest, bytes);
      } catch (error) {
        onCorrupt(error instanceof Error ? error : new Error(String(error)));
        continue;
      }
      const { batch, expiry, epoch } = row;
      const info = { author: batch.author, batchId: batch.batchId, bytes: sizeOf(batch.transactions), expiry, epoch };
      this.known.set(digest, info);
      this.durable.set(digest, info);
      yield [digest, row];
    }
  }

  /** Nothing is written from now on. Those that wait are told; resolves when the write that is under way has ended. */
  async close(): Promise<void> {
    this.stop(new BatchStoreError("closed", "The batch store is closed."));
    while (this.isWriting) await new Promise<void>((resolve) => this.onIdle.push(resolve));
  }

  private readonly onIdle: (() => void)[] = [];

  private write(plan: Plan, { sync, bytes = 0 }: { readonly sync: boolean; readonly bytes?: number }): Promise<void> {
    if (this.poison !== undefined) return Promise.reject(this.poison);
    return new Promise((resolve, reject) => {
      this.queue.push({ plan, sync, bytes, resolve, reject });
      if (!this.isWriting) void this.writeAll();
    });
  }

  private async writeAll(): Promise<void> {
    this.isWriting = true;
    // Those that come at the same time share the first write as well.
    await Promise.resolve();
    while (this.poison === undefined && this.queue.length > 0) await this.writeGroup(this.nextGroup());
    this.isWriting = false;
    for (const resolve of this.onIdle.splice(0)) resolve();
  }

  private nextGroup(): readonly Job[] {
    let bytes = 0;
    const cut = this.queue.findIndex((job) => (bytes += job.bytes) > maxGroupBytes);
    return this.queue.splice(0, cut === -1 ? this.queue.length : Math.max(cut, 1));
  }

  private async writeGroup(group: readonly Job[]): Promise<void> {
    const writes: Write[] = [];
    const written: Job[] = [];
    for (const job of group)
      try {
        writes.push(...job.plan());
        written.push(job);
      } catch (error) {
        job.reject(error instanceof Error ? error : new Error(String(error)));
      }
    const sync = written.some((job) => job.sync);
    try {
      if (writes.length > 0) await this.writeTable(writes, sync);
    } catch (error) {
      const poison = new BatchStoreError(
        "poisoned",
        `A write to the table failed: ${messageOf(error)}. The store writes and signs nothing more.`,
        {
          cause: error,
        },
      );
      this.stop(poison);
      for (const job of written) job.reject(this.poison ?? poison);
      return;
    }
    const durable = sync ? this.settleSynced() : [];
    for (const job of written) job.resolve();
    for (const digest of durable) this.onDurable(digest);
  }

  protected writeTable(writes: readonly Write[], sync: boolean): Promise<void> {
    return this.table.write(writes, { sync });
  }

  /** A synced write makes all that was written before it durable as well. */
  private settleSynced(): readonly Digest[] {
    const digests = [...this.unsynced];
    this.unsynced.clear();
    for (const digest of digests) {
      const row = this.known.get(digest);
      if (row === undefined) continue;
      this.durable.set(digest, row);
      this.settle(digest, (waiter) => covers(row, waiter.expiry, waiter.epoch), undefined);
    }
    return digests;
  }

  private forget(digest: Digest): void {
    const row = this.known.get(digest);
    this.known.delete(digest);
    this.durable.delete(digest);
    this.unsynced.delete(digest);
    const error = new BatchStoreError("expired", `The row of batch ${digest} was deleted: it had expired, or its epoch had ended.`);
    this.settle(digest, (waiter) => covers(row, waiter.expiry, waiter.epoch), error);
  }

  private settle(digest: Digest, isMeant: (waiter: Waiter) => boolean, error: Error | undefined): void {
    const waiters = this.waiters.get(digest);
    if (waiters === undefined) return;
    for (const waiter of waiters) {
      if (!isMeant(waiter)) continue;
      waiters.delete(waiter);
      if (error === undefined) waiter.resolve();
      else waiter.reject(error);
    }
    if (waiters.size === 0) this.waiters.delete(digest);
  }

  private stop(error: BatchStoreError): void {
    this.poison ??= error;
    for (const job of this.queue.splice(0)) job.reject(this.poison);
    for (const digest of [...this.waiters.keys()]) this.settle(digest, () => true, this.poison);
  }
}

/** The digest is recomputed: a row that is not its batch is never signed for or served. */
const rowFrom = (digest: string, bytes: Uint8Array): StoredBatch => {
  const { batch, expiry, epoch } = decode(Row, bytes, `The row of batch ${digest}`);
  if (!Digest.safeParse(digest).success || digestOf(batch) !== digest)
    throw new BatchStoreError("invalid", `The row of batch ${digest} holds a batch of another digest.`);
  return { batch, expiry, epoch };
};

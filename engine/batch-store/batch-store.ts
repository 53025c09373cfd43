/**
 * The batch store of one replica. It keeps batches of opaque transactions, signs those that are durable, forms proofs of
 * store for its own, and fetches the batches of others' proofs. It reaches the outside through its ports only; whoever
 * composes it hands the messages of its peers to `receive`. Left out: what the transactions mean, and changes of members.
 */
import { validated } from "../codec.ts";
import { Author } from "./author.ts";
import type { SubmitOptions } from "./author.ts";
import type { Batch } from "./batch.ts";
import { Digest } from "./batch.ts";
import { BatchIds } from "./batch-ids.ts";
import { batchOf } from "./cache.ts";
import { Collector } from "./collector.ts";
import { configured } from "./config.ts";
import type { BatchStoreConfig, BatchStoreOptions } from "./config.ts";
import { BatchStoreError, messageOf } from "./errors.ts";
import { BatchMessage } from "./messages.ts";
import type { BatchRequest } from "./messages.ts";
import { observed } from "./observe.ts";
import type { Observed } from "./observe.ts";
import { Persist } from "./persist.ts";
import type { ProofOfStore } from "./proof.ts";
import { Pending, RateLimit } from "./rate.ts";
import { Readers } from "./readers.ts";
import type { FetchOptions } from "./readers.ts";
import { Rows } from "./rows.ts";
import { StoreState } from "./state.ts";
import type { Ports } from "./state.ts";

/** The classes that a store is made of. A subclass of one may take its place. */
export interface Parts {
  readonly Rows: typeof Rows;
  readonly Persist: typeof Persist;
  readonly Collector: typeof Collector;
  readonly Readers: typeof Readers;
  readonly Author: typeof Author;
  readonly BatchIds: typeof BatchIds;
}
const allParts: Parts = { Rows, Persist, Collector, Readers, Author, BatchIds };

/** Messages that were dropped, by reason. */
export interface Dropped {
  malformed: number;
  impostor: number;
  tooMany: number;
}

export class BatchStore {
  readonly config: BatchStoreConfig;
  protected readonly state: StoreState;
  protected readonly persist: Persist;
  protected readonly collector: Collector;
  protected readonly readers: Readers;
  protected readonly author: Author;
  protected readonly ids: BatchIds;
  private readonly requestRate: RateLimit;
  private readonly pending: Pending;
  private readonly dropped: Dropped = { malformed: 0, impostor: 0, tooMany: 0 };
  private isOpen = false;

  private constructor(options: BatchStoreOptions, ports: Ports, parts: Parts) {
    this.config = configured(options);
    const rows = new parts.Rows(ports.table, (digest) => this.onDurable(digest));
    this.state = new StoreState(this.config, ports, rows);
    this.persist = new parts.Persist(this.state);
    this.collector = new parts.Collector(this.state);
    this.readers = new parts.Readers(this.state, this.persist);
    this.ids = new parts.BatchIds(this.state);
    this.author = new parts.Author(this.state, this.persist, this.ids);
    const { requestsPerSecond, requestBurst, maxPendingPerPeer } = this.config.limits;
    this.requestRate = new RateLimit(ports.clock, requestsPerSecond, requestBurst);
    this.pending = new Pending(maxPendingPerPeer);
  }

  /**
   * Opens a store on its table and loads what it has signed. The table stays the caller's to close, after `close`.
   * Throws DecodeError for a malformed configuration or state, `invalid` for keys that do not fit and for the table of
   * another replica, `poisoned` when the table cannot be written.
   */
  static async open(options: BatchStoreOptions, ports: Ports, parts: Partial<Parts> = {}): Promise<BatchStore> {
    const store = new BatchStore(options, ports, { ...allParts, ...parts });
    await store.start();
    return store;
  }

  /** The first synced writes make durable what an earlier process has left in the page cache; rows are loaded after them. */
  private async start(): Promise<void> {
    await this.collector.readState();
    await Promise.all([this.collector.writeState(), this.ids.start()]);
    const pause = this.state.reached("Restart", { epoch: this.state.epoch });
    if (pause) await pause;
    await this.collector.restart();
    this.isOpen = true;
  }

  /** As author: makes the transactions durable on a quorum. The errors are those of `Author.certify`. */
  submit(transactions: readonly Uint8Array[], options: SubmitOptions): Promise<ProofOfStore> {
    return this.author.submit(transactions, options);
  }

  /** As author: a new proof with a later expiry for a batch that is stored here. Throws `invalid` when it is not. */
  async prolong(digest: Digest, options: SubmitOptions): Promise<ProofOfStore> {
    const batch = await this.readers.local(digest);
    if (batch === undefined) throw new BatchStoreError("invalid", `Batch ${digest} is not stored here, so that it cannot be prolonged.`);
    return this.author.prolong(batch, options);
  }

  /** The batch of a proof, durable here when it resolves: see `Readers.fetch`. The proof is verified. */
  async fetch(digest: Digest, proof: ProofOfStore, options: FetchOptions = {}): Promise<Batch> {
    return this.readers.fetch(validated(Digest, digest, "A digest"), this.verifyProof(proof), options);
  }

  /** Resolves when the batch is durable here, from whomever it comes: see `Readers.subscribe`. */
  async subscribe(digest: Digest, options: FetchOptions = {}): Promise<Batch> {
    return this.readers.subscribe(validated(Digest, digest, "A digest"), options);
  }

  /**
   * The proof, if a quorum of this cluster has signed it in an epoch whose batches are still kept. Its expiry is for the
   * caller to compare. Throws DecodeError, `invalid`, `epoch`.
   */
  verifyProof(value: unknown): ProofOfStore {
    const proof = this.state.keys.verified(value);
    const { epoch, releasedBefore } = this.state;
    if (proof.epoch > epoch || proof.epoch < releasedBefore)
      throw new BatchStoreError(
        "epoch",
        `The proof of store is of epoch ${proof.epoch}: the epoch is ${epoch}, and what was before ${releasedBefore} is gone.`,
      );
    return proof;
  }

  /** Resolves when the time is durable and what has expired is deleted. An earlier time than the last changes nothing. */
  advanceCertifiedTime(to: number): Promise<void> {
    return this.collector.advanceCertifiedTime(to);
  }

  /** Resolves when the epoch is durable; what belongs to earlier ones is deleted in the background. Throws `epoch`. */
  async endEpoch(next: number): Promise<void> {
    await this.collector.endEpoch(next);
    this.author.endEpoch(next);
  }

  /** A message of a peer, still to be validated. Never throws. */
  receive(from: number, value: unknown): void {
    if (!this.isOpen || this.state.isClosed) return;
    const isPeer = Number.isInteger(from) && from >= 1 && from <= this.config.publicKeys.length && from !== this.config.replica;
    const parsed = BatchMessage.safeParse(value);
    if (!isPeer || !parsed.success) {
      this.dropped.malformed += 1;
      const issue = parsed.error?.issues[0];
      const why = isPeer ? `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}` : "the sender is no other replica of this cluster";
      this.state.ports.logger.log("warn", "malformed message dropped", { from, why });
      return;
    }
    this.dispatch(from, parsed.data);
  }

  private dispatch(from: number, message: BatchMessage): void {
    switch (message.type) {
      case "BatchMsg":
        if (message.batches.every(({ batch }) => batch.author === from)) this.work(from, () => this.persist.persistAndSend(from, message));
        else this.dropped.impostor += 1;
        return;
      case "BatchRequest":
        if (this.requestRate.allows(from)) this.work(from, () => this.serve(from, message));
        else this.dropped.tooMany += 1;
        return;
      case "BatchSigned":
        return this.author.onSigned(from, message);
      case "BatchRefused":
        return this.author.onRefused(from, message);
      case "BatchResponse":
        return this.readers.onResponse(from, message);
    }
  }

  private work(from: number, work: () => Promise<void>): void {
    const logged = (): Promise<void> =>
      work().catch((error: unknown) => this.state.ports.logger.log("error", "message not answered", { from, error: messageOf(error) }));
    if (!this.pending.begin(from, logged)) this.dropped.tooMany += 1;
  }

  /** From the cache, else from the row. */
  protected async serve(to: number, { digest }: BatchRequest): Promise<void> {
    const entry = this.state.cache.get(digest);
    const held = (entry && batchOf(entry)) ?? (this.state.rows.info(digest) && (await this.state.rows.get(digest))?.batch);
    const batch = held === undefined ? null : { author: held.author, batchId: held.batchId, transactions: [...held.transactions] };
    this.state.ports.send(to, { type: "BatchResponse", digest, batch });
  }

  private onDurable(digest: Digest): void {
    this.readers
      .notifyOfDurable(digest)
      .catch((error: unknown) => this.state.ports.logger.log("error", "readers not notified", { digest, error: messageOf(error) }));
  }

  /** All state of the protocol, as plain values. */
  observe(): Observed {
    const { state, collector, readers, author, ids, dropped } = this;
    return observed({ state, collector, readers, author, ids, dropped });
  }

  /** Ends timers, submissions and readers with `closed`; resolves when nothing is being written any more. */
  async close(): Promise<void> {
    if (this.state.isClosed) return;
    this.state.isClosed = true;
    const closed = new BatchStoreError("closed", "The batch store is closed.");
    this.author.stop(closed);
    this.readers.stop(closed);
    await this.state.rows.close();
  }
}

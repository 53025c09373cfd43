/**
 * Readers wait for a batch: they subscribe, then look once themselves for a row that was there before, and are given the
 * batch once its row is durable here, whoever wrote it. While somebody waits for a batch that has a proof, its signers are
 * asked one after the other; what comes is compared with the digest and persisted, which answers the readers.
 */
import type { Timer } from "../ports.ts";
import type { Batch, Digest } from "./batch.ts";
import { digestOf } from "./batch.ts";
import { batchOf } from "./cache.ts";
import { peersOf } from "./config.ts";
import { BatchStoreError, messageOf } from "./errors.ts";
import type { BatchResponse } from "./messages.ts";
import type { Persist } from "./persist.ts";
import type { ProofOfStore } from "./proof.ts";
import type { StoreState } from "./state.ts";

export interface FetchOptions {
  /** By default `timeouts.fetchMs` of the configuration. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Registered: about to look for itself. */
interface Reader {
  phase: "registered" | "waiting";
  readonly resolve: (batch: Batch) => void;
  readonly reject: (error: Error) => void;
}
/** Asks the signers of a batch. */
interface Request {
  readonly proof: ProofOfStore;
  readonly signers: readonly number[];
  /** How many were asked so far. */
  asked: number;
  timer: Timer | undefined;
  isPersisting: boolean;
}

export class Readers {
  private readonly subscriptions = new Map<Digest, Set<Reader>>();
  private readonly requests = new Map<Digest, Request>();
  private count = 0;

  constructor(
    protected readonly state: StoreState,
    private readonly persist: Persist,
  ) {}

  /** The batch if it is durable here: from the cache, then from the row. */
  async local(digest: Digest): Promise<Batch | undefined> {
    if (!this.state.rows.isDurable(digest)) return undefined;
    const entry = this.state.cache.get(digest);
    return (entry && batchOf(entry)) ?? (await this.state.rows.get(digest))?.batch;
  }

  /**
   * The batch of a proof of store, durable here when it resolves. Rejects with `invalid` for a proof that does not hold,
   * `epoch`, `expired`, `limit`, `timeout`, `aborted`, `poisoned`, `closed`.
   */
  async fetch(
    digest: Digest,
    proof: ProofOfStore,
    { timeoutMs = this.state.config.timeouts.fetchMs, signal }: FetchOptions,
  ): Promise<Batch> {
    this.state.assertRunning();
    if (proof.digest !== digest)
      throw new BatchStoreError("invalid", `The proof of store is for batch ${proof.digest}, not for ${digest}.`);
    const held = await this.recheck(digest);
    if (held !== undefined) return held;
    if (proof.expiry <= this.state.certifiedTime)
      throw new BatchStoreError(
        "expired",
        `Batch ${digest} expired at ${proof.expiry}, and is not stored here: the certified time is ${this.state.certifiedTime}.`,
      );
    const { maxFetches } = this.state.config.limits;
    if (!this.requests.has(digest) && this.requests.size >= maxFetches)
      throw new BatchStoreError("limit", `${maxFetches} batches are being fetched: no more are allowed.`);
    const batch = this.subscribe(digest, { timeoutMs, ...(signal && { signal }) });
    // It is not there when the subscription was refused.
    if (this.subscriptions.has(digest)) this.request(digest, proof);
    return batch;
  }

  /** Resolves when the batch is durable here; asks nobody for it. Rejects with `limit`, `timeout`, `aborted`, `poisoned`, `closed`. */
  async subscribe(digest: Digest, { timeoutMs = this.state.config.timeouts.fetchMs, signal }: FetchOptions = {}): Promise<Batch> {
    this.state.assertRunning();
    const { maxSubscribers } = this.state.config.limits;
    if (this.count >= maxSubscribers)
      throw new BatchStoreError("limit", `${maxSubscribers} readers are waiting for batches: no more are allowed.`);
    if (signal?.aborted === true) throw new BatchStoreError("aborted", `The wait for batch ${digest} was aborted before it began.`);
    return new Promise((resolve, reject) => {
      const ofDigest = this.subscriptions.get(digest) ?? new Set<Reader>();
      const done = (): void => {
        timeout.cancel();
        signal?.removeEventListener("abort", onAbort);
        if (ofDigest.delete(reader)) this.count -= 1;
        if (ofDigest.size === 0 && this.subscriptions.get(digest) === ofDigest) this.subscriptions.delete(digest);
      };
      const reader: Reader = {
        phase: "registered",
        resolve: (batch) => {
          done();
          resolve(batch);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      };
      const onAbort = (): void => reader.reject(new BatchStoreError("aborted", `The wait for batch ${digest} was aborted.`));
      const timeout = this.state.ports.clock.setTimer("batch subscription", timeoutMs, () =>
        reader.reject(new BatchStoreError("timeout", `Batch ${digest} did not come within ${timeoutMs} ms${this.asked(digest)}.`)),
      );
      signal?.addEventListener("abort", onAbort, { once: true });
      this.subscriptions.set(digest, ofDigest.add(reader));
      this.count += 1;
      this.state.took("Subscribe", { digest });
      this.look(digest, reader).catch((error: unknown) => reader.reject(error instanceof Error ? error : new Error(String(error))));
    });
  }

  /** What a new subscriber looks at itself: durable rows only. */
  protected recheck(digest: Digest): Promise<Batch | undefined> {
    return this.local(digest);
  }

  /** A row has become durable. It does not hold up the signature. */
  async notifyOfDurable(digest: Digest): Promise<void> {
    if (!this.subscriptions.has(digest)) return;
    const pause = this.state.reached("NotifyOfDurable", { digest });
    if (pause) await pause;
    const batch = await this.local(digest);
    if (batch === undefined) return;
    this.state.took("NotifyOfDurable", { digest });
    for (const reader of [...(this.subscriptions.get(digest) ?? [])]) this.answer(digest, reader, batch);
  }

  onResponse(from: number, { digest, batch }: BatchResponse): void {
    const request = this.requests.get(digest);
    if (request === undefined || request.isPersisting || !request.signers.includes(from)) return;
    const isLastAsked = request.signers[(request.asked - 1) % request.signers.length] === from;
    if (batch !== null && digestOf(batch) === digest) {
      this.store(digest, request, batch).catch((error: unknown) =>
        this.failAll(digest, error instanceof Error ? error : new Error(String(error))),
      );
      return;
    }
    if (batch !== null) this.state.ports.logger.log("warn", "batch of another digest received", { from, digest });
    // A whole round without success is not begun again at once.
    if (isLastAsked && request.asked % request.signers.length !== 0) this.askNext(digest, request);
  }

  /** All that wait are told. */
  stop(error: BatchStoreError): void {
    for (const digest of [...this.subscriptions.keys()]) this.failAll(digest, error);
    for (const [digest, request] of this.requests) this.endRequest(digest, request);
  }

  observe(): readonly { readonly digest: Digest; readonly phases: readonly string[]; readonly isRequested: boolean }[] {
    return [...this.subscriptions].map(([digest, readers]) => ({
      digest,
      phases: [...readers].map(({ phase }) => phase),
      isRequested: this.requests.has(digest),
    }));
  }

  private async look(digest: Digest, reader: Reader): Promise<void> {
    const pause = this.state.reached("Recheck", { digest });
    if (pause) await pause;
    const batch = await this.recheck(digest);
    this.state.took("Recheck", { digest, isThere: batch !== undefined });
    if (batch !== undefined) this.answer(digest, reader, batch);
    else reader.phase = "waiting";
  }

  private answer(digest: Digest, reader: Reader, batch: Batch): void {
    if (this.subscriptions.get(digest)?.has(reader) !== true) return;
    const held = this.state.rows.info(digest) ?? this.state.cache.get(digest);
    if (held !== undefined) this.state.promise(this.state.notified, digest, held);
    reader.resolve(batch);
  }

  private request(digest: Digest, proof: ProofOfStore): void {
    if (this.requests.has(digest)) return;
    const { replica } = this.state.config;
    const others = proof.signatures.map(({ signer }) => signer).filter((signer) => signer !== replica);
    const candidates = others.length > 0 ? others : peersOf(this.state.config);
    if (candidates.length === 0) return;
    const first = this.state.ports.random.integer(candidates.length);
    const signers = [...candidates.slice(first), ...candidates.slice(0, first)];
    const request: Request = { proof, signers, asked: 0, timer: undefined, isPersisting: false };
    this.requests.set(digest, request);
    this.askNext(digest, request);
  }

  /** Ends when nobody waits any more. */
  private askNext(digest: Digest, request: Request): void {
    if (this.requests.get(digest) !== request || request.isPersisting) return;
    request.timer?.cancel();
    const signer = request.signers[request.asked % request.signers.length];
    if (!this.subscriptions.has(digest) || signer === undefined) return this.endRequest(digest, request);
    request.asked += 1;
    request.timer = this.state.ports.clock.setTimer("batch request", this.state.config.timeouts.signerMs, () =>
      this.askNext(digest, request),
    );
    this.state.ports.send(signer, { type: "BatchRequest", digest });
  }

  /** The batch has a proof, so that it is stored beyond the author's quota. */
  private async store(digest: Digest, request: Request, batch: Batch): Promise<void> {
    request.isPersisting = true;
    request.timer?.cancel();
    try {
      const call = this.persist.call(batch, request.proof.expiry, true);
      await this.persist.complete(call, await this.persist.accept(call));
    } finally {
      this.endRequest(digest, request);
    }
  }

  private endRequest(digest: Digest, request: Request): void {
    request.timer?.cancel();
    if (this.requests.get(digest) === request) this.requests.delete(digest);
  }

  private failAll(digest: Digest, error: Error): void {
    this.state.ports.logger.log("warn", "readers of a batch failed", { digest, error: messageOf(error) });
    for (const reader of [...(this.subscriptions.get(digest) ?? [])]) reader.reject(error);
  }

  private asked(digest: Digest): string {
    const request = this.requests.get(digest);
    return request === undefined ? "" : `: replicas ${request.signers.slice(0, request.asked).join(", ")} were asked`;
  }
}

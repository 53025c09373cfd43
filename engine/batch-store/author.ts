/**
 * The author of batches: gives a batch its id, sends it to all, collects signatures, and forms the proof of store. What
 * proves nothing is ignored: a signature must be by the replica that sent it, for this cluster, epoch, batch and expiry.
 */
import type { Timer } from "../ports.ts";
import { validated } from "../codec.ts";
import type { Digest } from "./batch.ts";
import { Batch, CertifiedTime, checkLimits } from "./batch.ts";
import type { BatchIds } from "./batch-ids.ts";
import { peersOf } from "./config.ts";
import { BatchStoreError } from "./errors.ts";
import type { BatchRefused, BatchSigned } from "./messages.ts";
import type { Call, Persist } from "./persist.ts";
import type { ProofOfStore } from "./proof.ts";
import type { StoreState } from "./state.ts";

export interface SubmitOptions {
  /** In certified time. */
  readonly expiry: number;
  /** By default `timeouts.submitMs` of the configuration. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A batch that waits for its signatures. */
interface Submission {
  readonly call: Call;
  readonly signatures: Map<number, Uint8Array>;
  readonly refusals: Map<number, string>;
  retransmission: Timer | undefined;
  readonly resolve: (proof: ProofOfStore) => void;
  readonly reject: (error: Error) => void;
}

const keyOf = (digest: Digest, expiry: number): string => `${digest} ${expiry}`;

export class Author {
  private readonly submissions = new Map<string, Submission>();
  private started = 0;
  private readonly peers: readonly number[];

  constructor(
    protected readonly state: StoreState,
    private readonly persist: Persist,
    private readonly ids: BatchIds,
  ) {
    this.peers = peersOf(state.config);
  }

  /** Resolves with a proof of store for a new batch. The errors are those of `certify`. */
  async submit(transactions: readonly Uint8Array[], options: SubmitOptions): Promise<ProofOfStore> {
    checkLimits(transactions, this.state.config.limits);
    return this.counted(options, async () => {
      const batchId = await this.ids.next();
      return this.certify({ author: this.state.config.replica, batchId, transactions }, options);
    });
  }

  /** A new proof, with a later expiry, for a batch of this author. */
  async prolong(batch: Batch, options: SubmitOptions): Promise<ProofOfStore> {
    if (batch.author !== this.state.config.replica)
      throw new BatchStoreError("invalid", `Replica ${batch.author} is the author of the batch: only it can prolong it.`);
    return this.counted(options, () => this.certify(batch, options));
  }

  pending(): readonly {
    readonly digest: Digest;
    readonly expiry: number;
    readonly signers: readonly number[];
    readonly refusedBy: readonly number[];
  }[] {
    return [...this.submissions.values()].map(({ call, signatures, refusals }) => ({
      digest: call.digest,
      expiry: call.expiry,
      signers: [...signatures.keys()].sort((a, b) => a - b),
      refusedBy: [...refusals.keys()].sort((a, b) => a - b),
    }));
  }

  onSigned(from: number, { epoch, signatures }: BatchSigned): void {
    if (epoch !== this.state.epoch) return;
    for (const { digest, expiry, signature } of signatures) {
      const submission = this.submissions.get(keyOf(digest, expiry));
      if (submission === undefined || submission.signatures.has(from)) continue;
      if (this.state.keys.isSignedBy(from, this.statementOf(submission.call), signature)) this.add(submission, from, signature);
      else this.state.ports.logger.log("warn", "signature not valid", { from, digest });
    }
  }

  /** So many refusals that a quorum cannot come together end the submission. */
  onRefused(from: number, { epoch, digest, expiry, reason }: BatchRefused): void {
    const submission = this.submissions.get(keyOf(digest, expiry));
    if (submission === undefined || epoch !== this.state.epoch || submission.signatures.has(from)) return;
    submission.refusals.set(from, reason);
    if (this.peers.length + 1 - submission.refusals.size < this.state.config.quorum)
      this.fail(submission, new BatchStoreError("refused", `Batch ${digest} is refused: ${this.report(submission)}.`));
  }

  /** Signatures of earlier epochs prove nothing any more. */
  endEpoch(next: number): void {
    for (const submission of [...this.submissions.values()]) {
      const { digest, epoch } = submission.call;
      if (epoch < next) this.fail(submission, new BatchStoreError("epoch", `Epoch ${epoch} ended before batch ${digest} had its proof.`));
    }
  }

  /** All that wait are told. */
  stop(error: BatchStoreError): void {
    for (const submission of [...this.submissions.values()]) this.fail(submission, error);
  }

  private async counted(options: SubmitOptions, work: () => Promise<ProofOfStore>): Promise<ProofOfStore> {
    this.state.assertRunning();
    if (options.signal?.aborted === true) throw new BatchStoreError("aborted", "The submission was aborted before it began.");
    const { maxSubmissions } = this.state.config.limits;
    if (this.started >= maxSubmissions)
      throw new BatchStoreError("limit", `${maxSubmissions} submissions are under way: no more are allowed.`);
    this.started += 1;
    try {
      return await work();
    } finally {
      this.started -= 1;
    }
  }

  /**
   * Persists the batch here and asks all others to. Rejects with `expired`, `quota`, `limit` when it is refused here, with
   * `refused` when too many others refuse it, with `timeout`, `aborted`, `epoch`, `poisoned`, `closed`. After an error the
   * batch may be stored by some, until it expires.
   */
  private async certify(
    batch: Batch,
    { expiry, timeoutMs = this.state.config.timeouts.submitMs, signal }: SubmitOptions,
  ): Promise<ProofOfStore> {
    const call = this.persist.call(validated(Batch, batch, "A batch"), validated(CertifiedTime, expiry, "The expiry of a batch"), false);
    const key = keyOf(call.digest, expiry);
    if (this.submissions.has(key)) throw new BatchStoreError("limit", `Batch ${call.digest} is being submitted with this expiry already.`);
    return new Promise((resolve, reject) => {
      const done = (): void => {
        timeout.cancel();
        submission.retransmission?.cancel();
        signal?.removeEventListener("abort", onAbort);
        this.submissions.delete(key);
      };
      const submission: Submission = {
        call,
        signatures: new Map(),
        refusals: new Map(),
        retransmission: undefined,
        resolve: (proof) => {
          done();
          resolve(proof);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      };
      const onAbort = (): void =>
        this.fail(submission, new BatchStoreError("aborted", `The submission of batch ${call.digest} was aborted.`));
      const timeout = this.state.ports.clock.setTimer("batch submission", timeoutMs, () => {
        const what = `Batch ${call.digest} has no proof of store after ${timeoutMs} ms: ${this.report(submission)}`;
        this.fail(submission, new BatchStoreError("timeout", `${what}. A quorum is ${this.state.config.quorum}.`));
      });
      signal?.addEventListener("abort", onAbort, { once: true });
      this.submissions.set(key, submission);
      this.store(submission).catch((error: unknown) => this.fail(submission, error instanceof Error ? error : new Error(String(error))));
    });
  }

  /** The batch leaves when it is accepted here; its row is written while the others write theirs. */
  private async store(submission: Submission): Promise<void> {
    const { call } = submission;
    const pause = this.state.reached("PersistOwnBatch", { digest: call.digest });
    if (pause) await pause;
    const then = await this.persist.accept(call);
    const signing = this.persist.complete(call, then);
    await Promise.all([this.addOwn(submission, signing), this.sendBatch(submission)]);
  }

  private async addOwn(submission: Submission, signing: Promise<Uint8Array>): Promise<void> {
    const signature = await signing;
    if (!this.isPending(submission)) return;
    this.persist.noteSigned(submission.call.digest, submission.call.expiry);
    this.add(submission, this.state.config.replica, signature);
  }

  private async sendBatch(submission: Submission): Promise<void> {
    const pause = this.state.reached("SendBatch", { digest: submission.call.digest });
    if (pause) await pause;
    if (!this.isPending(submission)) return;
    const { digest, batch } = submission.call;
    this.state.took("SendBatch", { digest, batchId: batch.batchId });
    this.transmit(submission);
  }

  /** To those that have not answered, again and again. */
  private transmit(submission: Submission): void {
    const { call, signatures, refusals } = submission;
    const { clock, send } = this.state.ports;
    const { batch, expiry, epoch } = call;
    for (const peer of this.peers)
      if (!signatures.has(peer) && !refusals.has(peer)) send(peer, { type: "BatchMsg", epoch, batches: [{ batch: plain(batch), expiry }] });
    submission.retransmission = clock.setTimer("batch retransmission", this.state.config.timeouts.retransmitMs, () =>
      this.transmit(submission),
    );
  }

  private add(submission: Submission, signer: number, signature: Uint8Array): void {
    const { signatures } = submission;
    signatures.set(signer, signature);
    submission.refusals.delete(signer);
    if (signatures.size !== this.state.config.quorum) return;
    this.finish(submission).catch((error: unknown) => this.fail(submission, error instanceof Error ? error : new Error(String(error))));
  }

  private async finish(submission: Submission): Promise<void> {
    const { call } = submission;
    const pause = this.state.reached("FormProof", { digest: call.digest });
    if (pause) await pause;
    if (!this.isPending(submission)) return;
    this.state.took("FormProof", { digest: call.digest });
    submission.resolve(this.formProof(submission));
  }

  protected formProof({ call, signatures }: Submission): ProofOfStore {
    const inOrder = [...signatures].sort(([a], [b]) => a - b).map(([signer, signature]) => ({ signer, signature }));
    return { ...this.statementOf(call), signatures: inOrder };
  }

  private statementOf({ digest, batch, expiry, epoch }: Call) {
    return { digest, author: batch.author, batchId: batch.batchId, expiry, epoch };
  }

  private isPending(submission: Submission): boolean {
    const { call } = submission;
    return this.submissions.get(keyOf(call.digest, call.expiry)) === submission;
  }

  private fail(submission: Submission, error: Error): void {
    if (this.isPending(submission)) submission.reject(error);
  }

  private report({ signatures, refusals }: Submission): string {
    const { replica } = this.state.config;
    const silent = [replica, ...this.peers].filter((peer) => !signatures.has(peer) && !refusals.has(peer));
    const parts = [
      `signed by ${[...signatures.keys()].join(", ") || "nobody"}`,
      ...[...refusals].map(([peer, reason]) => `refused by ${peer} (${reason})`),
      ...(silent.length > 0 ? [`no answer from ${silent.join(", ")}`] : []),
    ];
    return parts.join("; ");
  }
}

const plain = ({ author, batchId, transactions }: Batch) => ({ author, batchId, transactions: [...transactions] });

/**
 * What a replica executes: each op is a batch of transactions, which the transactional store runs in their order. The
 * outcome depends on the ops alone: no clock, no chance, nothing of this replica.
 *
 * An op is complete in the store when the mark behind its last transaction is. After a crash the store may be in the
 * middle of an op; it is then executed again, without the transactions that the store has.
 */
import { DecodeError, decode } from "../codec.ts";
import type { BatchStore } from "../batch-store/batch-store.ts";
import { BatchStoreError } from "../batch-store/errors.ts";
import type { BatchStoreErrorCode } from "../batch-store/errors.ts";
import type { Batch } from "../batch-store/batch.ts";
import type { ProofOfStore } from "../batch-store/proof.ts";
import type { Clock, Logger } from "../ports.ts";
import type { Application } from "../replication/executor.ts";
import { mainBranch } from "../transactional-store/keys.ts";
import { Mutex } from "../transactional-store/mutex.ts";
import { Prepared, preparedBounds } from "../transactional-store/prepared.ts";
import type { Outcome } from "../transactional-store/record.ts";
import type { TransactionalStore } from "../transactional-store/transactional-store.ts";
import { decodeOperation } from "./operation.ts";

/** The index of the mark: behind every transaction of a batch. */
const endOfOp = 2 ** 31;
const nothing: Prepared = { branch: mainBranch, snapshot: 0, reads: [], scans: [], writes: [], collections: [], vectors: [] };

/** The last op that has its whole effect in the store. */
export const executedToOf = ({ executed: { position, index } }: TransactionalStore): number =>
  index === endOfOp || position === 0 ? position : position - 1;

export interface StateMachineParts {
  readonly store: TransactionalStore;
  readonly batches: Pick<BatchStore, "verifyProof" | "fetch" | "advanceCertifiedTime">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly checkpointEveryOps: number;
  /** Puts the spaces of a snapshot of at least so many ops into the store; resolves with how many. */
  readonly restoreSnapshot: (peer: number, opNumber: number) => Promise<number>;
  /** The store can start from its state after this op. */
  readonly checkpointed: (opNumber: number) => void;
  /** The batch of this op is not to be had. Who has executed it may have deleted it: then only a snapshot has its effect. */
  readonly lacksBatch: (opNumber: number) => void;
  /** This replica can execute, but not go on for ever: without checkpoints its log takes no more some day. */
  readonly failed: (error: Error) => void;
}

export type TransactionResult = Outcome | { readonly status: "malformed"; readonly detail: string };
/** What comes of a batch: `expired` was ordered too late and not executed. Its transactions may be sent again. */
export type BatchResult = readonly TransactionResult[] | "expired";

const retryMs = 100;

export class StateMachine implements Application {
  private readonly parts: StateMachineParts;
  private readonly expected = new Map<string, BatchResult | undefined>();
  private isStopped = false;
  /** Held while an op is executed. */
  private readonly turn = new Mutex();
  private checkpoint: number;
  private checkpointing: Promise<void> | undefined;

  constructor(parts: StateMachineParts) {
    this.parts = parts;
    this.checkpoint = this.executedTo();
  }

  executedTo(): number {
    return executedToOf(this.parts.store);
  }

  /** The result of this batch will be asked for. */
  expect(digest: string): void {
    this.expected.set(digest, undefined);
  }
  /** The result of a batch that was expected; undefined if it was not executed here. */
  resultOf(digest: string): BatchResult | undefined {
    const result = this.expected.get(digest);
    this.expected.delete(digest);
    return result;
  }

  execute(opNumber: number, operation: Uint8Array, signal: AbortSignal): Promise<void> {
    return this.turn.hold(`op ${opNumber}`, () => this.executeInTurn(opNumber, operation, signal));
  }

  /** Runs the work while no op is being executed. */
  betweenOps<T>(work: () => Promise<T>): Promise<T> {
    return this.turn.hold("between ops", work);
  }

  private async executeInTurn(opNumber: number, operation: Uint8Array, signal: AbortSignal): Promise<void> {
    const proof = this.proofOf(opNumber, operation);
    if (proof !== undefined) {
      const result = opNumber > proof.expiry ? "expired" : await this.executeBatch(opNumber, proof, signal);
      if (this.expected.has(proof.digest)) this.expected.set(proof.digest, result);
    }
    await this.parts.store.execute(nothing, { position: opNumber, index: endOfOp });
    this.checkpointIfDue(opNumber);
  }

  async restore(peer: number, opNumber: number): Promise<number> {
    await this.checkpointing;
    const restored = await this.parts.restoreSnapshot(peer, opNumber);
    this.checkpoint = restored;
    await this.parts.batches.advanceCertifiedTime(restored);
    return restored;
  }

  /** Waits for the checkpoint that is being made. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.checkpointing;
  }

  /** Only a faulty primary orders what is no proof; every replica passes over it. */
  private proofOf(opNumber: number, operation: Uint8Array): ProofOfStore | undefined {
    try {
      return this.parts.batches.verifyProof(decodeOperation(operation, opNumber));
    } catch (error) {
      if (!(error instanceof DecodeError || (error instanceof BatchStoreError && error.code === "invalid"))) throw error;
      this.parts.logger.log("error", "opIsNoProof", { opNumber, reason: error.message });
      return undefined;
    }
  }

  private async executeBatch(opNumber: number, proof: ProofOfStore, signal: AbortSignal): Promise<readonly TransactionResult[]> {
    const { store } = this.parts;
    const batch = await this.fetch(opNumber, proof, signal);
    const results: TransactionResult[] = [];
    for (const [index, bytes] of batch.transactions.entries()) {
      const { executed } = store;
      const isDone = executed.position > opNumber || (executed.position === opNumber && executed.index >= index + 1);
      // After a crash nobody waits for these.
      if (!isDone) results.push(await this.executeTransaction(bytes, opNumber, index + 1));
    }
    return results;
  }

  private async executeTransaction(bytes: Uint8Array, position: number, index: number): Promise<TransactionResult> {
    let prepared: Prepared;
    try {
      prepared = decode(Prepared, bytes, `transaction ${index} of op ${position}`, preparedBounds);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return { status: "malformed", detail: error.message };
    }
    // What the schema accepts has an outcome; whatever is thrown here is a failure of this replica.
    return this.parts.store.execute(prepared, { position, index });
  }

  /** A majority has had the batch on disk: whoever of it is up serves it. Until then this replica waits. Rejects with the signal's reason. */
  private async fetch(opNumber: number, proof: ProofOfStore, signal: AbortSignal): Promise<Batch> {
    const { batches, logger, lacksBatch } = this.parts;
    for (;;) {
      try {
        return await batches.fetch(proof.digest, proof, { signal });
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof BatchStoreError) || !passing.has(error.code)) throw error;
        logger.log("warn", "batchNotFound", { opNumber, digest: proof.digest, reason: error.message });
        if (error.code === "timeout") lacksBatch(opNumber);
        await this.pause();
        signal.throwIfAborted();
      }
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => this.parts.clock.setTimer("batch fetch", retryMs, resolve));
  }

  private checkpointIfDue(opNumber: number): void {
    const { store, batches, logger, checkpointEveryOps, checkpointed, failed } = this.parts;
    if (opNumber - this.checkpoint < checkpointEveryOps || this.checkpointing !== undefined) return;
    this.checkpoint = opNumber;
    const make = async (): Promise<void> => {
      await store.checkpoint();
      await batches.advanceCertifiedTime(opNumber);
      if (!this.isStopped) checkpointed(opNumber);
    };
    this.checkpointing = make()
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        logger.log("error", "checkpointFailed", { opNumber, reason });
        failed(new Error(`the checkpoint of op ${opNumber} failed: ${reason}`, { cause: error }));
      })
      .finally(() => (this.checkpointing = undefined));
  }
}

/** Reasons that another attempt may not meet. */
const passing: ReadonlySet<BatchStoreErrorCode> = new Set<BatchStoreErrorCode>(["timeout", "limit"]);

/**
 * What a replica does for its clients. Only the primary takes transactions and reads, and a read is as new as anything that was
 * acknowledged before it (see `Replica.confirmLeadership`). A transaction that is left open is given up after a while.
 */
import type { Clock, Random } from "../ports.ts";
import { DecodeError, decode, encode, validated } from "../codec.ts";
import { BatchStoreError } from "../batch-store/errors.ts";
import { NotPrimaryError, NotReadyError, StoppedError, ViewChangedError } from "../replication/errors.ts";
import { PoisonedError, StoreError } from "../transactional-store/errors.ts";
import { Prepared, preparedBounds } from "../transactional-store/prepared.ts";
import type { Transaction } from "../transactional-store/transaction.ts";
import type { TransactionalStore } from "../transactional-store/transactional-store.ts";
import { decodeVector } from "../transactional-store/vector-collections.ts";
import { Overloaded } from "./batcher.ts";
import { readingRequests, requestSchema } from "./client-protocol.ts";
import type { ErrorCode, ReplicaStatus, ReplyTo, Request } from "./client-protocol.ts";
import type { TransactionResult } from "./state-machine.ts";

/** The replica, as its clients need it. */
export interface Host {
  readonly store: TransactionalStore;
  /** Resolves when the store has all that was acknowledged before. Throws NotPrimaryError and its like. */
  caughtUp(): Promise<void>;
  /** Throws NotPrimaryError, Overloaded, or an error after which the outcome is unknown. */
  commit(transaction: Uint8Array): Promise<TransactionResult>;
  status(): ReplicaStatus;
}

/** Open transactions, at most, and after how long without a request they are given up. */
const maxTransactions = 10_000;
const maxIdleMs = 60_000;
/** What one open transaction, and all of them, may keep in memory: keys that were read, keys and values that are to be written. */
export interface OpenLimits {
  readonly bytesOfOne: number;
  readonly bytes: number;
}
const defaultOpenLimits: OpenLimits = { bytesOfOne: 16 * 2 ** 20, bytes: 256 * 2 ** 20 };

interface Open {
  readonly transaction: Transaction;
  lastUsedMs: number;
  /** Of its bytes. */
  counted: number;
}

/** The token of whoever asks only allows to read. Nothing was done. */
export class ForbiddenError extends Error {
  override readonly name = "ForbiddenError";
  constructor(request: Request["type"]) {
    super(`the token only allows to read, and ${request} writes`);
  }
}

/** Undefined for a fault of the replica itself. */
export const errorCodeOf = (error: unknown): ErrorCode | undefined => {
  if (error instanceof NotPrimaryError) return "NotPrimary";
  if (error instanceof Overloaded) return "Overloaded";
  if (error instanceof ForbiddenError) return "Forbidden";
  if (error instanceof DecodeError || error instanceof StoreError || error instanceof RangeError) return "Invalid";
  const passing = [NotReadyError, ViewChangedError, StoppedError, PoisonedError, BatchStoreError];
  return passing.some((type) => error instanceof type) ? "Unavailable" : undefined;
};

/** What a request adds to a transaction, about. */
const bytesOf = (request: Extract<Request, { transaction: string }>): number => {
  const key = "key" in request ? 2 * request.key.length : 0;
  if (request.type === "Put") return key + request.value.length;
  if (request.type === "InsertVector") return key + request.vector.length;
  return key;
};

export class Requests {
  private readonly host: Host;
  private readonly clock: Clock;
  /** So that a transaction of an earlier process is not taken for one of this. */
  private readonly prefix: string;
  /** The one that was not used for longest comes first. */
  private readonly open = new Map<string, Open>();
  private lastId = 0;
  /** Of all open transactions. */
  private openBytes = 0;
  private readonly limits: OpenLimits;

  constructor(host: Host, clock: Clock, random: Random, limits: OpenLimits = defaultOpenLimits) {
    this.limits = limits;
    this.host = host;
    this.clock = clock;
    this.prefix = Buffer.from(random.bytes(8)).toString("hex");
  }

  /** Throws DecodeError for what is no request; see `errorCodeOf` for the others. */
  async handle(message: unknown, access: "read" | "write" = "write"): Promise<unknown> {
    const request = validated(requestSchema, message, "a client's request");
    if (access === "read" && !readingRequests.has(request.type)) throw new ForbiddenError(request.type);
    switch (request.type) {
      case "Status":
        return this.host.status();
      case "Begin":
        return this.begin(request.branch);
      case "Read":
        return this.read(request.branch, request.key);
      case "Commit":
        return this.commit(request.prepared);
      case "Search":
        return this.search(request);
      case "Branches":
        await this.host.caughtUp();
        return this.host.store.branches();
      case "PrepareBranch":
        await this.host.caughtUp();
        return encode({
          ...this.host.store.prepareBranch(request.branch, request.from === null ? {} : { from: request.from }),
          ...request.of,
        });
      case "PrepareBranchDeletion":
        await this.host.caughtUp();
        return encode({ ...this.host.store.prepareBranchDeletion(request.branch), ...request.of });
      default:
        return this.bounded(request, this.transaction(request.transaction));
    }
  }

  get openTransactions(): number {
    return this.open.size;
  }

  counters(): { readonly openTransactions: number; readonly openBytes: number } {
    return { openTransactions: this.open.size, openBytes: this.openBytes };
  }

  /** Throws before anything is done for a transaction that would keep too much in memory. */
  private async bounded(request: Extract<Request, { transaction: string }>, transaction: Transaction): Promise<unknown> {
    const { bytesOfOne, bytes } = this.limits;
    const more = bytesOf(request);
    if (more > 0 && transaction.bufferedBytes + more > bytesOfOne)
      throw new StoreError(`an open transaction has at most ${bytesOfOne} bytes of keys and values`);
    if (more > 0 && this.openBytes + more > bytes)
      throw new Overloaded(`the open transactions have ${this.openBytes} bytes, the most is ${bytes}; try again later`);
    try {
      return await this.ofTransaction(request, transaction);
    } finally {
      const open = this.open.get(request.transaction);
      if (open !== undefined) {
        this.openBytes += transaction.bufferedBytes - open.counted;
        open.counted = transaction.bufferedBytes;
      }
    }
  }

  private forget(id: string): void {
    this.openBytes -= this.open.get(id)?.counted ?? 0;
    this.open.delete(id);
  }

  private transaction(id: string): Transaction {
    const open = this.open.get(id);
    if (open === undefined) throw new StoreError(`there is no open transaction ${JSON.stringify(id)} here: begin another`);
    open.lastUsedMs = this.clock.now();
    this.open.delete(id);
    this.open.set(id, open);
    return open.transaction;
  }

  private async begin(branch: string): Promise<ReplyTo<"Begin">> {
    this.giveUpIdle();
    if (this.open.size >= maxTransactions) throw new Overloaded(`${maxTransactions} transactions are open`);
    await this.host.caughtUp();
    const transaction = this.host.store.begin(branch);
    this.lastId++;
    const id = `${this.prefix}-${this.lastId}`;
    this.open.set(id, { transaction, lastUsedMs: this.clock.now(), counted: 0 });
    return { transaction: id, snapshot: transaction.snapshot };
  }

  private async read(branch: string, key: string): Promise<ReplyTo<"Read">> {
    await this.host.caughtUp();
    const transaction = this.host.store.begin(branch);
    try {
      return { value: (await transaction.get(key)) ?? null };
    } finally {
      transaction.abort();
    }
  }

  private giveUpIdle(): void {
    const now = this.clock.now();
    for (const [id, { transaction, lastUsedMs }] of this.open) {
      if (now - lastUsedMs < maxIdleMs) return;
      transaction.abort();
      this.forget(id);
    }
  }

  private async ofTransaction(request: Extract<Request, { transaction: string }>, transaction: Transaction): Promise<unknown> {
    switch (request.type) {
      case "Get":
        return { value: (await transaction.get(request.key)) ?? null } satisfies ReplyTo<"Get">;
      case "Scan": {
        const range = { from: request.from, limit: request.limit, ...(request.to === null ? {} : { to: request.to }) };
        return { pairs: (await transaction.scan(range)).map(([k, v]) => [k, v]) } satisfies ReplyTo<"Scan">;
      }
      case "Put":
        return (transaction.put(request.key, request.value), {});
      case "Delete":
        return (transaction.delete(request.key), {});
      case "CreateCollection":
        return (transaction.createCollection(request.collection, request.definition), {});
      case "InsertVector":
        await transaction.insertVector(request.collection, request.key, decodeVector(request.vector));
        return {};
      case "DeleteVector":
        await transaction.deleteVector(request.collection, request.key);
        return {};
      case "Prepare":
        this.forget(request.transaction);
        return encode(transaction.prepare(request.of));
      case "Abort":
        this.forget(request.transaction);
        transaction.abort();
        return {};
    }
  }

  private async commit(bytes: Uint8Array): Promise<ReplyTo<"Commit">> {
    const { client } = decode(Prepared, bytes, "a prepared transaction", preparedBounds);
    if (client === undefined)
      throw new StoreError("a transaction that is committed has a client and a request number, so that it can be repeated");
    const result = await this.host.commit(bytes);
    if (result.status === "malformed") throw new StoreError(result.detail);
    return result.status === "committed" ? result : { status: "refused", reason: `${result.reason}: ${result.detail}` };
  }

  private async search({ branch, collection, vector, count }: Extract<Request, { type: "Search" }>): Promise<ReplyTo<"Search">> {
    await this.host.caughtUp();
    return this.host.store.searchVectors(branch, collection, decodeVector(vector), count).map(({ key, distance }) => ({ key, distance }));
  }
}

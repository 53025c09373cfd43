/**
 * The client of a cluster. Single writes and reads are linearizable; transactions read one snapshot, and are refused when
 * somebody else has changed what they read. A commit is executed once, however often it has to be sent.
 */
import { randomUUID } from "node:crypto";
import { encode } from "../codec.ts";
import type { Outcome, ReplicaStatus, RequestNumber } from "../node/client-protocol.ts";
import { isKey, keyRule, mainBranch, pairKey } from "../transactional-store/keys.ts";
import { maxValueBytes } from "../transactional-store/prepared.ts";
import type { Prepared } from "../transactional-store/prepared.ts";
import { encodeVector } from "../transactional-store/vector-collections.ts";
import type { CollectionDefinition } from "../transactional-store/vector-collections.ts";
import { Connection, InvalidRequestError, UnavailableError } from "./connection.ts";
import type { ConnectionOptions } from "./connection.ts";

export { InvalidRequestError, UnavailableError } from "./connection.ts";

/** Others have changed what the transaction read, or it asked for what cannot be. Nothing was written. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/** The cluster has heard of too many others since. The request may have been executed before it was asked for again. */
class ForgottenError extends UnavailableError {}

export interface ScanRange {
  readonly from?: string;
  /** Not included. */
  readonly to?: string;
  readonly limit?: number;
}
interface OnBranch {
  /** "main" by default. */
  readonly branch?: string;
}

/** The table of clients knows the last request of each, so what is under way at the same time needs names of its own. */
class Requesters {
  private readonly name = randomUUID();
  private readonly idle: { readonly client: string; request: number }[] = [];
  private count = 0;

  async with<T>(use: (of: RequestNumber) => Promise<T>): Promise<T> {
    const requester = this.idle.pop() ?? { client: `${this.name}/${this.count++}`, request: 0 };
    requester.request++;
    const result = await use({ client: requester.client, request: requester.request }).catch((error: unknown) => {
      if (!(error instanceof ForgottenError)) this.idle.push(requester);
      throw error;
    });
    this.idle.push(requester);
    return result;
  }
}

/** On the replica that led when it began; when that is gone, so is the transaction, and `Client.transaction` begins another. */
export class ClientTransaction {
  private readonly connection: Connection;
  private readonly replica: number;
  private readonly id: string;
  readonly snapshot: number;

  constructor(connection: Connection, replica: number, id: string, snapshot: number) {
    this.connection = connection;
    this.replica = replica;
    this.id = id;
    this.snapshot = snapshot;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const { value } = await this.connection.callAt<"Get">(this.replica, { type: "Get", transaction: this.id, key });
    return value ?? undefined;
  }
  /** In the order of the keys' UTF-8 bytes. */
  async scan({ from = "", to, limit = 1_000 }: ScanRange = {}): Promise<readonly (readonly [string, Uint8Array])[]> {
    const { pairs } = await this.connection.callAt<"Scan">(this.replica, {
      type: "Scan",
      transaction: this.id,
      from,
      to: to ?? null,
      limit,
    });
    return pairs;
  }
  async put(key: string, value: Uint8Array): Promise<void> {
    await this.connection.callAt<"Put">(this.replica, { type: "Put", transaction: this.id, key, value });
  }
  async delete(key: string): Promise<void> {
    await this.connection.callAt<"Delete">(this.replica, { type: "Delete", transaction: this.id, key });
  }
  async createCollection(collection: string, definition: CollectionDefinition): Promise<void> {
    await this.connection.callAt<"CreateCollection">(this.replica, {
      type: "CreateCollection",
      transaction: this.id,
      collection,
      definition,
    });
  }
  async insertVector(collection: string, key: string, vector: readonly number[] | Float32Array): Promise<void> {
    const bytes = encodeVector(Float32Array.from(vector));
    await this.connection.callAt<"InsertVector">(this.replica, {
      type: "InsertVector",
      transaction: this.id,
      collection,
      key,
      vector: bytes,
    });
  }
  async deleteVector(collection: string, key: string): Promise<void> {
    await this.connection.callAt<"DeleteVector">(this.replica, { type: "DeleteVector", transaction: this.id, collection, key });
  }
  async abort(): Promise<void> {
    await this.connection.callAt<"Abort">(this.replica, { type: "Abort", transaction: this.id });
  }
  /** What `Commit` takes; the transaction is over. */
  async prepare(of: RequestNumber): Promise<Uint8Array> {
    return this.connection.callAt<"Prepare">(this.replica, { type: "Prepare", transaction: this.id, of });
  }
}

export class Client {
  private readonly connection: Connection;
  private readonly requesters = new Requesters();

  constructor(options: ConnectionOptions) {
    this.connection = new Connection(options);
  }

  close(): void {
    this.connection.close();
  }

  /** Undefined if the key is absent. */
  async get(key: string, { branch = mainBranch }: OnBranch = {}): Promise<Uint8Array | undefined> {
    const { reply } = await this.connection.call<"Read">({ type: "Read", branch, key });
    return reply.value ?? undefined;
  }
  async scan(range: ScanRange = {}, on: OnBranch = {}): Promise<readonly (readonly [string, Uint8Array])[]> {
    return this.transaction((t) => t.scan(range), on);
  }
  /** Resolves with the version of the write. Throws RefusedError for a branch that is not there. */
  put(key: string, value: Uint8Array, on: OnBranch = {}): Promise<number> {
    return this.write(key, value, on);
  }
  delete(key: string, on: OnBranch = {}): Promise<number> {
    return this.write(key, null, on);
  }

  async begin({ branch = mainBranch }: OnBranch = {}): Promise<ClientTransaction> {
    const { replica, reply } = await this.connection.call<"Begin">({ type: "Begin", branch });
    return new ClientTransaction(this.connection, replica, reply.transaction, reply.snapshot);
  }

  /** Throws RefusedError on a conflict, UnavailableError when the outcome is not known. */
  async commit(transaction: ClientTransaction): Promise<number> {
    return this.requesters.with(async (of) => versionOf(await this.send(await transaction.prepare(of))));
  }

  /** Runs `body` in a transaction and commits it; again when somebody else was first, or the primary went away before the commit. */
  async transaction<T>(body: (t: ClientTransaction) => Promise<T>, on: OnBranch & { readonly attempts?: number } = {}): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(body, on);
      } catch (error) {
        const isLost = error instanceof RefusedError || error instanceof TransactionLostError;
        if (!isLost || attempt >= (on.attempts ?? 10)) throw error;
      }
    }
  }

  private async attempt<T>(body: (t: ClientTransaction) => Promise<T>, on: OnBranch): Promise<T> {
    const transaction = await this.begin(on);
    return this.requesters.with(async (of) => {
      const { result, prepared } = await (async () => {
        const value = await body(transaction);
        return { result: value, prepared: await transaction.prepare(of) };
      })().catch((error: unknown) => {
        transaction.abort().catch(() => undefined);
        // Nothing was sent to be committed.
        throw error instanceof UnavailableError ? new TransactionLostError(error.message, { cause: error }) : error;
      });
      versionOf(await this.send(prepared));
      return result;
    });
  }

  async createBranch(branch: string, { from }: { readonly from?: string } = {}): Promise<void> {
    await this.requesters.with(async (of) => {
      const { reply } = await this.connection.call<"PrepareBranch">({ type: "PrepareBranch", branch, from: from ?? null, of });
      versionOf(await this.send(reply));
    });
  }
  /** Throws RefusedError for a branch that is not there, or main. */
  async deleteBranch(branch: string): Promise<void> {
    await this.requesters.with(async (of) => {
      const { reply } = await this.connection.call<"PrepareBranchDeletion">({ type: "PrepareBranchDeletion", branch, of });
      versionOf(await this.send(reply));
    });
  }
  async branches(): Promise<readonly string[]> {
    return (await this.connection.call<"Branches">({ type: "Branches" })).reply;
  }

  /** The nearest first. */
  async search(collection: string, vector: readonly number[] | Float32Array, count: number, { branch = mainBranch }: OnBranch = {}) {
    const bytes = encodeVector(Float32Array.from(vector));
    const { reply } = await this.connection.call<"Search">({ type: "Search", branch, collection, vector: bytes, count });
    return reply;
  }

  /** Of one replica, or of the first that answers. */
  async status(replica?: number): Promise<ReplicaStatus> {
    if (replica !== undefined) return this.connection.callAt<"Status">(replica, { type: "Status" });
    return (await this.connection.call<"Status">({ type: "Status" })).reply;
  }

  private async write(key: string, value: Uint8Array | null, { branch = mainBranch }: OnBranch): Promise<number> {
    // The transaction is made here, and what a replica says of one that is malformed names its parts.
    if (!isKey(key)) throw new InvalidRequestError(keyRule);
    if (value !== null && value.length > maxValueBytes)
      throw new InvalidRequestError(`a value of ${value.length} bytes is too large: the most is ${maxValueBytes}`);
    return this.requesters.with(async (of) => {
      const prepared: Prepared = {
        branch,
        snapshot: 0,
        reads: [],
        scans: [],
        writes: [[pairKey(key), value]],
        collections: [],
        vectors: [],
        ...of,
      };
      return versionOf(await this.send(encode(prepared)));
    });
  }

  private async send(prepared: Uint8Array): Promise<Outcome> {
    return (await this.connection.call<"Commit">({ type: "Commit", prepared })).reply;
  }
}

/** The replica on which the transaction lived has gone, and nothing was committed. */
export class TransactionLostError extends Error {
  override readonly name = "TransactionLostError";
}

const versionOf = (outcome: Outcome): number => {
  if (outcome.status === "refused") {
    if (outcome.reason.startsWith("forgottenClient")) throw new ForgottenError(outcome.reason);
    throw new RefusedError(outcome.reason);
  }
  return outcome.version;
};

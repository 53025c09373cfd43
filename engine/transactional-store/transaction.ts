/**
 * A transaction: reads at its snapshot, from the live chains; its own writes are buffered and seen by it alone. A read
 * is recorded with the version that it met, the first one of a key; what the transaction has written itself is no
 * read. `prepare` gives it as a plain value; `commit` is `prepare` and the commit protocol.
 */
import type { Steps } from "../ports.ts";
import { StoreError } from "./errors.ts";
import { branchesBranch, checkKey, checkName, collectionKey, compareKeys, pairKey, vectorKey } from "./keys.ts";
import { digestOf, maxOperations, maxScannedKeys, maxValueBytes, preparedBounds, valuesOf } from "./prepared.ts";
import type { Prepared, ScanRecord } from "./prepared.ts";
import type { Outcome } from "./record.ts";
import type { Branch } from "./state.ts";
import { decodeDefinition, decodeVector, decodeVectorRecord, encodeVector, wrongVector } from "./vector-collections.ts";
import type { CollectionDefinition } from "./vector-collections.ts";
import { readAt, versionOf } from "./version-chain.ts";

export interface ScanRange {
  readonly from?: string;
  /** Not included. */
  readonly to?: string;
  readonly limit?: number;
}
/** A client that numbers its requests, so that each is executed once. */
export interface RequestOfClient {
  readonly client: string;
  readonly request: number;
}

/** The store, as a transaction needs it. */
export interface TransactionHost {
  readonly steps: Steps;
  /** Throws StoreError if the snapshot is not kept any more. */
  checkOpen(id: string): void;
  end(id: string): void;
  commit(id: string, prepared: Prepared): Promise<Outcome>;
}

/** Of the keys and values that one scan gives: the answer is made in memory as a whole, and clients take no longer one. */
export const maxScanBytes = 32 * 2 ** 20;

type Buffered<T> = { readonly key: string; readonly value: T | undefined };

/** A unit of a key takes two bytes. */
const sizeOf = (internal: string, value: Uint8Array | undefined): number => 2 * internal.length + (value?.length ?? 0);

export class Transaction {
  readonly #reads = new Map<string, number>();
  readonly #scans: ScanRecord[] = [];
  #scannedKeys = 0;
  /** By internal key. */
  readonly #writes = new Map<string, Uint8Array | undefined>();
  readonly #collections = new Map<string, CollectionDefinition>();
  readonly #vectors = new Map<string, Buffered<Uint8Array> & { readonly collection: string }>();
  #done = false;
  #bufferedBytes = 0;

  constructor(
    protected readonly host: TransactionHost,
    readonly id: string,
    readonly branch: string,
    readonly snapshot: number,
    protected readonly chains: Branch["chains"],
  ) {}

  /** Undefined if the key is absent. */
  async get(key: string): Promise<Uint8Array | undefined> {
    this.checkOpen();
    checkKey(key);
    const internal = pairKey(key);
    if (this.#writes.has(internal)) return this.#writes.get(internal);
    return this.read(internal);
  }

  put(key: string, value: Uint8Array): void {
    this.checkOpen();
    checkKey(key);
    if (value.length > maxValueBytes) throw new StoreError(`a value of ${value.length} bytes is too large: the most is ${maxValueBytes}`);
    this.#write(pairKey(key), value.slice());
  }

  delete(key: string): void {
    this.checkOpen();
    checkKey(key);
    this.#write(pairKey(key), undefined);
  }

  /** In the order of the keys' UTF-8 bytes, with the transaction's own writes. */
  async scan({ from = "", to, limit = Number.POSITIVE_INFINITY }: ScanRange = {}): Promise<readonly (readonly [string, Uint8Array])[]> {
    checkKey(from);
    if (to !== undefined) checkKey(to);
    if (limit !== Number.POSITIVE_INFINITY && (!Number.isSafeInteger(limit) || limit < 1))
      throw new StoreError("the limit of a scan is a whole number from 1 on");
    await this.pause("Scan", { from, to });
    const start = pairKey(from);
    const end = to === undefined ? undefined : pairKey(to);
    const found = this.#merged(start, end, limit);
    // With a limit, what lies behind the last key was not looked at. Its successor is the key with a zero behind it.
    const last = found.at(-1)?.[0];
    const walkedTo = found.length >= limit && last !== undefined ? `${last}\u0000` : (end ?? null);
    const scanned = digestOf({ chains: this.chains }, { from: start, to: walkedTo }, this.snapshot, maxScannedKeys - this.#scannedKeys);
    if (scanned === undefined) throw new StoreError(`the scans of a transaction meet at most ${maxScannedKeys} keys in all`);
    this.#scannedKeys += scanned.keys;
    this.#scans.push({ from: start, to: walkedTo, digest: scanned.digest });
    this.#checkSize();
    return found.map(([key, value]) => [key.slice(1), value]);
  }

  /** The collection exists from this transaction on. One that exists must have the same definition. */
  createCollection(collection: string, definition: CollectionDefinition): void {
    this.checkOpen();
    checkName("collection", collection);
    this.#collections.set(collection, definition);
    this.#checkSize();
  }

  /** Throws StoreError if the collection is not there, or the vector not one of its. */
  async insertVector(collection: string, key: string, vector: Float32Array | readonly number[]): Promise<void> {
    checkKey(key);
    const numbers = Float32Array.from(vector);
    const wrong = wrongVector(numbers, await this.definition(collection));
    if (wrong !== undefined) throw new StoreError(wrong);
    this.#writeVector({ collection, key, value: encodeVector(numbers) });
  }

  async deleteVector(collection: string, key: string): Promise<void> {
    checkKey(key);
    await this.definition(collection);
    this.#writeVector({ collection, key, value: undefined });
  }

  async getVector(collection: string, key: string): Promise<Float32Array | undefined> {
    this.checkOpen();
    checkKey(key);
    const internal = vectorKey(collection, key);
    const buffered = this.#vectors.get(internal);
    if (buffered !== undefined) return buffered.value === undefined ? undefined : decodeVector(buffered.value);
    const bytes = await this.read(internal);
    return bytes === undefined ? undefined : decodeVector(decodeVectorRecord(bytes, `the record of vector ${JSON.stringify(key)}`).vector);
  }

  /** The transaction as it is now; it can be prepared once, and does nothing afterwards. */
  prepare(request?: RequestOfClient): Prepared {
    this.checkOpen();
    this.#finish();
    return {
      branch: this.branch,
      snapshot: this.snapshot,
      reads: [...this.#reads],
      scans: [...this.#scans],
      writes: [...this.#writes].map(([key, value]) => [key, value ?? null]),
      collections: [...this.#collections].map(([name, definition]) => ({ name, definition })),
      vectors: [...this.#vectors.values()].map(({ collection, key, value }) => ({ collection, key, vector: value ?? null })),
      ...(request === undefined ? {} : { client: request.client, request: request.request }),
    };
  }

  /** Throws PoisonedError if the log fails: the outcome is then unknown until the store is opened again. */
  async commit(): Promise<Outcome> {
    return this.host.commit(this.id, this.prepare());
  }

  abort(): void {
    this.#finish();
  }

  observe() {
    const { id, branch, snapshot } = this;
    return { id, branch, snapshot, readSet: Object.fromEntries(this.#reads), scans: this.#scans.length, writes: [...this.#writes.keys()] };
  }

  protected checkOpen(): void {
    if (this.#done) throw new StoreError("the transaction is over");
    this.host.checkOpen(this.id);
  }

  /** What the transaction keeps in memory, about: its keys and values. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  #write(internal: string, value: Uint8Array | undefined): void {
    const before = this.#writes.has(internal) ? sizeOf(internal, this.#writes.get(internal)) : 0;
    this.#bufferedBytes += sizeOf(internal, value) - before;
    this.#writes.set(internal, value);
    this.#checkSize();
  }

  #writeVector(vector: Buffered<Uint8Array> & { readonly collection: string }): void {
    const internal = vectorKey(vector.collection, vector.key);
    const before = this.#vectors.get(internal);
    this.#bufferedBytes += sizeOf(internal, vector.value) - (before === undefined ? 0 : sizeOf(internal, before.value));
    this.#vectors.set(internal, vector);
    this.#checkSize();
  }

  #finish(): void {
    this.#done = true;
    this.host.end(this.id);
  }

  #checkSize(): void {
    const most = Math.max(this.#reads.size, this.#scans.length, this.#writes.size, this.#collections.size, this.#vectors.size);
    if (most > maxOperations) throw new StoreError(`a transaction has at most ${maxOperations} operations of a kind`);
    const values = valuesOf({
      reads: this.#reads.size,
      scans: this.#scans.length,
      writes: this.#writes.size,
      collections: this.#collections.size,
      vectors: this.#vectors.size,
    });
    if (values > preparedBounds.values)
      throw new StoreError(`a transaction has at most ${preparedBounds.values} values (3 of a read or a write, 7 of a scan or a vector)`);
  }

  protected async read(internal: string): Promise<Uint8Array | undefined> {
    await this.pause("Read", { key: internal });
    const entry = readAt(this.chains.get(internal), this.snapshot);
    this.recordRead(internal, versionOf(entry));
    return entry?.value?.slice();
  }

  /** The first record of a key stays: all reads of one snapshot meet the same version. */
  protected recordRead(internal: string, version: number): void {
    if (!this.#reads.has(internal)) this.#bufferedBytes += sizeOf(internal, undefined);
    if (!this.#reads.has(internal)) this.#reads.set(internal, version);
    this.#checkSize();
  }

  protected async definition(collection: string): Promise<CollectionDefinition> {
    checkName("collection", collection);
    const own = this.#collections.get(collection);
    if (own !== undefined) return own;
    const bytes = await this.read(collectionKey(collection));
    if (bytes === undefined || this.branch === branchesBranch)
      throw new StoreError(`branch ${this.branch} has no collection ${JSON.stringify(collection)}`);
    return decodeDefinition(bytes, `the definition of collection ${collection}`);
  }

  protected async pause(step: string, args: Readonly<Record<string, unknown>>): Promise<void> {
    this.checkOpen();
    const pause = this.host.steps.reached(step, { transaction: this.id, branch: this.branch, ...args });
    if (pause) await pause;
    this.checkOpen();
  }

  /** The range of the snapshot with the buffered writes over it, up to the limit. */
  #merged(start: string, end: string | undefined, limit: number): readonly (readonly [string, Uint8Array])[] {
    const isWithin = (key: string): boolean => key.startsWith("k") && (end === undefined || compareKeys(key, end) < 0);
    const own = [...this.#writes].filter(([key]) => compareKeys(key, start) >= 0 && isWithin(key)).sort(([a], [b]) => compareKeys(a, b));
    const found: (readonly [string, Uint8Array])[] = [];
    let bytes = 0;
    const take = (key: string, value: Uint8Array): void => {
      bytes += key.length + value.length;
      if (bytes > maxScanBytes) throw new StoreError(`a scan has at most ${maxScanBytes} bytes: ask for fewer keys at a time`);
      found.push([key, value.slice()]);
    };
    let next = 0;
    const takeOwn = (before: string | undefined): void => {
      for (; next < own.length && found.length < limit; next++) {
        const [key, value] = own[next] ?? [""];
        if (before !== undefined && compareKeys(key, before) >= 0) return;
        if (value !== undefined) take(key, value);
      }
    };
    for (const [key, chain] of this.chains.entries(start)) {
      if (!isWithin(key) || found.length >= limit) break;
      takeOwn(key);
      const value = readAt(chain, this.snapshot)?.value;
      if (value !== undefined && !this.#writes.has(key) && found.length < limit) take(key, value);
    }
    takeOwn(undefined);
    return found;
  }
}

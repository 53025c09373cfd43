/**
 * Concurrent clients that write, read, delete and run transactions on a few keys, and the history of what they saw. Every
 * value is written once. What an aborted or refused transaction wanted to write is not in the history, so that a read of it is
 * a violation.
 */
import { createHash } from "node:crypto";
import { InvalidRequestError, RefusedError, TransactionLostError } from "../client/client.ts";
import type { Client } from "../client/client.ts";
import type { Operation } from "./linearizability.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined): string | undefined => (value === undefined ? undefined : Buffer.from(value).toString());

export interface WorkloadOptions {
  readonly client: () => Promise<Client>;
  readonly clients: number;
  readonly keys: number;
  readonly seed: string;
}

export class Workload {
  readonly history: Operation[] = [];
  /** Operations that had an answer. */
  answered = 0;
  /** Errors that no client should see. */
  readonly faults: string[] = [];
  private readonly options: WorkloadOptions;
  private readonly running: Promise<void>[] = [];
  private isStopped = false;
  private values = 0;

  constructor(options: WorkloadOptions) {
    this.options = options;
  }

  start(): void {
    for (let i = 0; i < this.options.clients; i++) this.running.push(this.run(i));
  }
  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.running);
  }

  private async run(number: number): Promise<void> {
    const client = await this.options.client();
    for (let i = 0; !this.isStopped; i++) {
      const choice = createHash("sha256").update(`${this.options.seed}/${number}/${i}`).digest();
      const key = `key-${choice.readUInt16BE(0) % this.options.keys}`;
      await this.operate(client, key, choice.readUInt8(2) % 10).catch((error: unknown) => this.failed(error));
    }
    client.close();
  }

  private async operate(client: Client, key: string, choice: number): Promise<void> {
    if (choice < 4) return this.read(key, () => client.get(key));
    if (choice < 7) return this.write(key, this.newValue(), (value) => client.put(key, bytes(value)));
    if (choice === 7) return this.write(key, undefined, () => client.delete(key));
    if (choice === 8) return this.abort(client, key);
    // A transaction that depends on what it has read.
    return this.write(key, this.newValue(), (value) =>
      client.transaction(async (t) => {
        await t.get(key);
        await t.put(key, bytes(value));
      }),
    );
  }

  private newValue(): string {
    return `value ${++this.values}`;
  }

  private async read(key: string, read: () => Promise<Uint8Array | undefined>): Promise<void> {
    const invoked = performance.now();
    const value = text(await read());
    this.history.push({ kind: "read", key, value, invoked, returned: performance.now() });
    this.answered++;
  }

  private async write<V extends string | undefined>(key: string, value: V, write: (value: V) => Promise<unknown>): Promise<void> {
    const invoked = performance.now();
    try {
      await write(value);
      this.history.push({ kind: "write", key, value, invoked, returned: performance.now() });
      this.answered++;
    } catch (error) {
      // Refused or lost before it was sent: for certain it did not happen.
      if (!(error instanceof RefusedError || error instanceof TransactionLostError || error instanceof InvalidRequestError))
        this.history.push({ kind: "write", key, value, invoked, returned: undefined });
      throw error;
    }
  }

  private async abort(client: Client, key: string): Promise<void> {
    const transaction = await client.begin();
    await transaction.put(key, bytes(`aborted ${++this.values}`));
    await transaction.abort();
  }

  private failed(error: unknown): void {
    const isExpected = error instanceof Error && ["UnavailableError", "RefusedError", "TransactionLostError"].includes(error.name);
    // A transaction whose primary was replaced in between is not known to the next one.
    const isForgotten = error instanceof InvalidRequestError && error.message.includes("no open transaction");
    if (!isExpected && !isForgotten) this.faults.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }
}

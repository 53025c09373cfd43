/**
 * One replica of a batch store, over its crashes and restarts, and the world around it: its disk, the network, and what has
 * left the processes and outlives them.
 */
import { z } from "zod";
import type { Batch } from "../../engine/batch-store/batch.ts";
import { digestOf } from "../../engine/batch-store/batch.ts";
import type { BatchStoreOptions } from "../../engine/batch-store/config.ts";
import type { BatchMessage, BatchSigned } from "../../engine/batch-store/messages.ts";
import { publicKeyOf } from "../../engine/batch-store/proof.ts";
import { decode } from "../../engine/codec.ts";
import type { Random } from "../../engine/ports.ts";
import { ControlledRandom } from "../../engine/wiring/controlled/random.ts";
import { HarnessError } from "../../conformance/driver.ts";
import { PageCacheTable } from "./page-cache-table.ts";
import { StoreProcess } from "./store-process.ts";
import type { Patch } from "./store-process.ts";

export const author = 1;
export const replica = 2;

const privateKeyOf = (of: number): string => Buffer.alloc(32, of).toString("base64url");
const publicKeys = [1, 2, 3, 4, 5, 6, 7].map((of) => publicKeyOf(privateKeyOf(of)));
export const configOf = (of: number, size: number, more: Partial<BatchStoreOptions> = {}): BatchStoreOptions => ({
  cluster: "conformance",
  replica: of,
  privateKey: privateKeyOf(of),
  publicKeys: publicKeys.slice(0, size),
  ...more,
});

/** The batch that a spec calls by this name. */
export const batchNamed = (name: string): Batch & { transactions: Uint8Array[] } => ({
  author,
  batchId: { nonce: "0000000000000000", number: Number(name.replace(/\D/g, "")) },
  transactions: [new TextEncoder().encode(name)],
});
export const digestNamed = (name: string): string => digestOf(batchNamed(name));
export const rowKeyOf = (digest: string): string => `batch/${digest}`;

const Stored = z.object({ expiry: z.int(), epoch: z.int() });
const StoredState = z.object({ epoch: z.int(), certifiedTime: z.int() });

export interface ReplicaOptions {
  /** Its number, and how many there are; by default 2 of 3. */
  readonly member?: { readonly number: number; readonly size: number };
  readonly patch: Patch;
  readonly held: readonly string[];
  readonly seed: number;
  readonly config?: Partial<BatchStoreOptions>;
  readonly random?: Random;
  readonly forgetsLateRows?: boolean;
  readonly onSend?: (to: number, message: BatchMessage) => void;
  /** Writes whose sync waits for the driver. */
  readonly holdsSync?: (keys: readonly string[]) => boolean;
}

export class Replica {
  readonly table: PageCacheTable;
  /** Undefined while it is down. */
  process: StoreProcess | undefined;
  /** Signatures that have reached the author. */
  readonly signed: BatchSigned["signatures"][number][] = [];
  readonly sent: BatchMessage[] = [];
  readonly logged: string[] = [];
  private readonly random: Random;

  constructor(private readonly options: ReplicaOptions) {
    this.table = new PageCacheTable(options.holdsSync);
    this.random = options.random ?? new ControlledRandom(options.seed);
  }

  get isUp(): boolean {
    return this.process !== undefined;
  }

  /** Throws when it is down: to be asked of a running replica only. */
  get running(): StoreProcess {
    if (this.process === undefined) throw new HarnessError("the replica is down");
    return this.process;
  }

  /** A process that may still be opening its store. */
  async begin(): Promise<void> {
    const { patch, held, config, forgetsLateRows = false, onSend, member = { number: replica, size: 3 } } = this.options;
    this.process = new StoreProcess({
      config: configOf(member.number, member.size, config),
      table: this.table,
      patch,
      held,
      forgetsLateRows,
      random: this.random,
      onSend: (to, message) => {
        onSend?.(to, message);
        this.sent.push(message);
        if (message.type === "BatchSigned") this.signed.push(...message.signatures);
      },
      onLog: (event) => this.logged.push(event),
    });
    await this.process.settle();
  }

  async start(): Promise<void> {
    await this.begin();
    if (this.running.store === undefined) throw this.openFailure();
  }

  private openFailure(): unknown {
    try {
      return this.running.open;
    } catch (error) {
      return error;
    }
  }

  /** P: the process is gone; M: the machine is. */
  crash(kind: "P" | "M"): void {
    this.process = undefined;
    this.table.endSession();
    if (kind === "M") this.table.loseCache();
  }

  /** The row of a digest, as a process would read it. */
  row(digest: string): z.infer<typeof Stored> | undefined {
    const bytes = this.table.get(rowKeyOf(digest));
    return bytes && decode(Stored, bytes, "a row");
  }

  /** What the replica knows of epoch and time, also while it is down. */
  get persisted(): z.infer<typeof StoredState> {
    const bytes = this.table.get("state");
    return bytes === undefined ? { epoch: 1, certifiedTime: 0 } : decode(StoredState, bytes, "the state row");
  }
}

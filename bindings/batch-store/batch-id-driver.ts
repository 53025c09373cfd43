/**
 * `batch-id.ts` on the engine, which reserves one id with each synced write (`batchIdRange` 1). The first id after a start is
 * reserved by the start's own write, where the spec writes the same value again: SaveNextId and SyncNextId find nothing to
 * write then. SyncNextId is the sync of the counter, and the step at which the id is handed out.
 *
 * The row of the author's own batch is written after the batch has left, in the time of the spec's later steps; the driver
 * lets it wait, for it would make the counter durable with it. The first sync of a start, that of the state row, makes
 * durable what the page cache holds: process crashes are conformed to where the counter is on the disk.
 */
import { z } from "zod";
import { BatchIds } from "../../engine/batch-store/batch-ids.ts";
import type { BatchId } from "../../engine/batch-store/batch.ts";
import { decode } from "../../engine/codec.ts";
import type { Random } from "../../engine/ports.ts";
import { ControlledRandom } from "../../engine/wiring/controlled/random.ts";
import { setOf } from "../../specs/language/index.ts";
import type { Driver, Observation, Setup, StepResult } from "../../conformance/driver.ts";
import { HarnessError } from "../../conformance/driver.ts";
import { Replica } from "./replica.ts";
import { ok, refused } from "./store-process.ts";
import type { Patch } from "./store-process.ts";
import { numberIn } from "./words.ts";

interface Id {
  readonly nonce: number;
  readonly number: number;
}
const Counter = z.object({ bound: z.object({ nonce: z.string(), number: z.int() }) });
const key = "batch-id";
const held = ["IdIsHandedOut", "PersistOwnBatch", "SendBatch", "Put"];
const places: Readonly<Record<string, string>> = { IdIsHandedOut: "sync", PersistOwnBatch: "persist", SendBatch: "send" };
const none: Id = { nonce: 0, number: 0 };

/** Ids that wait at a step of their own before they are handed out. */
const heldIds = (Base: typeof BatchIds, onId: (id: BatchId) => void): typeof BatchIds =>
  class extends Base {
    override async next(): Promise<BatchId> {
      const id = await super.next();
      onId(id);
      const pause = this.state.reached("IdIsHandedOut", { number: id.number });
      if (pause) await pause;
      return id;
    }
  };

export class BatchIdDriver implements Driver {
  private replica = new Replica({ patch: {}, held, seed: 0 });
  private submissions = 0;
  private batchesLeft = 0;
  private processCrashesLeft = 0;
  private machineCrashesLeft = 0;
  /** The id of the batch that is under way. */
  private handedOut: BatchId | undefined;
  private isSubmitting = false;
  /** In the order in which they were drawn. */
  private nonces: string[] = [];
  /** What the peers have got: the batch of each id. */
  private readonly received = new Map<string, { readonly id: Id; readonly batch: string }>();
  private isRepeated = false;
  private peersHaveSeen = 0;

  constructor(
    readonly name: string,
    private readonly patch: Patch,
  ) {}

  init({ constants, seed }: Setup): void {
    this.batchesLeft = numberIn(constants, "batches");
    this.processCrashesLeft = numberIn(constants, "processCrashes");
    this.machineCrashesLeft = numberIn(constants, "machineCrashes");
    this.handedOut = undefined;
    this.isSubmitting = false;
    this.nonces = [];
    this.received.clear();
    this.isRepeated = false;
    this.peersHaveSeen = 0;
    const drawn = new ControlledRandom(seed);
    const random: Random = {
      integer: (below) => drawn.integer(below),
      bytes: (length) => {
        const bytes = drawn.bytes(length);
        this.nonces.push(Buffer.from(bytes).toString("hex"));
        return bytes;
      },
    };
    const ids = heldIds(this.patch.parts?.BatchIds ?? BatchIds, (id) => (this.handedOut = id));
    const patch = { ...this.patch, parts: { ...this.patch.parts, BatchIds: ids } };
    const holdsSync = (keys: readonly string[]): boolean => keys.includes(key);
    this.replica = new Replica({ patch, held, seed, config: { batchIdRange: 1 }, random, holdsSync });
  }

  step(action: string): StepResult | Promise<StepResult> {
    switch (action) {
      case "Start":
        return this.start();
      case "WriteBack":
        return this.writeBack();
      case "ProcessCrash":
        return this.crash("P");
      case "MachineCrash":
        return this.crash("M");
    }
    if (!this.replica.isUp) return refused("the process is down");
    switch (action) {
      case "SyncAtStart":
        return this.place === "syncAtStart" ? this.sync() : refused("the start waits for no sync");
      case "SaveNextId":
        return this.submit();
      case "SyncNextId":
        return this.syncNextId();
      case "PersistOwnBatch":
        return this.replica.running.pass("PersistOwnBatch");
      case "SendBatch":
        return this.sendBatch();
      default:
        throw new HarnessError(`the driver of batch ids knows no action ${action}`);
    }
  }

  private async start(): Promise<StepResult> {
    if (this.replica.isUp) return refused("the process is up");
    await this.replica.begin();
    return ok;
  }

  private async sync(): Promise<StepResult> {
    this.replica.table.completeSync();
    await this.replica.running.settle();
    return ok;
  }

  /** A client submits one batch after the other. */
  private async submit(): Promise<StepResult> {
    const { running } = this.replica;
    if (running.store === undefined) return refused("the store is not open");
    if (this.isSubmitting) return refused("a batch is under way");
    if (this.batchesLeft === 0) return refused("no batch is left");
    this.batchesLeft -= 1;
    this.submissions += 1;
    this.isSubmitting = true;
    running.store.submit([new TextEncoder().encode(`batch ${String(this.submissions)}`)], { expiry: 1 }).catch(() => undefined);
    await running.settle();
    const { table } = this.replica;
    // A store that has written its counter and waits for no sync hands the id out at once.
    if (table.place(key) === "page cache" && !table.hasHeldSync) await running.pass("IdIsHandedOut");
    return ok;
  }

  private async syncNextId(): Promise<StepResult> {
    if (this.place !== "sync") return refused("no id waits for a sync");
    if (this.replica.table.hasHeldSync) await this.sync();
    return this.replica.running.pass("IdIsHandedOut");
  }

  private async sendBatch(): Promise<StepResult> {
    const result = await this.replica.running.pass("SendBatch");
    if (result.kind !== "ok") return result;
    for (const message of this.replica.sent.slice(this.peersHaveSeen)) {
      if (message.type !== "BatchMsg") continue;
      for (const { batch } of message.batches) this.receive(batch.batchId, batch.transactions);
    }
    this.peersHaveSeen = this.replica.sent.length;
    this.isSubmitting = false;
    this.handedOut = undefined;
    return ok;
  }

  private receive({ nonce, number }: BatchId, transactions: readonly Uint8Array[]): void {
    const batch = transactions.map((t) => Buffer.from(t).toString("hex")).join(" ");
    const id = `${nonce} ${String(number)}`;
    const before = this.received.get(id);
    if (before !== undefined && before.batch !== batch) this.isRepeated = true;
    this.received.set(id, { id: this.idOf({ nonce, number }), batch });
  }

  private async writeBack(): Promise<StepResult> {
    const { table, process } = this.replica;
    if (table.place(key) !== "page cache") return refused("the page cache has nothing to write back");
    if (this.place === "syncAtStart") {
      table.writeBack(key);
      return ok;
    }
    if (table.hasHeldSync) table.completeSync();
    else table.writeBack(key);
    await process?.settle();
    return ok;
  }

  private crash(kind: "P" | "M"): StepResult {
    if (kind === "P" && !this.replica.isUp) return refused("the process is down");
    if ((kind === "P" ? this.processCrashesLeft : this.machineCrashesLeft) === 0) return refused("no crash is left");
    if (kind === "P") this.processCrashesLeft -= 1;
    else this.machineCrashesLeft -= 1;
    this.replica.crash(kind);
    this.isSubmitting = false;
    this.handedOut = undefined;
    return ok;
  }

  private get place(): string {
    const { process } = this.replica;
    if (process === undefined) return "down";
    if (process.store === undefined) return "syncAtStart";
    if (!this.isSubmitting) return "idle";
    return Object.entries(places).find(([step]) => process.at(step) !== undefined)?.[1] ?? "sync";
  }

  private idOf({ nonce, number }: BatchId): Id {
    const drawn = this.nonces.indexOf(nonce);
    if (drawn < 0) throw new HarnessError(`the nonce ${nonce} was never drawn`);
    return { nonce: drawn, number };
  }

  /** The id of the next batch: of the one that is under way, if there is one. */
  private get nextId(): Id {
    const { process } = this.replica;
    if (process === undefined) return none;
    if (this.handedOut !== undefined) return this.idOf(this.handedOut);
    if (process.store !== undefined) {
      const { nonce, next } = process.store.observe().batchIds;
      return this.idOf({ nonce, number: next });
    }
    // A store that is opening cannot be asked: its first id is the one below the bound that it has written.
    const written = this.counter(this.replica.table.get(key));
    return written === null ? none : { nonce: written.nonce, number: written.number - 1 };
  }

  private counter(bytes: Uint8Array | undefined): Id | null {
    return bytes === undefined ? null : this.idOf(decode(Counter, bytes, "the counter").bound);
  }

  observe(): Observation {
    const { replica } = this;
    return {
      state: {
        pc: this.place,
        id: this.nextId,
        written: this.counter(replica.table.get(key)),
        durable: this.counter(replica.table.onDisk(key)),
        nonces: this.nonces.length,
        sent: setOf(...[...this.received.values()].map(({ id }) => id)),
        isRepeated: this.isRepeated,
        batchesLeft: this.batchesLeft,
        processCrashesLeft: this.processCrashesLeft,
        machineCrashesLeft: this.machineCrashesLeft,
      },
      unobserved: [],
    };
  }

  close(): void {
    this.replica.crash("P");
  }
}

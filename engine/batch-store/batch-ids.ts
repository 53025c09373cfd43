/**
 * The batch ids of one author: a number that is handed out only below a bound that is durable. A start goes on beyond the
 * bound that it reads, so that no id repeats after any crash; without one, it draws a nonce.
 */
import { z } from "zod";
import { decode, encode } from "../codec.ts";
import { BatchId } from "./batch.ts";
import type { StoreState } from "./state.ts";

const key = "batch-id";
const Bound = z.strictObject({ version: z.literal(1), bound: BatchId });

export class BatchIds {
  private nonce = "";
  private nextNumber = 0;
  /** Numbers below it may be handed out. */
  private bound = 0;
  private saving: Promise<void> | undefined;

  constructor(protected readonly state: StoreState) {}

  /** Reads the bound, goes one beyond it, and reserves a range; resolves when that is durable. Throws DecodeError. */
  async start(): Promise<void> {
    const bytes = await this.state.rows.getState(key);
    const { random, steps } = this.state.ports;
    if (bytes === undefined) this.nonce = Buffer.from(random.bytes(8)).toString("hex");
    else {
      const { bound } = decode(Bound, bytes, "The row of the batch ids");
      this.nonce = bound.nonce;
      this.nextNumber = bound.number + 1;
    }
    const pause = steps.reached("Start", { id: this.nextNumber });
    if (pause) await pause;
    await this.reserve();
  }

  /** An id that was never handed out before. */
  async next(): Promise<BatchId> {
    while (this.nextNumber >= this.bound) {
      this.saving ??= this.saveNextId().finally(() => {
        this.saving = undefined;
      });
      await this.saving;
    }
    const number = this.nextNumber;
    this.nextNumber += 1;
    return { nonce: this.nonce, number };
  }

  observe(): { readonly nonce: string; readonly next: number; readonly bound: number } {
    return { nonce: this.nonce, next: this.nextNumber, bound: this.bound };
  }

  private async saveNextId(): Promise<void> {
    const pause = this.state.reached("SaveNextId", { id: this.nextNumber });
    if (pause) await pause;
    await this.reserve();
  }

  private async reserve(): Promise<void> {
    const bound = this.nextNumber + this.state.config.batchIdRange;
    await this.save(encode({ version: 1, bound: { nonce: this.nonce, number: bound } }));
    this.bound = bound;
    this.state.took("SyncNextId", { bound });
  }

  /** Resolves when it is durable. */
  protected save(value: Uint8Array): Promise<void> {
    return this.state.rows.putState(key, value, { sync: true });
  }
}

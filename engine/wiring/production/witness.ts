/**
 * A witness beside the replicated log: how many synced writes it has had. LevelDB takes a log whose end is missing for one that
 * was cut short by a crash, and says nothing; but what was synced cannot have been. Two slots are written in turn, so
 * that a torn one leaves the other. A number is written after the write that it counts, and synced later: it may be too low
 * after a crash of the machine, and is never too high.
 */
import { createHash } from "node:crypto";
import { closeSync, existsSync, fdatasync, openSync, readSync, writeSync } from "node:fs";
import type { Witness } from "../../ports.ts";

const slotBytes = 16;
const slotDistance = 512;
const syncEveryMs = 1_000;

const slotOf = (count: number): Buffer => {
  const slot = Buffer.alloc(slotBytes);
  slot.writeBigUInt64BE(BigInt(count));
  createHash("sha256").update(slot.subarray(0, 8)).digest().copy(slot, 8, 0, 8);
  return slot;
};

const countIn = (slot: Buffer): number => {
  const count = Number(slot.readBigUInt64BE());
  return Number.isSafeInteger(count) && slot.equals(slotOf(count)) ? count : 0;
};

export class FileWitness implements Witness {
  readonly seen: number;
  private readonly descriptor: number;
  private next = 0;
  private syncing: NodeJS.Timeout | undefined;

  constructor(file: string) {
    this.descriptor = openSync(file, existsSync(file) ? "r+" : "w+", 0o600);
    const counts = [0, 1].map((i) => {
      const slot = Buffer.alloc(slotBytes);
      return readSync(this.descriptor, slot, 0, slotBytes, i * slotDistance) === slotBytes ? countIn(slot) : 0;
    });
    this.seen = Math.max(...counts);
    this.next = (counts[0] ?? 0) > (counts[1] ?? 0) ? 1 : 0;
  }

  /** Throws when the disk is full. */
  wrote(count: number): void {
    writeSync(this.descriptor, slotOf(count), 0, slotBytes, this.next * slotDistance);
    this.next = 1 - this.next;
    // A failure here only makes the witness less sure.
    this.syncing ??= setTimeout(() => {
      this.syncing = undefined;
      fdatasync(this.descriptor, () => undefined);
    }, syncEveryMs).unref();
  }

  close(): void {
    clearTimeout(this.syncing);
    closeSync(this.descriptor);
  }
}

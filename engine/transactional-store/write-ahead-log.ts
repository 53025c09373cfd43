/**
 * The write-ahead log, as it is written: appends under a lock, syncs that serve all who wait (group commit), rotation
 * of segments. A write or a sync that fails poisons it: how much of it reached the disk is unknown, so nothing may be
 * written behind it, and nothing is retried; only recovery, from the files, tells what was committed.
 *
 * Durability modes: `strict` syncs before a commit goes on; `batched` once `batchRecords` records are not synced,
 * at the latest `batchMs` after the first of them, so that a crash of the machine may take the last `batchRecords` - 1
 * acknowledged commits; `none` writes no log: the store has what the last checkpoint has. After a loss the versions
 * that were lost are used again; whoever compares versions across crashes uses strict.
 */
import type { Clock, Disk, Logger, Steps, Timer } from "../ports.ts";
import { PoisonedError, messageOf } from "./errors.ts";
import { Mutex } from "./mutex.ts";
import { encodeFrame, frameOf, frameOverhead, seedOf } from "./record.ts";
import type { WalRecord } from "./record.ts";
import { encodeHeader, formatVersion, segmentName } from "./segment.ts";

export interface Durability {
  readonly mode: "strict" | "batched" | "none";
  readonly batchRecords: number;
  readonly batchMs: number;
}

/** Where the log is when it is opened: behind what recovery has read. */
export interface LogEnd {
  readonly storeId: string;
  readonly index: number;
  readonly bytes: number;
  /** The highest version in the log. */
  readonly version: number;
}

/** A place in the log: all records up to here count as one prefix. */
export type Place = number;

export interface WalPorts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly steps: Steps;
  readonly logger: Logger;
}

export class WriteAheadLog {
  readonly lock = new Mutex();
  protected index: number;
  protected bytes: number;
  /** Of the last segment: how much of it is known to be synced. */
  protected durableBytes: number;
  protected version: number;
  /** Records that were appended, and how many of them are synced; both count from the opening. */
  protected appended: Place = 0;
  protected durable: Place = 0;
  protected poison: PoisonedError | undefined;
  protected syncing: Promise<void> | undefined;
  protected overdue: Timer | undefined;
  readonly storeId: string;

  constructor(
    protected readonly ports: WalPorts,
    end: LogEnd,
    protected readonly durability: Durability,
    protected readonly segmentBytes: number,
  ) {
    this.storeId = end.storeId;
    this.index = end.index;
    this.bytes = end.bytes;
    this.durableBytes = end.bytes;
    this.version = end.version;
  }

  /** Throws PoisonedError if the log has failed. */
  checkUsable(): void {
    if (this.poison !== undefined) throw this.poison;
  }

  /** Something went wrong behind the log, so that memory may differ from the disk: the store stops until it is opened again. */
  stop(error: unknown): PoisonedError {
    this.poison ??= new PoisonedError(
      `memory may differ from the disk: ${messageOf(error)}; nothing is committed until the store is opened again`,
      { cause: error },
    );
    this.ports.logger.log("error", "store stopped", { error: this.poison.message });
    return this.poison;
  }

  /** Writes the record; it is not synced yet. Throws PoisonedError. */
  async append(record: WalRecord, owner: string): Promise<Place> {
    return this.lock.hold(owner, async () => {
      this.checkUsable();
      if (this.durability.mode === "none") return this.appended;
      const frame = frameOf(record, 0);
      const isFull = this.bytes + frameOverhead + frame.body.length > this.segmentBytes;
      if (isFull && this.records() > 0) await this.rotate();
      const bytes = encodeFrame({ ...frame, durable: this.durableBytes }, seedOf(this.storeId, this.index));
      await this.orPoison("append to", () => this.ports.disk.append(segmentName(this.index), bytes));
      this.bytes += bytes.length;
      this.version = Math.max(this.version, record.version);
      this.appended += 1;
      return this.appended;
    });
  }

  /** As the durability mode has it; resolves when the record at `place` may be acknowledged. Throws PoisonedError. */
  async makeDurable(place: Place): Promise<void> {
    const { mode, batchRecords } = this.durability;
    if (mode === "strict" || (mode === "batched" && this.appended - this.durable >= batchRecords)) await this.syncThrough(place);
    else if (mode === "batched") this.startTimer();
  }

  /** Everything that was appended so far is synced when it resolves. Throws PoisonedError. */
  async sync(): Promise<void> {
    this.checkUsable();
    await this.syncThrough(this.appended);
  }

  /** Ends the last segment and begins the next, for a checkpoint: returns its number. The caller holds the lock. */
  async rotate(options: { readonly baseVersion?: number } = {}): Promise<number> {
    const pause = this.ports.steps.reached("Rotate", { index: this.index + 1 });
    if (pause) await pause;
    await this.syncThrough(this.appended);
    await this.begin(this.index + 1, options.baseVersion ?? this.version, true);
    return this.index;
  }

  /** A segment that follows only the checkpoint of its number: what was in the log before does not count any more. */
  async restart(index: number, version: number): Promise<void> {
    this.version = version;
    await this.begin(index, version, false);
  }

  /** The timer goes; nothing is synced. */
  close(): void {
    this.overdue?.cancel();
    this.overdue = undefined;
    this.poison ??= new PoisonedError("the store is closed");
  }

  get nextIndex(): number {
    return this.index + 1;
  }

  get isUsable(): boolean {
    return this.poison === undefined;
  }

  observe() {
    const { index, bytes, durableBytes, appended, durable, version } = this;
    return { storeId: this.storeId, index, bytes, durableBytes, appended, durable, version, poisoned: this.poison?.message ?? null };
  }

  protected async begin(index: number, baseVersion: number, continues: boolean): Promise<void> {
    const file = segmentName(index);
    const header = encodeHeader({ format: formatVersion, storeId: this.storeId, index, baseVersion, continues });
    await this.orPoison("begin", async () => {
      await this.ports.disk.append(file, header);
      await this.ports.disk.sync(file);
      await this.ports.disk.syncDirectory();
    });
    this.index = index;
    this.bytes = this.durableBytes = this.headerBytes = header.length;
    this.version = Math.max(this.version, baseVersion);
  }
  protected headerBytes = 0;
  /** Bytes of records in the last segment. */
  protected records(): number {
    return this.bytes - this.headerBytes;
  }

  /** One sync at a time; whoever comes while one is under way needs the next. */
  protected async syncThrough(place: Place): Promise<void> {
    while (this.durable < place) {
      this.checkUsable();
      this.syncing ??= this.syncOnce().finally(() => (this.syncing = undefined));
      await this.syncing;
    }
  }

  protected async syncOnce(): Promise<void> {
    const { appended, bytes, index } = this;
    this.overdue?.cancel();
    this.overdue = undefined;
    await this.orPoison("sync", () => this.ports.disk.sync(segmentName(index)));
    this.durable = Math.max(this.durable, appended);
    if (index === this.index) this.durableBytes = Math.max(this.durableBytes, bytes);
    if (this.durability.mode === "batched" && this.appended > this.durable) this.startTimer();
  }

  protected startTimer(): void {
    this.overdue ??= this.ports.clock.setTimer("SyncOverdue", this.durability.batchMs, () => {
      this.overdue = undefined;
      // A failure is kept as the poison, which the next commit reports.
      this.sync().catch(() => undefined);
    });
  }

  /** After a failure nothing is known of what is on disk, so that no later call may pretend otherwise. */
  protected async orPoison(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const text = `the log failed to ${what} ${segmentName(this.index)}: ${messageOf(error)}; nothing is committed until the store is opened again`;
      this.poison ??= new PoisonedError(text, { cause: error });
      this.ports.logger.log("error", "log poisoned", { error: text });
      throw this.poison;
    }
  }
}

/**
 * An ordered table in memory, with the crashes of a write-ahead log: the writes of one call are atomic; a synced call is
 * durable with all before it; a crash of the machine loses unsynced calls from the last backwards.
 */
import type { Range, Table, Write } from "../../ports.ts";
import { checkKey, checkLimit, systemError } from "../arguments.ts";
import { type ArmedFailure, Calls, type Failure, type Held } from "./calls.ts";

export type TableCall =
  | { readonly kind: "get"; readonly key: string }
  | { readonly kind: "entries"; readonly range: Range }
  | { readonly kind: "write"; readonly writes: readonly Write[]; readonly sync: boolean }
  | { readonly kind: "close" };

export interface TableImage {
  readonly rows: ReadonlyMap<string, Uint8Array>;
}

const apply = (rows: Map<string, Uint8Array>, writes: readonly Write[]): void => {
  for (const write of writes) {
    if ("put" in write) rows.set(write.put, write.value);
    else rows.delete(write.delete);
  }
};

export class ControlledTable implements Table {
  private readonly rows: Map<string, Uint8Array>;
  private readonly durable: Map<string, Uint8Array>;
  private unsynced: (readonly Write[])[] = [];
  private readonly calls = new Calls<TableCall>();
  private readonly watchers: ((call: TableCall) => void)[] = [];
  private isClosed = false;

  /** Empty, or what a crash has left: all of that is durable. */
  constructor(image: TableImage = { rows: new Map() }) {
    this.rows = new Map(image.rows);
    this.durable = new Map(image.rows);
  }

  get activity(): number {
    return this.calls.activity;
  }

  /** From now on, calls for which `isHeld` is true wait for `complete` or `fail`: by default writes. */
  hold(isHeld: (call: TableCall) => boolean = (call) => call.kind === "write"): void {
    this.calls.hold(isHeld);
  }

  /** From now on every call is carried out at once, as at the beginning; what is held is carried out now. */
  releaseAll(): void {
    this.calls.releaseAll();
  }

  pending(): readonly Held<TableCall>[] {
    return this.calls.pending();
  }

  /** Writes are carried out in the order of the calls: throws when an earlier one is held. */
  complete(id: number): void {
    this.calls.complete(id);
  }

  /** Nothing of the call is written. */
  fail(id: number, code: string): void {
    this.calls.fail(id, { code });
  }

  arm(failure: ArmedFailure<TableCall>): void {
    this.calls.arm(failure);
  }

  /** Is told of each write before it is carried out: the places for a crash. */
  watch(watcher: (call: TableCall) => void): void {
    this.watchers.push(watcher);
  }

  /**
   * Every table that a crash at this moment could leave, the one that lost most first. P: the process is gone, calls that were
   * carried out survive; M: the machine is gone. Calls in flight may have been carried out, in order. The table itself goes on:
   * follow with `halt` if the crash is to happen.
   */
  crash(kind: "P" | "M"): readonly TableImage[] {
    const inFlight = this.calls.inFlight().flatMap((call) => (call.kind === "write" ? [call.writes] : []));
    const open = kind === "P" ? inFlight : [...this.unsynced, ...inFlight];
    const rows = new Map(kind === "P" ? this.rows : this.durable);
    const images: TableImage[] = [{ rows: new Map(rows) }];
    for (const writes of open) {
      apply(rows, writes);
      images.push({ rows: new Map(rows) });
    }
    return images;
  }

  /** The process that used the table is gone: none of its calls is answered any more. */
  halt(): void {
    this.calls.halt();
  }

  /** The rows as they can be read now. */
  image(): TableImage {
    return { rows: new Map(this.rows) };
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    this.checkOpen();
    checkKey(key);
    return await this.calls.submit({ kind: "get", key }, [], (failure) => {
      this.throwIf(failure, "get");
      return this.rows.get(key)?.slice();
    });
  }

  async write(writes: readonly Write[], options: { readonly sync: boolean }): Promise<void> {
    this.checkOpen();
    const copies = writes.map((w): Write => ("put" in w ? { put: w.put, value: w.value.slice() } : { delete: w.delete }));
    for (const write of copies) checkKey("put" in write ? write.put : write.delete);
    const call: TableCall = { kind: "write", writes: copies, sync: options.sync };
    await this.calls.submit(call, ["log"], (failure) => {
      for (const watcher of this.watchers) watcher(call);
      this.throwIf(failure, "write");
      apply(this.rows, copies);
      this.unsynced.push(copies);
      if (options.sync) this.sync();
    });
  }

  async *entries(range: Range = {}): AsyncGenerator<readonly [string, Uint8Array]> {
    this.checkOpen();
    checkLimit(range.limit);
    const entries = await this.calls.submit({ kind: "entries", range }, [], (failure) => {
      this.throwIf(failure, "entries");
      return this.inRange(range);
    });
    for (const [key, value] of entries) {
      this.checkOpen();
      yield [key, value.slice()];
    }
  }

  /** Waits for what is in flight. */
  async close(): Promise<void> {
    this.isClosed = true;
    if (this.calls.inFlight().length > 0) await this.calls.submit({ kind: "close" }, ["log"], () => undefined);
  }

  private sync(): void {
    for (const writes of this.unsynced) apply(this.durable, writes);
    this.unsynced = [];
  }

  private inRange({ from, to, limit, reverse }: Range): readonly (readonly [string, Uint8Array])[] {
    const keyed = [...this.rows].map(([key, value]) => ({ order: Buffer.from(key), key, value }));
    const [lower, upper] = [from, to].map((key) => (key === undefined ? undefined : Buffer.from(key)));
    const inside = keyed
      .filter(({ order }) => (lower === undefined || order.compare(lower) >= 0) && (upper === undefined || order.compare(upper) < 0))
      .sort((a, b) => a.order.compare(b.order));
    if (reverse === true) inside.reverse();
    return inside.slice(0, limit).map(({ key, value }) => [key, value]);
  }

  private checkOpen(): void {
    if (this.isClosed) throw systemError("LEVEL_DATABASE_NOT_OPEN", "the table is closed");
  }

  private throwIf(failure: Failure | undefined, action: string): void {
    if (failure !== undefined) throw systemError(failure.code, `${action} fails`);
  }
}

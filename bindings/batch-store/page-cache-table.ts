/**
 * A table with a page cache under the driver's control: a write is in the page cache at once, and its sync returns when the
 * driver says so. The table outlives the processes that use it; each process has a session, which ends with it. Finer than
 * the controlled table of the engine, where a synced write is one step: the specs take put and fsync apart.
 */
import type { Range, Table, Write } from "../../engine/ports.ts";

export type Place = "absent" | "page cache" | "disk";

interface HeldSync {
  readonly resolve: () => void;
}

export class PageCacheTable {
  /** Grows with every call, so that `settle` sees that something happened. */
  activity = 0;
  private readonly cached = new Map<string, Uint8Array>();
  private disk = new Map<string, Uint8Array>();
  private session = 0;
  private syncs: HeldSync[] = [];

  /** Syncs of writes for which `isHeld` is true wait for `completeSync`. */
  constructor(private readonly isHeld: (keys: readonly string[]) => boolean = () => false) {}

  get(key: string): Uint8Array | undefined {
    return this.cached.get(key);
  }

  /** As the disk has it, whatever the page cache says. */
  onDisk(key: string): Uint8Array | undefined {
    return this.disk.get(key);
  }

  place(key: string): Place {
    if (!this.cached.has(key)) return "absent";
    return this.disk.get(key) === this.cached.get(key) ? "disk" : "page cache";
  }

  get hasHeldSync(): boolean {
    return this.syncs.length > 0;
  }

  /** All that is in the page cache goes to the disk, and the held syncs return. */
  completeSync(): void {
    this.activity += 1;
    this.toDisk();
    for (const { resolve } of this.syncs.splice(0)) resolve();
  }

  /** By the operating system: nobody is told. */
  writeBack(key: string): void {
    const bytes = this.cached.get(key);
    if (bytes === undefined) this.disk.delete(key);
    else this.disk.set(key, bytes);
  }

  /** The process is gone: none of its calls is answered any more. */
  endSession(): void {
    this.session += 1;
    this.syncs = [];
  }

  /** The machine is gone, and the page cache with it. */
  loseCache(): void {
    this.cached.clear();
    for (const [key, bytes] of this.disk) this.cached.set(key, bytes);
  }

  open(): Table {
    const session = this.session;
    const never = new Promise<never>(() => undefined);
    const isGone = (): boolean => this.session !== session;
    const inRange = (range: Range | undefined): readonly (readonly [string, Uint8Array])[] =>
      [...this.cached]
        .filter(([key]) => key >= (range?.from ?? "") && (range?.to === undefined || key < range.to))
        .sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      get: (key) => (isGone() ? never : Promise.resolve(this.cached.get(key))),
      write: (writes, { sync }) => (isGone() ? never : this.write(writes, sync)),
      entries: async function* (range) {
        await (isGone() ? never : Promise.resolve());
        yield* inRange(range);
      },
      close: () => Promise.resolve(),
    };
  }

  private write(writes: readonly Write[], sync: boolean): Promise<void> {
    this.activity += 1;
    for (const write of writes)
      if ("put" in write) this.cached.set(write.put, write.value.slice());
      else this.cached.delete(write.delete);
    if (!sync) return Promise.resolve();
    if (this.isHeld(writes.map((write) => ("put" in write ? write.put : write.delete))))
      return new Promise((resolve) => this.syncs.push({ resolve }));
    this.toDisk();
    return Promise.resolve();
  }

  private toDisk(): void {
    this.disk = new Map(this.cached);
  }
}

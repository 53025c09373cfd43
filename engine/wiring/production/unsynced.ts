/**
 * For tests with real processes: a table and a disk that keep in the memory of the process what was not synced. SIGKILL then
 * does what a power cut does: the operating system, which would have kept it, never had it.
 *
 * Left out: names of files, which are durable at once, and what something that needs the file or the table as a whole has
 * had to write first (`entries`, `read`, `size`, `truncate`, `rename`, `list`): that survives, as it may in a power cut.
 */
import type { Disk, Range, Table, Write } from "../../ports.ts";
import { checkKey, systemError } from "../arguments.ts";

interface Held {
  readonly value: Uint8Array | undefined;
}

export class UnsyncedTable implements Table {
  private waiting: Write[] = [];
  /** What reads see of it, and of what is being written. */
  private readonly held = new Map<string, Held>();
  private isClosed = false;

  constructor(private readonly table: Table) {}

  async get(key: string): Promise<Uint8Array | undefined> {
    const held = this.held.get(key);
    return held === undefined ? this.table.get(key) : held.value?.slice();
  }

  async write(writes: readonly Write[], { sync }: { readonly sync: boolean }): Promise<void> {
    if (this.isClosed) throw systemError("LEVEL_DATABASE_NOT_OPEN", "the table is closed");
    for (const write of writes) {
      const key = "put" in write ? write.put : write.delete;
      checkKey(key);
      const value = "put" in write ? write.value.slice() : undefined;
      this.held.set(key, { value });
      this.waiting.push(value === undefined ? { delete: key } : { put: key, value });
    }
    if (sync) await this.written(true);
  }

  async *entries(range?: Range): AsyncGenerator<readonly [string, Uint8Array]> {
    await this.written(false);
    yield* this.table.entries(range);
  }

  /** A process that ends by itself loses nothing. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.written(false);
    await this.table.close();
  }

  private async written(sync: boolean): Promise<void> {
    const writes = this.waiting;
    this.waiting = [];
    const seen = writes.map((w) => ("put" in w ? w.put : w.delete)).map((key) => [key, this.held.get(key)] as const);
    await this.table.write(writes, { sync });
    // Unless it was written again meanwhile.
    for (const [key, held] of seen) if (this.held.get(key) === held) this.held.delete(key);
  }
}

export class UnsyncedDisk implements Disk {
  private readonly held = new Map<string, Uint8Array[]>();

  constructor(private readonly disk: Disk) {}

  async append(file: string, bytes: Uint8Array): Promise<void> {
    // The file is there, and empty.
    if (!this.held.has(file)) await this.disk.append(file, new Uint8Array());
    this.held.set(file, [...(this.held.get(file) ?? []), bytes.slice()]);
  }
  async sync(file: string): Promise<void> {
    await this.written(file);
    await this.disk.sync(file);
  }
  async list(): Promise<readonly string[]> {
    for (const file of [...this.held.keys()]) await this.written(file);
    return this.disk.list();
  }
  async read(file: string, offset?: number, length?: number): Promise<Uint8Array> {
    await this.written(file);
    return this.disk.read(file, offset, length);
  }
  async size(file: string): Promise<number> {
    await this.written(file);
    return this.disk.size(file);
  }
  async truncate(file: string, length: number): Promise<void> {
    await this.written(file);
    await this.disk.truncate(file, length);
  }
  async rename(from: string, to: string): Promise<void> {
    await this.written(from);
    await this.written(to);
    await this.disk.rename(from, to);
  }
  async remove(file: string): Promise<void> {
    this.held.delete(file);
    await this.disk.remove(file);
  }
  async syncDirectory(): Promise<void> {
    await this.disk.syncDirectory();
  }

  private async written(file: string): Promise<void> {
    const pieces = this.held.get(file);
    if (pieces === undefined) return;
    this.held.delete(file);
    await this.disk.append(file, Buffer.concat(pieces));
  }
}

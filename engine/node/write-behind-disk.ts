/**
 * A disk that gathers appends: they resolve at once, and are written together before anything else is done with their file, or
 * when there are many. A crash of the process may lose the last appends that no sync came behind: for a replica's store that
 * is no loss, because their ops are in the replicated log, and are executed again.
 */
import type { Disk } from "../ports.ts";

interface Behind {
  waiting: Uint8Array[];
  bytes: number;
  /** All appends to the file up to the last that is being written. */
  written: Promise<void>;
}
/** Above this they are written. */
const mostWaitingBytes = 2 ** 20;

export class WriteBehindDisk implements Disk {
  private readonly files = new Map<string, Behind>();

  constructor(private readonly disk: Disk) {}

  /** Rejects when an earlier append to the file has failed, if that is known: else what comes behind it rejects. */
  async append(file: string, bytes: Uint8Array): Promise<void> {
    const behind = this.files.get(file) ?? { waiting: [], bytes: 0, written: Promise.resolve() };
    this.files.set(file, behind);
    behind.waiting.push(bytes.slice());
    behind.bytes += bytes.length;
    if (behind.bytes > mostWaitingBytes) await this.flushed(file);
  }

  async sync(file: string): Promise<void> {
    await this.flushed(file);
    await this.disk.sync(file);
  }
  async list(): Promise<readonly string[]> {
    for (const file of [...this.files.keys()]) await this.flushed(file);
    return this.disk.list();
  }
  async read(file: string, offset?: number, length?: number): Promise<Uint8Array> {
    await this.flushed(file);
    return this.disk.read(file, offset, length);
  }
  async size(file: string): Promise<number> {
    await this.flushed(file);
    return this.disk.size(file);
  }
  async truncate(file: string, length: number): Promise<void> {
    await this.flushed(file);
    await this.disk.truncate(file, length);
  }
  async rename(from: string, to: string): Promise<void> {
    await this.flushed(from);
    await this.flushed(to);
    this.files.delete(from);
    this.files.delete(to);
    await this.disk.rename(from, to);
  }
  async remove(file: string): Promise<void> {
    await this.flushed(file);
    this.files.delete(file);
    await this.disk.remove(file);
  }
  async syncDirectory(): Promise<void> {
    for (const file of [...this.files.keys()]) await this.flushed(file);
    await this.disk.syncDirectory();
  }

  /** After a failure every later call about the file fails: nobody knows what is in it. */
  private flushed(file: string): Promise<void> {
    const behind = this.files.get(file);
    if (behind === undefined) return Promise.resolve();
    if (behind.waiting.length > 0) {
      const bytes = Buffer.concat(behind.waiting);
      behind.waiting = [];
      behind.bytes = 0;
      behind.written = behind.written.then(() => this.disk.append(file, bytes));
      behind.written.catch(() => undefined);
    }
    return behind.written;
  }
}

/**
 * The disk as one process sees it. When the process dies, none of its calls is answered any more, while the disk below
 * lives on with its page cache: what a crash of the process leaves, and no image could show.
 */
import type { Disk } from "../../../engine/ports.ts";

export class ProcessDisk implements Disk {
  #dead = false;
  constructor(private readonly disk: Disk) {}

  die(): void {
    this.#dead = true;
  }

  list(): Promise<readonly string[]> {
    return this.#answer(() => this.disk.list());
  }
  read(...of: Parameters<Disk["read"]>): Promise<Uint8Array> {
    return this.#answer(() => this.disk.read(...of));
  }
  size(file: string): Promise<number> {
    return this.#answer(() => this.disk.size(file));
  }
  append(file: string, bytes: Uint8Array): Promise<void> {
    return this.#answer(() => this.disk.append(file, bytes));
  }
  truncate(file: string, length: number): Promise<void> {
    return this.#answer(() => this.disk.truncate(file, length));
  }
  rename(from: string, to: string): Promise<void> {
    return this.#answer(() => this.disk.rename(from, to));
  }
  remove(file: string): Promise<void> {
    return this.#answer(() => this.disk.remove(file));
  }
  sync(file: string): Promise<void> {
    return this.#answer(() => this.disk.sync(file));
  }
  syncDirectory(): Promise<void> {
    return this.#answer(() => this.disk.syncDirectory());
  }

  #answer<T>(call: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#dead) return;
      call().then(
        (value) => {
          if (!this.#dead) resolve(value);
        },
        (error: unknown) => {
          if (!this.#dead) reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }
}

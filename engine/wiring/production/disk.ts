/**
 * A directory of files with real syncs. Operations on the same file are carried out one after the other, in the order of the
 * calls; on different files side by side. Left out: locking out other processes (see `lock.ts`).
 */
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Disk } from "../../ports.ts";
import { checkFileName, checkLength, checkRange, systemError } from "../arguments.ts";
import { Queues } from "./queue.ts";

interface OpenFile {
  readonly handle: FileHandle;
  size: number;
  /** fdatasync is enough for appended bytes and the length that they give. A truncation gets fsync. */
  isTruncated: boolean;
}

const mostOpenFiles = 64;

/** `handle.write` may write less than it is given. Throws EIO when it makes no progress. */
export const writeAll = async (handle: Pick<FileHandle, "write">, bytes: Uint8Array, offset: number): Promise<void> => {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, offset + written);
    if (bytesWritten === 0) throw systemError("EIO", `write took none of ${bytes.length - written} bytes at ${offset + written}`);
    written += bytesWritten;
  }
};

const syncPath = async (directory: string): Promise<void> => {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

export class FileDisk implements Disk {
  /** The least recently used first. */
  private readonly openFiles = new Map<string, OpenFile>();
  private readonly queues = new Queues();
  private isClosed = false;

  private constructor(readonly directory: string) {}

  /** Creates the directory, durably, when there is none. */
  static async open(directory: string): Promise<FileDisk> {
    const absolute = resolve(directory);
    const created = await mkdir(absolute, { recursive: true });
    // Each new directory's name is in its parent.
    if (created !== undefined)
      for (let parent = dirname(absolute); parent.length >= dirname(created).length; parent = dirname(parent)) {
        await syncPath(parent);
        if (parent === dirname(parent)) break;
      }
    return new FileDisk(absolute);
  }

  /** Waits for the operations that were called, and closes all files. Later calls reject with EBADF. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.queues.idle();
    for (const file of [...this.openFiles.keys()]) await this.forget(file);
  }

  async list(): Promise<readonly string[]> {
    this.checkOpen();
    const entries = await readdir(this.directory, { withFileTypes: true });
    return entries
      .filter((e) => e.isFile())
      .map((e) => e.name)
      .sort();
  }

  read(file: string, offset = 0, length = Infinity): Promise<Uint8Array> {
    return this.inTurn([file], async () => {
      checkRange(offset, length);
      const { handle, size } = await this.opened(file, "existing");
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, offset + filled);
        if (bytesRead === 0) throw systemError("EIO", `'${file}' ended at ${offset + filled}, before its size of ${size}`);
        filled += bytesRead;
      }
      return bytes;
    });
  }

  size(file: string): Promise<number> {
    return this.inTurn([file], async () => (await this.opened(file, "existing")).size);
  }

  append(file: string, bytes: Uint8Array): Promise<void> {
    // The caller may use its array again before it is this call's turn.
    const copy = bytes.slice();
    return this.inTurn([file], async () => {
      const opened = await this.opened(file, "created");
      try {
        await writeAll(opened.handle, copy, opened.size);
        opened.size += copy.length;
      } catch (error) {
        opened.size = (await opened.handle.stat()).size;
        throw error;
      }
    });
  }

  truncate(file: string, length: number): Promise<void> {
    return this.inTurn([file], async () => {
      checkLength(length);
      const opened = await this.opened(file, "existing");
      if (length > opened.size) throw systemError("EINVAL", `truncate '${file}' of ${opened.size} bytes to ${length}`);
      await opened.handle.truncate(length);
      opened.size = length;
      opened.isTruncated = true;
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.inTurn([from, to], async () => {
      await this.opened(from, "existing");
      if (from === to) return;
      await rename(join(this.directory, from), join(this.directory, to));
      await this.forget(to);
      const moved = this.openFiles.get(from);
      this.openFiles.delete(from);
      if (moved !== undefined) this.openFiles.set(to, moved);
    });
  }

  remove(file: string): Promise<void> {
    return this.inTurn([file], async () => {
      await unlink(join(this.directory, file));
      await this.forget(file);
    });
  }

  sync(file: string): Promise<void> {
    return this.inTurn([file], async () => {
      const opened = await this.opened(file, "existing");
      if (opened.isTruncated) await opened.handle.sync();
      else await opened.handle.datasync();
      opened.isTruncated = false;
    });
  }

  async syncDirectory(): Promise<void> {
    this.checkOpen();
    await syncPath(this.directory);
  }

  private async inTurn<T>(files: readonly string[], work: () => Promise<T>): Promise<T> {
    this.checkOpen();
    for (const file of files) checkFileName(file);
    return await this.queues.run(files, work);
  }

  private async opened(file: string, must: "existing" | "created"): Promise<OpenFile> {
    const known = this.openFiles.get(file);
    if (known !== undefined) {
      this.openFiles.delete(file);
      this.openFiles.set(file, known);
      return known;
    }
    const flags = constants.O_RDWR | constants.O_NOFOLLOW | (must === "created" ? constants.O_CREAT : 0);
    const handle = await open(join(this.directory, file), flags, 0o600);
    // A truncation before this process opened the file may still be unsynced.
    const opened: OpenFile = { handle, size: (await handle.stat()).size, isTruncated: true };
    this.openFiles.set(file, opened);
    this.closeUnused();
    return opened;
  }

  /** Files whose turn it is not. Closing one that is unsynced loses nothing: a sync through a new handle covers it. */
  private closeUnused(): void {
    for (const file of [...this.openFiles.keys()].slice(0, Math.max(0, this.openFiles.size - mostOpenFiles)))
      void this.queues.run([file], () => (this.openFiles.size > mostOpenFiles ? this.forget(file) : Promise.resolve()));
  }

  private async forget(file: string): Promise<void> {
    const opened = this.openFiles.get(file);
    this.openFiles.delete(file);
    await opened?.handle.close();
  }

  private checkOpen(): void {
    if (this.isClosed) throw systemError("EBADF", `the disk on ${this.directory} is closed`);
  }
}

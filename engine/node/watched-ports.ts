/**
 * The disks of a replica, watched: when one of them fails, whoever wanted something of it, the replica ends. A part that only
 * stopped its own work would leave a primary that leads and gets nothing done. What is read fails a replica as well: it has to
 * serve what it has promised to have.
 */
import { reasonOf } from "../replication/errors.ts";
import type { Disk, Journal, JournalEvent, Range, Table, Witness, Write } from "../ports.ts";
import type { NodePorts } from "./replica-node.ts";

/** Called before the failure is passed on to the part that has met it. */
export type OnFailure = (error: Error) => void;

/** What failed, why, and what to do. */
export class DiskFailure extends Error {
  override readonly name = "DiskFailure";
  constructor(what: string, cause: unknown) {
    super(`${what} failed: ${reasonOf(cause)}; ${adviceFor(reasonOf(cause))}`, { cause });
  }
}
const adviceFor = (reason: string): string =>
  /ENOSPC|EDQUOT|no space left|quota exceeded/i.test(reason)
    ? "the disk is full: make room on it and start this replica again, the others go on without it"
    : "find out about the disk, and start this replica again when it can be relied on, the others go on without it";

class Watch {
  constructor(
    private readonly what: string,
    private readonly failed: OnFailure,
  ) {}

  async over<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.failed(new DiskFailure(this.what, error));
      throw error;
    }
  }
  async *overAll<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    const iterator = items[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.over(() => iterator.next());
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  now(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.failed(new DiskFailure(this.what, error));
      throw error;
    }
  }
}

class WatchedDisk implements Disk {
  constructor(
    private readonly disk: Disk,
    private readonly watch: Watch,
  ) {}
  list(): Promise<readonly string[]> {
    return this.watch.over(() => this.disk.list());
  }
  read(file: string, offset?: number, length?: number): Promise<Uint8Array> {
    return this.watch.over(() => this.disk.read(file, offset, length));
  }
  size(file: string): Promise<number> {
    return this.watch.over(() => this.disk.size(file));
  }
  append(file: string, bytes: Uint8Array): Promise<void> {
    return this.watch.over(() => this.disk.append(file, bytes));
  }
  truncate(file: string, length: number): Promise<void> {
    return this.watch.over(() => this.disk.truncate(file, length));
  }
  rename(from: string, to: string): Promise<void> {
    return this.watch.over(() => this.disk.rename(from, to));
  }
  remove(file: string): Promise<void> {
    return this.watch.over(() => this.disk.remove(file));
  }
  sync(file: string): Promise<void> {
    return this.watch.over(() => this.disk.sync(file));
  }
  syncDirectory(): Promise<void> {
    return this.watch.over(() => this.disk.syncDirectory());
  }
}

class WatchedTable implements Table {
  constructor(
    private readonly table: Table,
    private readonly watch: Watch,
  ) {}
  get(key: string): Promise<Uint8Array | undefined> {
    return this.watch.over(() => this.table.get(key));
  }
  write(writes: readonly Write[], options: { readonly sync: boolean }): Promise<void> {
    return this.watch.over(() => this.table.write(writes, options));
  }
  entries(range?: Range): AsyncIterable<readonly [string, Uint8Array]> {
    return this.watch.overAll(this.table.entries(range));
  }
  close(): Promise<void> {
    return this.table.close();
  }
}

class WatchedJournal implements Journal {
  constructor(
    private readonly journal: Journal,
    private readonly watch: Watch,
  ) {}
  record(event: JournalEvent): void {
    this.watch.now(() => this.journal.record(event));
  }
}

class WatchedWitness implements Witness {
  constructor(
    private readonly witness: Witness,
    private readonly watch: Watch,
  ) {}
  get seen(): number {
    return this.witness.seen;
  }
  wrote(count: number): void {
    this.watch.now(() => this.witness.wrote(count));
  }
}

const whatTheLogIs = "the table of the replicated log and the batches (log/)";

/** The table of the replicated log, for a part that is beside the node. */
export const watchedLogTable = (table: Table, failed: OnFailure): Table => new WatchedTable(table, new Watch(whatTheLogIs, failed));

/** The same ports. What fails before `failed` can do anything about it ends the start. */
export const watchedPorts = (ports: NodePorts, failed: OnFailure): NodePorts => {
  const watch = (what: string): Watch => new Watch(what, failed);
  return {
    ...ports,
    disk: new WatchedDisk(ports.disk, watch("the store's log or checkpoint (store/)")),
    table: watchedLogTable(ports.table, failed),
    witness: ports.witness && new WatchedWitness(ports.witness, watch("the witness of the replicated log (log-witness)")),
    snapshotTable: new WatchedTable(ports.snapshotTable, watch("the table of snapshots (snapshots/)")),
    journal: ports.journal && new WatchedJournal(ports.journal, watch("the journal (journal/)")),
  };
};

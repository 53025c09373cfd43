/**
 * An ordered table in LevelDB. Writes are carried out in the order of the calls; those that come while LevelDB is busy go
 * into the next write together, so that many callers share one sync.
 */
import { ClassicLevel } from "classic-level";
import type { Range, Table, Write } from "../../ports.ts";
import { checkKey, checkLimit, systemError } from "../arguments.ts";

interface WaitingWrite {
  readonly writes: readonly Write[];
  readonly sync: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** So many writes go together at most, that one call does not wait for all of a flood. */
const mostTogether = 4096;

export class LevelTable implements Table {
  private waiting: WaitingWrite[] = [];
  private writing: Promise<void> | undefined;
  private isClosed = false;

  private constructor(private readonly level: ClassicLevel<string, Uint8Array>) {}

  /** Creates the table when there is none. Rejects when another process has it open, or it is damaged. */
  static async open(directory: string): Promise<LevelTable> {
    const level = new ClassicLevel<string, Uint8Array>(directory, { keyEncoding: "utf8", valueEncoding: "view" });
    try {
      await level.open();
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new Error(`cannot open the table in ${directory}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
    return new LevelTable(level);
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    this.checkOpen();
    checkKey(key);
    const value = await this.level.get(key);
    return value === undefined ? undefined : plain(value);
  }

  async write(writes: readonly Write[], options: { readonly sync: boolean }): Promise<void> {
    this.checkOpen();
    const copies = writes.map((w): Write => ("put" in w ? { put: w.put, value: w.value.slice() } : { delete: w.delete }));
    for (const write of copies) checkKey("put" in write ? write.put : write.delete);
    await new Promise<void>((resolve, reject) => {
      this.waiting.push({ writes: copies, sync: options.sync, resolve, reject });
      this.writing ??= this.writeWaiting();
    });
  }

  async *entries({ from, to, limit, reverse }: Range = {}): AsyncGenerator<readonly [string, Uint8Array]> {
    this.checkOpen();
    checkLimit(limit);
    const iterator = this.level.iterator({
      ...(from === undefined ? {} : { gte: from }),
      ...(to === undefined ? {} : { lt: to }),
      limit: limit ?? -1,
      reverse: reverse ?? false,
    });
    for await (const [key, value] of iterator) yield [key, plain(value)];
  }

  /** Waits for the writes that were called. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.writing;
    await this.level.close();
  }

  private async writeWaiting(): Promise<void> {
    // What is called in the same turn goes together.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const together = this.waiting.splice(0, mostTogether);
      try {
        await this.level.batch(together.flatMap((w) => w.writes).map(asOperation), { sync: together.some((w) => w.sync) });
        for (const write of together) write.resolve();
      } catch (error) {
        for (const write of together) write.reject(error);
      }
    }
    this.writing = undefined;
  }

  private checkOpen(): void {
    if (this.isClosed) throw systemError("LEVEL_DATABASE_NOT_OPEN", "the table is closed");
  }
}

const asOperation = (write: Write) =>
  "put" in write ? { type: "put" as const, key: write.put, value: write.value } : { type: "del" as const, key: write.delete };

/** LevelDB's binding gives Buffers, some of them parts of a larger one. */
const plain = (value: Uint8Array): Uint8Array => new Uint8Array(value);

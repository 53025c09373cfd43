/**
 * A table whose writes are carried out in any order, and answered later still: what threads with a shard each would do. The
 * engine's tables carry writes out in the order of the calls, and promise more than the key-value side may rely on.
 */
import type { Range, Table, Write } from "../../engine/ports.ts";

export interface HeldWrite {
  readonly id: number;
  readonly writes: readonly Write[];
  readonly isCarriedOut: boolean;
}

export class AnyOrderTable implements Table {
  private lastId = 0;
  private readonly held = new Map<number, HeldWrite & { readonly answer: () => void }>();

  constructor(private readonly table: Table) {}

  get(key: string): Promise<Uint8Array | undefined> {
    return this.table.get(key);
  }
  entries(range?: Range): AsyncIterable<readonly [string, Uint8Array]> {
    return this.table.entries(range);
  }
  close(): Promise<void> {
    return this.table.close();
  }
  write(writes: readonly Write[]): Promise<void> {
    const id = ++this.lastId;
    return new Promise((answer) => this.held.set(id, { id, writes, isCarriedOut: false, answer }));
  }

  /** What is not answered, in the order of the calls. */
  pending(): readonly HeldWrite[] {
    return [...this.held.values()];
  }
  async carryOut(id: number): Promise<void> {
    const write = this.held.get(id);
    if (write === undefined || write.isCarriedOut) throw new Error(`no write ${id} waits to be carried out`);
    await this.table.write(write.writes, { sync: true });
    this.held.set(id, { ...write, isCarriedOut: true });
  }
  /** The callers of what has been carried out go on. */
  answerAll(): void {
    for (const { id, isCarriedOut, answer } of [...this.held.values()]) {
      if (!isCarriedOut) continue;
      this.held.delete(id);
      answer();
    }
  }
}

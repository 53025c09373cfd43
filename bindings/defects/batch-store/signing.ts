/** Defects of one persist: what is signed, or told to readers, before the row is durable. */
import type { Batch, Digest } from "../../../engine/batch-store/batch.ts";
import { batchOf } from "../../../engine/batch-store/cache.ts";
import { Persist } from "../../../engine/batch-store/persist.ts";
import type { Call } from "../../../engine/batch-store/persist.ts";
import { Readers } from "../../../engine/batch-store/readers.ts";
import { Rows } from "../../../engine/batch-store/rows.ts";
import type { StoreState } from "../../../engine/batch-store/state.ts";
import type { Table, Write } from "../../../engine/ports.ts";

/** Nobody waits for a sync: what is put lies in the page cache, and the store takes it for durable. */
export const withoutSync = (table: Table): Table => ({
  get: (key) => table.get(key),
  write: (writes) => table.write(writes, { sync: false }),
  entries: (range) => table.entries(range),
  close: () => table.close(),
});

/** The readers of each store, which a call that notifies has to reach. */
const readersOf = new WeakMap<StoreState, ReadersToldByCalls>();

/** Readers hear from the call that has put the row, and not from the rows. */
export class ReadersToldByCalls extends Readers {
  constructor(state: StoreState, persist: Persist) {
    super(state, persist);
    readersOf.set(state, this);
  }
  override notifyOfDurable(): Promise<void> {
    return Promise.resolve();
  }
  tell(digest: Digest): Promise<void> {
    return super.notifyOfDurable(digest);
  }
}

const notify = async (state: StoreState, digest: Digest): Promise<void> => {
  const pause = state.reached("Notify", { digest });
  if (pause) await pause;
  await readersOf.get(state)?.tell(digest);
};

/** A call notifies when its put has returned. */
class NotifiesAfterPut extends Persist {
  protected override async put(call: Call): Promise<void> {
    await super.put(call);
    await notify(this.state, call.digest);
  }
}

/** A second persist of a digest takes the entry in the cache for its row: it notifies and signs. */
export class SignsDuplicatesNow extends NotifiesAfterPut {
  protected override waitForRow({ digest }: Call): Promise<void> {
    return notify(this.state, digest);
  }
}

/** A second persist of a digest flushes the table, which holds no row yet, and signs. */
export class FlushesForDuplicates extends Persist {
  protected override waitForRow(): Promise<void> {
    return this.state.rows.putState("flush", new Uint8Array(), { sync: true });
  }
}

/** A reader that looks itself is given what is in the cache. */
export class AnswersFromCache extends Readers {
  protected override recheck(digest: Digest): Promise<Batch | undefined> {
    const entry = this.state.cache.get(digest);
    return entry === undefined ? super.recheck(digest) : Promise.resolve(batchOf(entry));
  }
}

/** Rows that tell when they are in the page cache. */
export class RowsThatTellOfPuts extends Rows {
  private readonly keysPut = new Set<string>();
  private readonly waiting: (() => void)[] = [];

  whenPut(digest: Digest): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.keysPut.has(`batch/${digest}`)) resolve();
        else this.waiting.push(look);
      };
      look();
    });
  }
  protected override async writeTable(writes: readonly Write[], sync: boolean): Promise<void> {
    await this.table.write(writes, { sync: false });
    for (const write of writes) if ("put" in write) this.keysPut.add(write.put);
    for (const look of this.waiting.splice(0)) look();
    if (sync) await super.writeTable(writes, true);
  }
}

/** A second persist of a digest waits until its row is put, which is not yet durable. */
export class DuplicatesWaitForThePut extends Persist {
  protected override async waitForRow(call: Call): Promise<void> {
    const { digest, expiry } = call;
    const pause = this.state.reached("WaitForRow", { digest, expiry });
    if (pause) await pause;
    const { rows } = this.state;
    await (rows instanceof RowsThatTellOfPuts ? rows.whenPut(digest) : super.waitForRow(call));
  }
}

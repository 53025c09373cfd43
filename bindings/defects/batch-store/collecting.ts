/** Defects of expiry, epochs and starts: rows that are lost, or not loaded, while somebody counts on them. */
import type { Digest } from "../../../engine/batch-store/batch.ts";
import type { Cache, Entry } from "../../../engine/batch-store/cache.ts";
import { Collector } from "../../../engine/batch-store/collector.ts";
import { Persist } from "../../../engine/batch-store/persist.ts";
import type { Call } from "../../../engine/batch-store/persist.ts";
import type { Share } from "../../../engine/batch-store/quota.ts";
import { Rows } from "../../../engine/batch-store/rows.ts";
import type { StoredBatch } from "../../../engine/batch-store/rows.ts";
import { encode } from "../../../engine/codec.ts";

/** Erases what was expired, or of an earlier epoch, when it was listed. */
export class DeletesUnconditionally extends Collector {
  protected override deleteRows(digests: readonly Digest[]): Promise<void> {
    return this.state.rows.deleteIf(digests, () => true);
  }
}

/** A put writes its own expiry over a later one. */
export class OverwritesLaterRows extends Rows {
  override async put(digest: Digest, row: StoredBatch): Promise<void> {
    await super.put(digest, row);
    if ((this.info(digest)?.expiry ?? 0) > row.expiry)
      await this.table.write([{ put: `batch/${digest}`, value: encode({ version: 1, ...row }) }], { sync: true });
  }
}

/** Leaves the rows where they are at a start. */
export class DoesNotPopulate extends Collector {
  protected override populate(): void {
    return;
  }
}

/** A start takes the grace time off the expiry, in place of adding it. */
export class CollectsBeforeExpiry extends Collector {
  override async restart(): Promise<void> {
    const { state } = this;
    const { isGarbage } = state;
    const { graceTime } = state.config;
    state.isGarbage = ({ expiry, epoch }) => isGarbage({ expiry: expiry - 2 * graceTime, epoch });
    await super.restart();
    state.isGarbage = isGarbage;
  }
}

/** No entry has this expiry. */
const never = -1;

const insertWithoutTimer = (cache: Cache, entry: Entry): void => {
  const inserted = { ...entry, expiry: never };
  cache.insert(inserted);
  cache.takeTimers(never);
  inserted.expiry = entry.expiry;
};

/** A timer with no regard for the entry, which may be another by now, or none. */
const setTimer = (cache: Cache, entry: Entry, expiry: number): void => {
  const held = cache.get(entry.digest);
  cache.insert({ ...entry, expiry });
  if (held === undefined) cache.remove(entry.digest);
  else insertWithoutTimer(cache, held);
};

/** The expiry timer is set after the entry, in a step of its own. */
export class SetsTimersLate extends Persist {
  private readonly entries = new Map<Call, Entry>();

  protected override insert(call: Call, share: Share): void {
    const { cache } = this.state;
    const { batch, digest, epoch, expiry } = call;
    const transactions = share.mode === "memory" ? batch.transactions : undefined;
    const entry = { digest, author: batch.author, batchId: batch.batchId, expiry, epoch, share, transactions };
    insertWithoutTimer(cache, entry);
    this.entries.set(call, entry);
  }
  protected override async put(call: Call): Promise<void> {
    const pause = this.state.reached("SetTimer", { digest: call.digest });
    if (pause) await pause;
    const entry = this.entries.get(call);
    if (entry !== undefined) setTimer(this.state.cache, entry, call.expiry);
    await super.put(call);
  }
}

/** What a collector logs that takes a timer without an entry for impossible. */
export const panic = "Expired entry not in cache";
export class PanicsWithoutEntry extends Collector {
  protected override expireCache(digest: Digest): Promise<Entry | undefined> {
    if (this.state.cache.get(digest) === undefined) this.state.ports.logger.log("error", panic, { digest });
    return super.expireCache(digest);
  }
}

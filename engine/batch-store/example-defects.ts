/** Subclasses with one unsafe choice each, for the tests that show that the invariants can fail. */
import type { Table, Write } from "../ports.ts";
import type { Batch, Digest } from "./batch.ts";
import { BatchIds } from "./batch-ids.ts";
import type { Parts } from "./batch-store.ts";
import { batchOf } from "./cache.ts";
import { Collector } from "./collector.ts";
import { Persist } from "./persist.ts";
import type { Call } from "./persist.ts";
import type { Share } from "./quota.ts";
import { Readers } from "./readers.ts";
import { Rows } from "./rows.ts";

/** Signs while the row is still being written. */
class SignsBeforeDurable extends Persist {
  protected override put(call: Call): Promise<void> {
    super.put(call).catch(() => undefined);
    return Promise.resolve();
  }
}

/** A second persist of a digest takes the entry in the cache for its row. */
class SignsDuplicatesNow extends Persist {
  protected override waitForRow(): Promise<void> {
    return Promise.resolve();
  }
}

/** Takes a put for durable that lies in the page cache. */
class RelaxedRows extends Rows {
  protected override writeTable(writes: readonly Write[]): Promise<void> {
    return this.table.write(writes, { sync: false });
  }
}

/** Erases what was expired, or of an earlier epoch, when it was listed. */
class DeletesUnconditionally extends Collector {
  protected override deleteRows(digests: readonly Digest[]): Promise<void> {
    return this.state.rows.deleteIf(digests, () => true);
  }
}

/** Leaves the rows where they are. */
class DoesNotPopulate extends Collector {
  protected override populate(): void {
    return;
  }
}

/** The bound of the ids waits for no sync. */
class RelaxedBatchIds extends BatchIds {
  protected override save(value: Uint8Array): Promise<void> {
    return this.state.rows.putState("batch-id", value, { sync: false });
  }
}

/** A reader that looks itself is given what is in the cache. */
class AnswersFromCache extends Readers {
  protected override recheck(digest: Digest): Promise<Batch | undefined> {
    const entry = this.state.cache.get(digest);
    return entry === undefined ? super.recheck(digest) : Promise.resolve(batchOf(entry));
  }
}

/** A later expiry takes a second share, and the first is never given back. */
class ForgetsShares extends Persist {
  protected override take(call: Call): Share | undefined {
    const held = this.state.cache.get(call.digest);
    const share = super.take(call);
    if (share !== undefined && held !== undefined) this.state.quotas.take(held.author, held.share.bytes, undefined, true);
    return share;
  }
}

export interface Defect {
  readonly parts: Partial<Parts>;
  /** Invariants one of which must be the first to fail. */
  readonly violates: readonly string[];
}

export const defects: Readonly<Record<string, Defect>> = {
  signsBeforeDurable: { parts: { Persist: SignsBeforeDurable }, violates: ["SignedIsDurable", "SignedIsServed"] },
  signsDuplicatesNow: { parts: { Persist: SignsDuplicatesNow }, violates: ["SignedIsDurable", "SignedIsServed"] },
  relaxedRows: { parts: { Rows: RelaxedRows }, violates: ["SignedIsDurable", "SignedIsServed"] },
  deletesUnconditionally: { parts: { Collector: DeletesUnconditionally }, violates: ["SignedIsDurable", "CachedIsStored"] },
  doesNotPopulate: { parts: { Collector: DoesNotPopulate }, violates: ["SignedIsServed"] },
  relaxedBatchIds: { parts: { BatchIds: RelaxedBatchIds }, violates: ["NoIdIsSentTwice"] },
  answersFromCache: { parts: { Readers: AnswersFromCache }, violates: ["NotifiedIsKept"] },
  forgetsShares: { parts: { Persist: ForgetsShares }, violates: ["QuotaIsSum"] },
};

/** A table whose sync does nothing: the same as `relaxedRows`, made by replacing a port. */
export const withoutSync = (table: Table): Table => ({
  get: (key) => table.get(key),
  write: (writes) => table.write(writes, { sync: false }),
  entries: (range) => table.entries(range),
  close: () => table.close(),
});

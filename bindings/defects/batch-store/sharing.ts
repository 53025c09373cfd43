/** Defects of the quotas. */
import { Collector } from "../../../engine/batch-store/collector.ts";
import type { Digest } from "../../../engine/batch-store/batch.ts";
import { sizeOf } from "../../../engine/batch-store/batch.ts";
import type { Entry } from "../../../engine/batch-store/cache.ts";
import { Persist } from "../../../engine/batch-store/persist.ts";
import type { Call } from "../../../engine/batch-store/persist.ts";
import type { Share } from "../../../engine/batch-store/quota.ts";

/** A later expiry takes a second share, and frees the first when its entry is replaced. */
export class TakesThenFrees extends Persist {
  protected override take(call: Call): Share | undefined {
    const held = this.state.cache.get(call.digest);
    if (held !== undefined && held.expiry >= call.expiry) return undefined;
    return this.state.quotas.take(call.batch.author, sizeOf(call.batch.transactions), undefined, call.isCertified);
  }
  protected override insert(call: Call, share: Share): void {
    const held = this.state.cache.get(call.digest);
    super.insert(call, share);
    if (held !== undefined) this.state.quotas.free(held.share);
  }
}

/** What is given back is what an entry would take now. */
export class FreesAsNew extends Collector {
  protected override async expireCache(digest: Digest): Promise<Entry | undefined> {
    const removed = await super.expireCache(digest);
    if (removed === undefined) return undefined;
    const { memoryBytes } = this.state.quotas.balanceOf(removed.author);
    return memoryBytes >= removed.share.bytes ? { ...removed, share: { ...removed.share, mode: "memory" } } : removed;
  }
}

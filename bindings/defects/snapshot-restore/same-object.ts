/** `retry=sameObject`: after an error the chunk is offered again to the restore object that has refused it. */
import { Frontier } from "../../../engine/snapshot-restore/merkle/frontier.ts";
import type { Hash } from "../../../engine/snapshot-restore/merkle/hash.ts";
import type { OfferedChunk } from "../../../engine/snapshot-restore/offered-chunk.ts";
import type { Restore } from "../../../engine/snapshot-restore/restore.ts";
import { RestoreDriver } from "../../../engine/snapshot-restore/restore-driver.ts";
import { TreeSide } from "../../../engine/snapshot-restore/tree-side.ts";
import { Audited } from "./audited.ts";
import { TrustingKv } from "./unverified.ts";

/** What it skips of a chunk it compares with the leaves that it has added itself, on disk or not. */
class RememberingTree extends TreeSide {
  private readonly valueHashes = new Map<Hash, Hash>();
  private skipped: readonly Hash[] = [];

  override add(chunk: OfferedChunk): Promise<Frontier> {
    const { previous } = this;
    this.skipped = chunk.leaves.flatMap(({ keyHash }) => (previous !== undefined && keyHash <= previous ? [keyHash] : []));
    for (const { keyHash, valueHash } of chunk.leaves) if (!this.skipped.includes(keyHash)) this.valueHashes.set(keyHash, valueHash);
    return super.add(chunk);
  }
  protected override async frontierIfWholeIsProven(chunk: OfferedChunk): Promise<Frontier | undefined> {
    const isRemembered = this.skipped.every((keyHash) => this.valueHashes.has(keyHash));
    if (!isRemembered) return super.frontierIfWholeIsProven(chunk);
    const isSame = chunk.leaves.every(({ keyHash, valueHash }) => this.valueHashes.get(keyHash) === valueHash);
    if (!isSame) return undefined;
    return this.skipped.length === chunk.leaves.length ? Frontier.of(this.frontier.value()) : this.frontierIfProven(this.frontier, chunk);
  }
}

export class Reusable extends TrustingKv {
  protected override newTreeSide(...[table, shardOf]: Parameters<Restore["newTreeSide"]>): TreeSide {
    return new RememberingTree(table, this.manifest, shardOf, this.steps);
  }
  again(): void {
    this.pc = "ready";
  }
}
export class ReusableAudited extends Audited {
  again(): void {
    this.pc = "ready";
  }
}

export class RetryOnTheSameObject extends RestoreDriver {
  protected override async retry(restore: Restore, error: unknown): Promise<Restore> {
    const isReusable = restore instanceof Reusable || restore instanceof ReusableAudited;
    /** finish consumes the object in any case. */
    if (!isReusable || restore.observe().pc !== "failed") return super.retry(restore, error);
    const pause = this.steps.reached("Retry");
    if (pause) await pause;
    await this.settle(error);
    restore.again();
    return restore;
  }
}

/**
 * What the specs' published design leaves out, and two ways of KV to take what is not verified. The engine has more than the
 * design: at finish it compares root, KV and what was counted with the manifest (`finishCheck`), which would end the behaviours
 * of most defects before they show. So defects are built on a restore that does not.
 */
import { Frontier } from "../../../engine/snapshot-restore/merkle/frontier.ts";
import type { OfferedChunk } from "../../../engine/snapshot-restore/offered-chunk.ts";
import { Restore } from "../../../engine/snapshot-restore/restore.ts";
import { TreeSide } from "../../../engine/snapshot-restore/tree-side.ts";

/** `finishCheck=none`. */
export class NoFinishCheck extends Restore {
  protected override checkFinished(): void {
    return;
  }
}

/** KV's progress record is made of what KV itself was given, and not of what the check has found. */
export class TrustingKv extends NoFinishCheck {
  protected override frontierAfter(chunk: OfferedChunk): Promise<Frontier> {
    const { frontier } = this.kv;
    for (const leaf of chunk.leaves) if (!this.kv.has(leaf.keyHash)) frontier.add(leaf);
    return Promise.resolve(frontier);
  }
}

/** The proof as it is covers what is new to the tree. A chunk of which nothing is new needs none. */
export class UncheckedOverlapTree extends TreeSide {
  private hadWhole = false;
  override add(chunk: OfferedChunk): Promise<Frontier> {
    this.hadWhole = this.previous !== undefined && this.previous >= chunk.last;
    return super.add(chunk);
  }
  protected override frontierIfWholeIsProven(chunk: OfferedChunk): Promise<Frontier | undefined> {
    return Promise.resolve(this.hadWhole ? Frontier.of(this.frontier.value()) : this.frontierIfProven(this.frontier, chunk));
  }
  forgetFailedWrite(): void {
    this.writer.forget();
  }
}

/** `verifyBeforeKv=newKeys`. */
export class UncheckedOverlap extends TrustingKv {
  protected override newTreeSide(...[table, shardOf]: Parameters<Restore["newTreeSide"]>): TreeSide {
    return new UncheckedOverlapTree(table, this.manifest, shardOf, this.steps);
  }
  protected forgetFailedWrite(): void {
    if (this.tree instanceof UncheckedOverlapTree) this.tree.forgetFailedWrite();
  }
}

/** `verifyBeforeKv=no`: KV does not even wait for that. */
export class KvBeforeProof extends UncheckedOverlap {
  protected override mayWriteKv(): Promise<void> {
    return Promise.resolve();
  }
}

/** Defects that no counterexample shows: some choices of the designs, and two that the specs do not speak of. Tours find them. */
import type { Hash } from "../../../engine/snapshot-restore/merkle/hash.ts";
import { KvSide } from "../../../engine/snapshot-restore/kv-side.ts";
import type { OfferedChunk } from "../../../engine/snapshot-restore/offered-chunk.ts";
import { Restore } from "../../../engine/snapshot-restore/restore.ts";
import type { Check } from "../../../engine/snapshot-restore/restore.ts";
import { TreeSide } from "../../../engine/snapshot-restore/tree-side.ts";
import { NoFinishCheck, UncheckedOverlap } from "./unverified.ts";

/** `resume=noneIsOther`. */
export class ResumeAtOther extends NoFinishCheck {
  protected override resumePoint(): Hash | undefined {
    return super.resumePoint() ?? this.kv.progress ?? this.tree.previous;
  }
}

/** The root is written before the nodes below it. */
export class RootFirst extends Restore {
  protected override async finishTree(): Promise<void> {
    await this.step("FinishRoot");
    await this.tree.writeRoot();
    await this.step("FinishNodes");
    await this.tree.writeRest();
  }
}

class EarlyTree extends TreeSide {
  override wait(): Promise<unknown> {
    return Promise.resolve(undefined);
  }
}
/** finish does not wait for the tree's last write. */
export class AcknowledgedEarly extends Restore {
  protected override newTreeSide(...[table, shardOf]: Parameters<Restore["newTreeSide"]>): TreeSide {
    return new EarlyTree(table, this.manifest, shardOf, this.steps);
  }
}

/** Knows after the progress, too, what was to be written of a chunk. */
class ProgressFirstKv extends KvSide {
  private readonly first = new WeakMap<OfferedChunk, ReturnType<KvSide["fresh"]>>();
  protected override fresh(chunk: OfferedChunk): ReturnType<KvSide["fresh"]> {
    const fresh = this.first.get(chunk) ?? super.fresh(chunk);
    this.first.set(chunk, fresh);
    return fresh;
  }
}
/** `kvOrder=progressThenValues`. */
export class ProgressFirst extends Restore {
  protected override newKvSide(...[table, shardOf]: Parameters<Restore["newKvSide"]>): KvSide {
    return new ProgressFirstKv(table, this.manifest, shardOf);
  }
  protected override async kvThread(chunk: OfferedChunk, check: Check): Promise<void> {
    await this.mayWriteKv(chunk, check);
    this.kv.pc = "progress";
    await this.step("KvProgress");
    await this.kv.writeProgress(chunk, await this.frontierAfter(chunk, check));
    this.kv.pc = "start";
    await this.step("KvValues");
    await this.kv.writeValues(chunk);
    this.kv.pc = "done";
  }
}

class BackwardTree extends TreeSide {
  protected override handFrozen(): void {
    const last = this.frozen.at(-1);
    this.frozen.reverse();
    super.handFrozen();
    if (last !== undefined) this.handed = last.last;
  }
}
/** `treeOrder=any`: the tree's shards are written from the last to the first. */
export class ShardsBackward extends Restore {
  protected override newTreeSide(...[table, shardOf]: Parameters<Restore["newTreeSide"]>): TreeSide {
    return new BackwardTree(table, this.manifest, shardOf, this.steps);
  }
}

/** `chunkCheck=byTreeThread` of modes.ts: where there is no tree, or it is finished, nobody checks a chunk. */
export class CheckedByTreeOnly extends UncheckedOverlap {
  protected override mayWriteKv(chunk: OfferedChunk, check: Check): Promise<void> {
    return this.hasTree ? super.mayWriteKv(chunk, check) : Promise.resolve();
  }
}

/** `treeOnly=kvProgressToo` of modes.ts: a run with the tree alone writes KV's progress, for what it counts, and no values. */
export class TreeWritesKvProgress extends NoFinishCheck {
  override async open(): Promise<void> {
    if (!this.hasKv) await this.kv.open();
    await super.open();
  }
  protected override async treeThread(chunk: OfferedChunk, check: Check): Promise<void> {
    await super.treeThread(chunk, check);
    if (!this.hasKv && !this.kv.has(chunk.last)) await this.kv.writeProgress(chunk, await check.passed);
  }
}

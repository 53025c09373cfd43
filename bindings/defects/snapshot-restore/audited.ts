/** The code that was audited, and the same with each of the three options that the audit recommends. */
import type { Hash } from "../../../engine/snapshot-restore/merkle/hash.ts";
import { BadManifestError, RestoreFailedError, messageOf } from "../../../engine/snapshot-restore/errors.ts";
import type { OfferedChunk } from "../../../engine/snapshot-restore/offered-chunk.ts";
import type { Check } from "../../../engine/snapshot-restore/restore.ts";
import { KvBeforeProof } from "./unverified.ts";

/** `resume=noneIsOther`, `verifyBeforeKv=no`. */
export class Audited extends KvBeforeProof {
  protected override resumePoint(): Hash | undefined {
    return super.resumePoint() ?? this.kv.progress ?? this.tree.previous;
  }
}

/** Option 1, `waitBeforeKv=true`: neither side starts on a chunk before the tree's last write has ended. */
export class WaitsBeforeKv extends Audited {
  override async addChunk(given: unknown): Promise<void> {
    const failure = await this.tree.wait();
    if (failure === undefined) return super.addChunk(given);
    await this.step("WaitFails");
    this.forgetFailedWrite();
    this.pc = "failed";
    throw new RestoreFailedError(`the tree's last write failed: ${messageOf(failure)}`, { cause: failure });
  }
}

/** Option 2, `atomicCommit=true`: KV's progress waits until the tree's write of the same chunk is on disk. */
export class CommitsTogether extends Audited {
  private treeEnds: Promise<unknown> = Promise.resolve();

  protected override treeThread(chunk: OfferedChunk, check: Check): Promise<void> {
    const thread = super.treeThread(chunk, check);
    this.treeEnds = thread.then(
      () => this.tree.wait(),
      (error: unknown) => error,
    );
    return thread;
  }
  protected override async kvThread(chunk: OfferedChunk, check: Check): Promise<void> {
    if (this.kv.has(chunk.last)) {
      await super.kvThread(chunk, check);
      return;
    }
    await this.step("KvValues");
    await this.kv.writeValues(chunk);
    this.kv.pc = "progress";
    const failure = await this.treeEnds;
    if (failure !== undefined) {
      await this.step("KvAborts");
      this.kv.pc = "aborted";
      this.forgetFailedWrite();
      throw new RestoreFailedError(`the tree's write of the chunk failed: ${messageOf(failure)}`, { cause: failure });
    }
    await this.step("KvProgress");
    await this.kv.writeProgress(chunk, await this.frontierAfter(chunk));
    this.kv.pc = "done";
  }
}

/** Option 3, `finishCheck=progress`: finish compares the progress of both sides. */
export class ComparesProgress extends Audited {
  protected override checkFinished(): void {
    const [kv, tree] = [this.kv.progress, this.tree.previous];
    if (kv !== tree) throw new BadManifestError(`the key-value pairs are at ${kv ?? "none"}, the tree at ${tree ?? "none"}`);
  }
}

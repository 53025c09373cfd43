/** `resume=noneIsOther` of modes.ts: a run goes on by the progress of both sides, also when its mode has one of them only. */
import type { Hash } from "../../../engine/snapshot-restore/merkle/hash.ts";
import { NoFinishCheck } from "./unverified.ts";

export class ResumeInAnyMode extends NoFinishCheck {
  override async open(): Promise<void> {
    if (!this.hasKv) await this.kv.open();
    if (!this.hasTree) await this.tree.open();
    await super.open();
  }
  protected override resumePoint(): Hash | undefined {
    const [kv, tree] = [this.kv.progress, this.tree.previous];
    if (kv === undefined || tree === undefined) return kv ?? tree;
    return kv < tree ? kv : tree;
  }
}

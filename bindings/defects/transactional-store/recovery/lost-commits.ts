/** Commits that are acknowledged, and not in the store: a failed apply that nobody hears of, a failed recovery that starts with nothing. */
import { CommitProtocol } from "../../../../engine/transactional-store/commit-protocol.ts";
import type { Committing } from "../../../../engine/transactional-store/commit-protocol.ts";
import type { Recovered } from "../../../../engine/transactional-store/recovery.ts";
import { segmentName } from "../../../../engine/transactional-store/segment.ts";
import { StoreState } from "../../../../engine/transactional-store/state.ts";
import { ObservedRecovery } from "../../../transactional-store/recovery/observed-recovery.ts";

/** `applyFailure=reportOk`: the record is in the log, so that the commit counts as done. */
export class ProtocolThatIgnoresFailedApplies extends CommitProtocol {
  protected override async applyAll(c: Committing): Promise<void> {
    await super.applyAll(c).catch(() => undefined);
  }
}

/** `recoveryFailure=startEmpty`: a log that cannot be replayed is passed over, and goes on at its end. */
export class RecoveryThatStartsEmpty extends ObservedRecovery {
  override async recover(): Promise<Recovered> {
    try {
      return await super.recover();
    } catch {
      const bytes = await this.ports.disk.size(segmentName(1));
      return { state: StoreState.initial(), end: { storeId: this.newStoreId(), index: 1, bytes, version: 0 }, checkpoint: 0 };
    }
  }
}

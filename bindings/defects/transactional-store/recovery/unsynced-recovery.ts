/** A recovery that serves what is not safe yet. */
import { ObservedRecovery } from "../../../transactional-store/recovery/observed-recovery.ts";

/** `recoverySync=serveAtOnce`: what was read is served although a crash of the machine could still take it. */
export class RecoveryWithoutSync extends ObservedRecovery {
  protected override async syncRecovered(file: string): Promise<void> {
    // Of a log that has just been begun, the header is synced: the specs begin behind it.
    if (!this.replays) await super.syncRecovered(file);
  }
}

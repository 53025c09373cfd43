/** Logs that go on after a write or a sync that has failed, where the engine's stops until it is opened again. */
import { WriteAheadLog } from "../../../../engine/transactional-store/write-ahead-log.ts";
import type { Place } from "../../../../engine/transactional-store/write-ahead-log.ts";
import type { WalRecord } from "../../../../engine/transactional-store/record.ts";
import { segmentName } from "../../../../engine/transactional-store/segment.ts";

/** `walFailure=ignore`: the transaction is reported as aborted, and its record stays where it is. */
export class LogThatIgnoresFailures extends WriteAheadLog {
  protected override async orPoison(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw new Error(`the transaction is aborted: the log failed to ${what}`, { cause: error });
    }
  }
}

/** `walFailure=truncate`: the record is cut off again, but the cut is not synced before the abort is reported. */
export class LogThatCutsUnsynced extends WriteAheadLog {
  private lastStart = 0;

  override async append(record: WalRecord, owner: string): Promise<Place> {
    this.lastStart = this.bytes;
    return super.append(record, owner);
  }
  protected override async orPoison(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this.ports.disk.truncate(segmentName(this.index), this.lastStart);
      this.bytes = this.lastStart;
      throw new Error(`the transaction is aborted: the log failed to ${what}`, { cause: error });
    }
  }
}

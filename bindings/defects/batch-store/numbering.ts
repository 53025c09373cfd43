/** A defect of the author's batch ids. */
import { BatchIds } from "../../../engine/batch-store/batch-ids.ts";

/** The bound of the ids waits for no sync, so that a crash of the machine takes it back after its ids were sent. */
export class RelaxedBatchIds extends BatchIds {
  protected override save(value: Uint8Array): Promise<void> {
    return this.state.rows.putState("batch-id", value, { sync: false });
  }
}

/** The engine keeps two checkpoints, so that a damaged one can be passed over. The spec has one, and so has this one; an import does the same. */
import { Checkpointer } from "../../../engine/transactional-store/checkpointer.ts";

export class OneCheckpoint extends Checkpointer {
  protected override async deleteOld(newest: number): Promise<void> {
    await super.deleteOld(newest, 1);
  }
}

/** The engine's recovery, of which the state that it replays into can be seen, and which can be made to fail between two of its steps. */
import { Recovery } from "../../../engine/transactional-store/recovery.ts";
import type { StoreState } from "../../../engine/transactional-store/state.ts";

export class ObservedRecovery extends Recovery {
  state: StoreState | undefined;
  /** What the next step that is passed throws: a file that cannot be read, a record that cannot be decoded. */
  fault: Error | undefined;
  /** There is a log, which is replayed; a new one is begun otherwise. */
  protected replays = false;

  protected override async chooseBase(checkpoints: readonly number[], indices: readonly number[]) {
    const base = await super.chooseBase(checkpoints, indices);
    this.state = base.state;
    this.replays = indices.length > 0;
    return base;
  }

  protected override async pause(step: string, args: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await super.pause(step, args);
    if (this.fault !== undefined) throw this.fault;
  }
}

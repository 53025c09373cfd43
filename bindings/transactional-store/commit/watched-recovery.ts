/** Recovery, as it is, with a view of the state that it fills: the store has no face before it is open. */
import { Recovery } from "../../../engine/transactional-store/recovery.ts";
import type { StoreState } from "../../../engine/transactional-store/state.ts";

export type Watch = (state: StoreState) => void;

export class WatchedRecovery extends Recovery {
  constructor(
    protected readonly watch: Watch,
    ...of: ConstructorParameters<typeof Recovery>
  ) {
    super(...of);
  }

  protected override async chooseBase(checkpoints: readonly number[], indices: readonly number[]) {
    const base = await super.chooseBase(checkpoints, indices);
    this.watch(base.state);
    return base;
  }
}

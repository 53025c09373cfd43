/** Recoveries that take a checkpoint for what it is not. */
import { StoreState } from "../../../../engine/transactional-store/state.ts";
import { ObservedRecovery } from "../../../transactional-store/recovery/observed-recovery.ts";

/** The number that the driver has given to the transaction when it began. */
const transactionOf = (key: string): number => Number(/\d+$/.exec(key)?.[0] ?? 0);

/** `mark=version`: what has a transaction number up to the version of the copy is taken to be in it. */
export class RecoveryThatComparesIdsWithVersions extends ObservedRecovery {
  protected override async chooseBase(checkpoints: readonly number[], indices: readonly number[]) {
    const base = await super.chooseBase(checkpoints, indices);
    const { state } = base;
    const mark = state.managerVersion;
    const replay = state.replay.bind(state);
    state.replay = (record) => {
      const key = record.type === "commit" ? record.body.writes[0]?.[0] : undefined;
      if (key === undefined || transactionOf(key) > mark) replay(record);
    };
    return base;
  }
}

/** `recovery=logOnly`: the copy is written, the log behind it is deleted, and the copy is never read. */
export class RecoveryFromLogOnly extends ObservedRecovery {
  protected override async chooseBase(checkpoints: readonly number[], indices: readonly number[]) {
    const base = await super.chooseBase(checkpoints, indices);
    const state = StoreState.initial();
    state.managerVersion = base.state.managerVersion;
    this.state = state;
    return { ...base, state };
  }
}

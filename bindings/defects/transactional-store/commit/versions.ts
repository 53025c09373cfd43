/** Defects of the counter of versions. */
import type { Build } from "../../../transactional-store/commit/commit-driver.ts";
import { WatchedRecovery } from "../../../transactional-store/commit/watched-recovery.ts";

/** `restart=zero`: after a crash the counter does not go on behind the highest version of the log. */
class RestartsFromZero extends WatchedRecovery {
  override async recover(): ReturnType<WatchedRecovery["recover"]> {
    const recovered = await super.recover();
    recovered.state.managerVersion = 0;
    return recovered;
  }
}
export const restartsFromZero: Build = {
  name: "restarts-from-zero",
  patch: (watch) => ({ recovery: (...of) => new RestartsFromZero(watch, ...of) }),
};

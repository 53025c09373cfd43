/**
 * Crash and recovery of the store with snapshots. A crash may come at every step, also while the last one is being
 * recovered from: memory is lost, the WAL stays. Recovery replays the records in the order of the WAL, one key at a time.
 */
import { mapOf, setOf } from "../../language/index.ts";
import { inserted } from "./chains.ts";
import { branchesOf, keysOf, readersOf, store, writersOf } from "./snapshots-system.ts";
import type { Scope } from "./snapshots-system.ts";

/**
 * Every thread stops, and with it whatever was not in the WAL: locks, chains, counters, commits and snapshots under way.
 * Whoever is in the WAL is committed, and counts as acknowledged from here on, whether its client had the answer or not.
 */
export const Crash = store.action({}, {
  when: ({ now, constants }) => now.crashes < constants.crashes,
  then: ({ now, next, constants }) => {
    next.crashes = now.crashes + 1;
    next.recovering = true;
    next.managerVersion = 0;
    next.storeVersion = 0;
    next.pending.assign([]);
    next.walLock = null;
    next.branchLock = mapOf(branchesOf(constants), () => null);
    next.chains = mapOf(branchesOf(constants), () => mapOf(keysOf(constants), () => []));
    for (const w of writersOf(constants)) {
      const { at, branch, version } = now.writers[w];
      if (now.wal.includes(w)) next.writers[w] = { at: "acknowledged", branch, version, unapplied: setOf(...keysOf(constants)) };
      else if (at !== "start") next.writers[w] = { at: "failed", branch: null, version: 0, unapplied: setOf() };
    }
    for (const r of readersOf(constants)) next.readers[r] = { branch: null, snapshot: 0, first: {}, latest: {} };
  },
});

/** Those whose record is not, or not wholly, replayed, in the order of the WAL. Without a crash an acknowledged commit is applied. */
const toReplay = ({ now }: Scope): Scope["now"]["wal"] =>
  now.wal.filter((w) => now.writers[w].at === "acknowledged" && now.writers[w].unapplied.size > 0);

const keysOfTheNext = store.domain({}, (scope) => {
  const w = toReplay(scope)[0];
  return w === undefined ? [] : scope.now.writers[w].unapplied.toArray();
});
/** One key of the record. With the last one the counters rise to its version, unless they are above it. */
export const Replay = store.action({ k: keysOfTheNext }, {
  then: (scope) => {
    const { now, next, k } = scope;
    const w = toReplay(scope)[0];
    if (w === undefined) return;
    const { branch, version, unapplied } = now.writers[w];
    if (branch === null) return;
    next.chains[branch][k] = inserted(now.chains[branch][k], version, "pushFront");
    next.writers[w].unapplied = unapplied.without(k);
    if (unapplied.size > 1) return;
    next.managerVersion = Math.max(now.managerVersion, version);
    next.storeVersion = Math.max(now.storeVersion, version);
  },
});

export const FinishRecovery = store.action({}, {
  when: [({ now }) => now.recovering, (scope) => toReplay(scope).length === 0],
  then: ({ next }) => {
    next.recovering = false;
  },
});

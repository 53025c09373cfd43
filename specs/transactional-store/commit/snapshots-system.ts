/** What the spec of snapshot reads (snapshots.ts) is about: its constants, its design, its variables. */
import { bool, int, map, names, oneOf, optional, partial, record, seq, set, symmetric, system } from "../../language/index.ts";
import type { ScopeOf } from "../../language/index.ts";

interface Constants {
  readonly writers: number;
  readonly readers: number;
  readonly branches: number;
  readonly keys: number;
  readonly crashes: number;
}
export const writersOf = (c: Constants) => names("w", c.writers);
export const readersOf = (c: Constants) => names("r", c.readers);
export const branchesOf = (c: Constants) => names("b", c.branches);
export const keysOf = (c: Constants) => names("k", c.keys);
export const Writer = symmetric("Writer", writersOf);
export const Reader = symmetric("Reader", readersOf);
export const Branch = symmetric("Branch", branchesOf);
export const Key = symmetric("Key", keysOf);
const Version = int(0, (c: Constants) => c.writers);

export const store = system({
  name: "transactional-store-snapshots",
  constants: {
    writers: { default: 2, min: 1, max: 4 },
    readers: { default: 1, min: 1, max: 2 },
    branches: { default: 2, min: 1, max: 2 },
    keys: { default: 2, min: 1, max: 2 },
    crashes: { default: 0, min: 0, max: 2 },
  },
  design: {
    /** When does the version that new snapshots take pass a commit? When no lower one is unfinished; when all keys of this one are applied; at its first key. */
    publish: ["lowestPending", "onceAfterAll", "perKey"],
    /** Which counter a snapshot takes: the store's, or the manager's, from which versions are allocated. */
    snapshotFrom: ["storeVersion", "managerVersion"],
    /** Are the keys written after the append, or before it? */
    apply: ["afterAppend", "beforeAppend"],
    /** Is the WAL's lock held around the append only, or over the whole commit? */
    walLock: ["aroundAppend", "wholeCommit"],
    /** lowestPending: does a version count as pending in the step that allocates it, or in a later one? */
    markPending: ["withAllocation", "afterAllocation"],
    /** lowestPending: is the version of a failed commit taken out of those pending? */
    failedVersion: ["released", "leaked"],
    /** Does the client hear of its commit only when new snapshots see it? */
    acknowledge: ["whenPublished", "whenApplied"],
    /** After a crash, when may the next commit and the next snapshot begin? */
    open: ["whenRecovered", "whileReplaying"],
  },
  variables: {
    /** The counter from which versions are allocated. */
    managerVersion: Version,
    /** The counter of the store, which recovery and applied writes raise. */
    storeVersion: Version,
    /** The writers whose record is in the WAL, in the order of their appends. */
    wal: seq(Writer),
    pending: set(int(1, (c: Constants) => c.writers)),
    branchLock: map(Branch, optional(Writer)),
    walLock: optional(Writer),
    chains: map(Branch, map(Key, seq(Version))),
    writers: map(
      Writer,
      record({
        at: oneOf("start", "locked", "allocated", "logged", "finished", "acknowledged", "failed"),
        branch: optional(Branch),
        version: Version,
        /** The keys that are not yet in the chains: before the commit has written them, and, after a crash, before the replay has. */
        unapplied: set(Key),
      }),
    ),
    readers: map(
      Reader,
      record({
        branch: optional(Branch),
        snapshot: Version,
        /** What the first read of a key returned, and the latest. */
        first: partial(Key, Version),
        latest: partial(Key, Version),
      }),
    ),
    crashes: int(0, (c: Constants) => c.crashes),
    /** From a crash to the end of the replay. */
    recovering: bool,
  },
});

export type Scope = ScopeOf<typeof store>;
export const newSnapshot = ({ now, design }: Scope): number =>
  design.snapshotFrom === "storeVersion" ? now.storeVersion : now.managerVersion;
/** May commits and snapshots begin? */
export const isOpen = ({ now, design }: Scope): boolean => design.open === "whileReplaying" || !now.recovering;

/** The engine for each model of the transactional store's commit side, as it is and with each of its defects. */
import type { Design } from "../../../specs/language/instantiate.ts";
import type { Driver } from "../../driver.ts";
import type { Defect, EngineEntry } from "../../engines.ts";
import { dropsBelowMinimum, ignoresSnapshots } from "../../defects/transactional-store/commit/garbage-collection.ts";
import { mapEntryKept, ownBranchFirst, twoLockOrders, waitsForItself } from "../../defects/transactional-store/commit/locks.ts";
import { lateVersion, openWhileReplaying, pendingTooLate, tornSnapshot } from "../../defects/transactional-store/commit/snapshots.ts";
import { forgetfulReadSet, lostAcrossBranches, oldVersionInFront } from "../../defects/transactional-store/commit/transactions.ts";
import { production } from "./commit-driver.ts";
import type { Build } from "./commit-driver.ts";
import { GarbageCollectionDriver } from "./garbage-collection-driver.ts";
import { LocksDriver } from "./locks-driver.ts";
import { SnapshotsDriver } from "./snapshots-driver.ts";
import { TransactionsDriver } from "./transactions-driver.ts";
import { VersionsDriver } from "./versions-driver.ts";

type Stood = readonly [build: Build, design: Design, ...counterexamples: readonly string[]];

const entry = (drive: (build: Build) => Driver, defects: readonly Stood[]): EngineEntry => ({
  production: () => drive(production),
  defects: Object.fromEntries(
    defects.map(([build, design, ...names]): [string, Defect] => [
      build.name,
      { design, counterexamples: names.map((name) => `transactional-store/${name}`), make: () => drive(build) },
    ]),
  ),
});

export const snapshotReads = entry(
  (build) => new SnapshotsDriver(build),
  [
    [tornSnapshot, { publish: "perKey" }, "torn-snapshot"],
    [lateVersion, { publish: "onceAfterAll" }, "late-version"],
    [pendingTooLate, { markPending: "afterAllocation" }, "pending-too-late"],
    [openWhileReplaying, { open: "whileReplaying" }, "open-while-replaying"],
  ],
);

/** For transactional-store/serialisability and transactional-store/cross-branch. */
export const transactions = entry(
  (build) => new TransactionsDriver(build),
  [
    [forgetfulReadSet, { publish: "perKey", readSet: "overwrite" }, "forgetful-read-set"],
    [lostAcrossBranches, { crossBranch: "oneLock" }, "lost-across-branches"],
    [oldVersionInFront, { crossBranch: "oneLock", chainInsert: "pushFront" }, "old-version-in-front"],
  ],
);

export const garbageCollection = entry(
  (build) => new GarbageCollectionDriver(build),
  [
    [dropsBelowMinimum, { gc: "dropBelowMin" }, "newest-version-collected"],
    [ignoresSnapshots, { minimum: "storeVersion" }],
  ],
);

export const locks = entry(
  (build) => new LocksDriver(build),
  [
    [twoLockOrders, { lockOrder: "either" }, "two-lock-orders"],
    [ownBranchFirst, { crossBranch: "allLocks", branchOrder: "ownFirst" }, "own-branch-first"],
    [mapEntryKept, { mapEntry: "kept" }, "map-entry-kept"],
    [waitsForItself, { crossBranch: "allLocks", mapEntry: "kept" }, "waits-for-itself"],
  ],
);

export const versions = entry((build) => new VersionsDriver(build), []);

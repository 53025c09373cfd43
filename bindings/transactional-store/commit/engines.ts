/**
 * The engine for each model of the transactional store's commit side and vectors, as it is and with each of its defects.
 * Not driven: `search-index`, because the engine has no inverted index; `find-or-create`, because the engine looks up and
 * inserts in one step of its one thread, where nothing can come in between; `hold-and-wait`, the spec of `locks` without
 * a log, which the engine always has.
 */
import type { Design } from "../../../specs/language/instantiate.ts";
import type { Driver } from "../../../conformance/driver.ts";
import type { Defect, EngineEntry } from "../../../conformance/engine-entry.ts";
import { dropsBelowMinimum, ignoresSnapshots } from "../../defects/transactional-store/commit/garbage-collection.ts";
import { mapEntryKept, ownBranchFirst, twoLockOrders, waitsForItself } from "../../defects/transactional-store/commit/locks.ts";
import {
  acknowledgesEarly,
  lateVersion,
  leakedVersion,
  openWhileReplaying,
  pendingTooLate,
  tornSnapshot,
} from "../../defects/transactional-store/commit/snapshots.ts";
import {
  forgetfulReadSet,
  lostAcrossBranches,
  neverValidates,
  oldVersionInFront,
} from "../../defects/transactional-store/commit/transactions.ts";
import { checkOutside, noRebuild } from "../../defects/transactional-store/commit/vectors.ts";
import { restartsFromZero } from "../../defects/transactional-store/commit/versions.ts";
import { production } from "./commit-driver.ts";
import { GarbageCollectionDriver } from "./garbage-collection-driver.ts";
import { LocksDriver } from "./locks-driver.ts";
import { SnapshotsDriver } from "./snapshots-driver.ts";
import { TransactionsDriver } from "./transactions-driver.ts";
import { VectorsDriver, productionVectors } from "./vectors-driver.ts";
import { VersionsDriver } from "./versions-driver.ts";

type Stood<B> = readonly [build: B, design: Design, ...counterexamples: readonly string[]];

const entry = <B extends { readonly name: string }>(
  drive: (build: B) => Driver,
  production: B,
  defects: readonly Stood<B>[],
  driven: EngineEntry["driven"] = {},
): EngineEntry => ({
  production: () => drive(production),
  driven,
  defects: Object.fromEntries(
    defects.map(([build, design, ...names]): [string, Defect] => [
      build.name,
      { design, counterexamples: names.map((name) => `transactional-store/${name}`), make: () => drive(build) },
    ]),
  ),
});

export const snapshotReads = entry((build) => new SnapshotsDriver(build), production, [
  [tornSnapshot, { publish: "perKey" }, "torn-snapshot"],
  [lateVersion, { publish: "onceAfterAll" }, "late-version"],
  [pendingTooLate, { markPending: "afterAllocation" }, "pending-too-late"],
  [acknowledgesEarly, { acknowledge: "whenApplied" }],
  [leakedVersion, { failedVersion: "leaked" }],
  [openWhileReplaying, { open: "whileReplaying" }, "open-while-replaying"],
]);

/** For transactional-store/serialisability and transactional-store/cross-branch. */
export const transactions = entry((build) => new TransactionsDriver(build), production, [
  [forgetfulReadSet, { publish: "perKey", readSet: "overwrite" }, "forgetful-read-set"],
  [neverValidates, { validate: "never" }],
  [lostAcrossBranches, { crossBranch: "oneLock" }, "lost-across-branches"],
  [oldVersionInFront, { crossBranch: "oneLock", chainInsert: "pushFront" }, "old-version-in-front"],
]);

export const garbageCollection = entry((build) => new GarbageCollectionDriver(build), production, [
  [dropsBelowMinimum, { gc: "dropBelowMin" }, "newest-version-collected"],
  [ignoresSnapshots, { minimum: "storeVersion" }],
]);

export const locks = entry((build) => new LocksDriver(build), production, [
  [twoLockOrders, { lockOrder: "either" }, "two-lock-orders"],
  [ownBranchFirst, { crossBranch: "allLocks", branchOrder: "ownFirst" }, "own-branch-first"],
  [mapEntryKept, { mapEntry: "kept" }, "map-entry-kept"],
  [waitsForItself, { crossBranch: "allLocks", mapEntry: "kept" }, "waits-for-itself"],
]);

export const versions = entry(
  (build) => new VersionsDriver(build),
  production,
  [[restartsFromZero, { walLock: "aroundAppend", failedVersion: "unused", restart: "zero" }]],
  {
    "transactional-store/versions": {
      design: { walLock: "aroundAppend", failedVersion: "unused" },
      leftOut:
        "versions under the log's lock, and the reuse of a failed commit's version: the engine allocates versions without the lock, " +
        "recovery puts each at its place (walLock=aroundAppend), and leaves those of failed commits unused (failedVersion=unused)",
    },
  },
);

export const vectors = entry((build) => new VectorsDriver(build), productionVectors, [
  [checkOutside, { vectorInsert: "checkOutside" }, "two-vector-ids", "crossed-updates"],
  [noRebuild, { rebuild: "none" }],
]);

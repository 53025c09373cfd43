/** The searches that the claims on commits share. */
import type { Check } from "./claim.ts";

type Options = Pick<Check, "constants" | "design" | "counterexample" | "isLarge">;
export const check = (model: string, property: string, expected: Check["expected"], options: Options): Check => ({
  model: `transactional-store/${model}`,
  property,
  expected,
  ...options,
  ...(options.counterexample === undefined ? {} : { counterexample: `transactional-store/${options.counterexample}` }),
});
export const holds = (model: string, property: string, options: Options = {}): Check =>
  check(model, property, { verdict: "holds" }, options);
export const violated = (model: string, property: string, length: number, options: Options = {}): Check =>
  check(model, property, { verdict: "violated", property, length }, options);

export const [state, atomic, repeatable] = ["ReadsAreTheStateAtTheirVersion", "ReadsAreAtomic", "ReadsAreRepeatable"];
export const [readWrite, all] = ["ReadWriteTransactionsAreSerialisable", "AllTransactionsAreSerialisable"];
export const [circle, hold, foreign] = ["NoCircularWait", "NobodyHoldsAndWaits", "BranchesDoNotWaitForEachOther"];
export const [unique, order, gaps] = ["VersionsAreUnique", "WalIsInVersionOrder", "VersionsHaveNoGaps"];

export const torn = violated("snapshot-reads", atomic, 8, {
  constants: { writers: 1, branches: 1 },
  design: { publish: "perKey" },
  counterexample: "torn-snapshot",
});
export const late = violated("snapshot-reads", repeatable, 13, {
  constants: { keys: 1 },
  design: { publish: "onceAfterAll" },
  counterexample: "late-version",
});
export const lost = violated("cross-branch", readWrite, 16, {
  constants: { keys: 1 },
  design: { crossBranch: "oneLock" },
  counterexample: "lost-across-branches",
});
export const entryKept = violated("locks", foreign, 5, { design: { mapEntry: "kept" }, counterexample: "map-entry-kept" });
export const documentVersions = { walLock: "aroundAppend", failedVersion: "unused" };
export const outOfOrder = violated("versions", order, 5, { design: documentVersions, counterexample: "wal-out-of-order" });
export const branchFirst = holds("locks", "deadlock", { constants: { threads: 3 } });
export const walFirst = holds("locks", circle, { constants: { threads: 3 }, design: { lockOrder: "walThenBranch" } });
export const walFirstThroughout = holds("locks", "deadlock", {
  constants: { threads: 3 },
  design: { lockOrder: "walThenBranch", walLock: "wholeCommit" },
});
export const eitherOrder = violated("locks", circle, 6, { design: { lockOrder: "either" }, counterexample: "two-lock-orders" });
export const waitsForWal = violated("hold-and-wait", hold, 8, { design: { walLock: "aroundAppend" } });
export const twoMutexes = violated("find-or-create", "OneObjectForAKey", 5, { design: { lookup: "getThenInsert" } });
export const atomicEntry = holds("find-or-create", "OneObjectForAKey", { constants: { threads: 3 } });

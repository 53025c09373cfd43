/**
 * The locks of a commit, taken and let go one at a time (the document's sections 2, 4, 5 and 7): the WAL's mutex, one
 * mutex for each branch, and the shards of the map in which the branches' mutexes are found. Threads commit for ever.
 * A mutex is not reentrant: a thread that asks for one that it holds waits for ever.
 * Left out: the data (transactions.ts), and shard locks of the data's own map, under which no other lock is taken.
 */
import { mapOf, map, names, oneOf, optional, ordered, range, record, seq, symmetric, system } from "../../language/index.ts";
import type { Index, NextOf, ScopeOf } from "../../language/index.ts";
import { hasCycle } from "./graph.ts";

interface Constants {
  readonly threads: number;
  readonly branches: number;
  readonly shards: number;
}
const threadsOf = (c: Constants) => names("t", c.threads);
const branchesOf = (c: Constants): readonly Index[] => range(1, c.branches);
const Thread = symmetric("Thread", threadsOf);
const Branch = ordered("Branch", branchesOf);

const LOCKS = ["wal", "shard 1", "shard 2", "branch 1", "branch 2", "branch 3"] as const;
type LockName = (typeof LOCKS)[number];
const Lock = oneOf(...LOCKS);

export const locking = system({
  name: "transactional-store-locks",
  constants: {
    threads: { default: 2, min: 1, max: 3 },
    branches: { default: 2, min: 1, max: 3 },
    /** Of the map of the branches' mutexes; branch b is in shard 1 + (b - 1) mod shards. */
    shards: { default: 1, min: 1, max: 2 },
  },
  design: {
    /** Which is taken first: the branch's lock or the WAL's? Or does it depend on the way into the commit? */
    lockOrder: ["branchThenWal", "walThenBranch", "either"],
    /** Is the WAL's lock let go after the append, or at the end of the commit? Or is there no WAL? */
    walLock: ["aroundAppend", "wholeCommit", "none"],
    /** What of a commit that touches a second branch: refused; both locks; its own only. */
    crossBranch: ["reject", "allLocks", "oneLock"],
    /** With allLocks: in the order of the branches, or its own branch first? */
    branchOrder: ["sorted", "ownFirst"],
    /** Is the map's entry let go once the mutex is found, or kept (and with it the lock of its shard) to the end of the commit? */
    mapEntry: ["letGo", "kept"],
  },
  variables: {
    owner: map(Lock, optional(Thread)),
    threads: map(
      Thread,
      record({
        at: oneOf("idle", "validating", "appending", "applying"),
        /** The branches whose keys the commit touches. */
        touches: seq(Branch),
        /** The locks that it has yet to take before its next step. */
        toTake: seq(Lock),
      }),
    ),
  },
});

type Scope = ScopeOf<typeof locking>;
type OfThread = Scope & { readonly t: `t${number}` & keyof Scope["now"]["threads"] };
type Writing = OfThread & { readonly next: NextOf<typeof locking> };
type Label = Scope["now"]["threads"]["t1"]["at"];
const isAt =
  (label: Label) =>
  ({ now, t }: OfThread): boolean =>
    now.threads[t].at === label;
const hasItsLocks = ({ now, t }: OfThread): boolean => now.threads[t].toTake.length === 0;

const branchLock = (b: Index): LockName => LOCKS[2 + b] ?? "branch 1"; // branches are 1 to 3
const shardLock = (c: Constants, b: Index): LockName => (c.shards === 2 && b % 2 === 0 ? "shard 2" : "shard 1");

/** The locks that a commit takes before it validates. */
const plan = ({ constants, design }: Scope, own: Index, other: Index, walFirst: boolean): readonly LockName[] => {
  const asTouched = design.crossBranch === "allLocks" && own !== other ? [own, other] : [own];
  const branches = design.branchOrder === "sorted" ? asTouched.toSorted((a, b) => a - b) : asTouched;
  const ofBranches = branches.flatMap((b) => (design.mapEntry === "kept" ? [shardLock(constants, b), branchLock(b)] : [branchLock(b)]));
  if (design.walLock === "none") return ofBranches;
  if (walFirst) return ["wal", ...ofBranches];
  return design.walLock === "wholeCommit" ? [...ofBranches, "wal"] : ofBranches;
};

/** A commit for a branch, which may touch another one as well. */
const Start = locking.action({ t: Thread, own: Branch, other: Branch, walFirst: [true, false] }, {
  when: [
    isAt("idle"),
    ({ design, own, other }) => design.crossBranch !== "reject" || own === other,
    ({ design, walFirst }) => design.lockOrder === "either" || walFirst === (design.lockOrder === "walThenBranch"),
  ],
  then: (scope) => {
    const { next, t, own, other, walFirst } = scope;
    next.threads[t] = { at: "validating", touches: own === other ? [own] : [own, other], toTake: plan(scope, own, other, walFirst) };
  },
});

const Take = locking.action({ t: Thread }, {
  when: ({ now, t }) => {
    const wanted = now.threads[t].toTake[0];
    return wanted !== undefined && now.owner[wanted] === null;
  },
  then: ({ now, next, t }) => {
    const [wanted, ...others] = now.threads[t].toTake;
    if (wanted === undefined) return;
    next.owner[wanted] = t;
    next.threads[t].toTake = others;
  },
});

/** Step 1 (and the version, step 2); what comes next needs the WAL's lock, if there is a WAL. */
const Validate = locking.action({ t: Thread }, {
  when: [isAt("validating"), hasItsLocks],
  then: ({ now, next, design, t }) => {
    next.threads[t].at = "appending";
    if (design.walLock !== "none" && now.owner.wal !== t) next.threads[t].toTake = ["wal"];
  },
});

/** Step 3. */
const Append = locking.action({ t: Thread }, {
  when: [isAt("appending"), hasItsLocks],
  then: ({ next, design, t }) => {
    next.threads[t].at = "applying";
    if (design.walLock === "aroundAppend") next.owner.wal = null;
  },
});

const releaseAll = ({ now, next, t }: Writing): void => {
  for (const lock of LOCKS) if (now.owner[lock] === t) next.owner[lock] = null;
};

/** Step 4, and every lock is let go. */
const ApplyAndRelease = locking.action({ t: Thread }, {
  when: isAt("applying"),
  then: (scope) => {
    releaseAll(scope);
    scope.next.threads[scope.t] = { at: "idle", touches: [], toTake: [] };
  },
});

type ThreadName = OfThread["t"];
/** Does a wait for a lock that b has? A thread may wait for itself. */
const waitsFor = ({ now }: Scope, a: ThreadName, b: ThreadName): boolean => {
  const wanted = now.threads[a].toTake[0];
  return wanted !== undefined && now.owner[wanted] === b;
};

/** No threads wait for each other in a circle: with one holder a lock, a circle is a deadlock of those on it. */
const NoCircularWait = locking.predicate((scope) => !hasCycle(threadsOf(scope.constants), (a, b) => waitsFor(scope, a, b)));
/** Nobody validates or applies on a branch while somebody else does. */
const OneCommitAtATimeInABranch = locking.predicate(({ now, constants }) =>
  branchesOf(constants).every(
    (b) =>
      threadsOf(constants).filter((t) => now.threads[t].at === "applying" && now.threads[t].touches.includes(b)).length <= 1,
  ),
);
/** Is the thread in the middle of a commit, or held up by somebody in turn, and not just passing through? */
const isLong = (scope: Scope, t: ThreadName): boolean => {
  const { at, toTake } = scope.now.threads[t];
  return toTake.length === 0 ? at !== "appending" : threadsOf(scope.constants).some((u) => waitsFor(scope, t, u));
};
/** A commit waits for one of other branches only for the time of an append, or while that takes a lock. */
const BranchesDoNotWaitForEachOther = locking.predicate((scope) => {
  const { now, constants } = scope;
  const ts = threadsOf(constants);
  return ts.every((a) =>
    ts.every((b) => {
      const isForeign = !now.threads[a].touches.some((branch) => now.threads[b].touches.includes(branch));
      return !isForeign || !waitsFor(scope, a, b) || !isLong(scope, b);
    }),
  );
});
/** The condition that the document calls "hold and wait". */
const NobodyHoldsAndWaits = locking.predicate(({ now, constants }) =>
  threadsOf(constants).every((t) => {
    const wanted = now.threads[t].toTake[0];
    const isWaiting = wanted !== undefined && now.owner[wanted] !== null;
    return !isWaiting || LOCKS.every((lock) => now.owner[lock] !== t);
  }),
);

const shared: Omit<Parameters<typeof locking.spec>[0], "invariants"> = {
  init: ({ constants: c }) => ({
    owner: mapOf(LOCKS, () => null),
    threads: mapOf(threadsOf(c), () => ({ at: "idle", touches: [], toTake: [] })),
  }),
  actions: { Start, Take, Validate, Append, ApplyAndRelease },
  witnesses: { TwoApplyAtOnce: ({ now, constants }) => threadsOf(constants).filter((t) => now.threads[t].at === "applying").length > 1 },
  lanes: {
    actor: (_, { t }) => (typeof t === "string" ? `Thread ${t}` : ""),
    stores: {
      Locks: ({ now }) => LOCKS.filter((l) => now.owner[l] !== null).map((l) => `${l}: ${now.owner[l] ?? ""}`).join(", "),
      "Waiting or about to": ({ now, constants }) =>
        threadsOf(constants).filter((t) => now.threads[t].toTake.length > 0).map((t) => `${t} for ${now.threads[t].toTake[0] ?? ""}`).join(", "),
    },
  },
};

export const locks = locking.spec({ ...shared, invariants: { NoCircularWait, OneCommitAtATimeInABranch, BranchesDoNotWaitForEachOther } });
/** The same with the document's second condition of a deadlock, which no design with a WAL is without. */
export const holdAndWait = locking.spec({ ...shared, invariants: { NobodyHoldsAndWaits } });

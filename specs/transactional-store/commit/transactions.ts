/**
 * Read-write transactions: read sets, validation, and what it makes of concurrent ones (the document's sections 2, 3 and
 * 10). A transaction belongs to a branch, reads from its snapshot, buffers its writes, and commits under the lock of its
 * branch. With `branches` > 1, key n belongs to branch n, and a transaction may reach for the keys of other branches.
 * Left out: the WAL (a version is allocated and logged in one step; see snapshots.ts for what happens in between),
 * deletes, compare-and-set, and locks one by one (with allLocks all are taken in one step; see locks.ts).
 */
import { index, int, map, mapOf, names, oneOf, optional, ordered, partial, range, record, seq, set, setOf, symmetric, system } from "../../language/index.ts";
import type { Index, NextOf, ScopeOf } from "../../language/index.ts";
import { current, inserted, publishedAtEnd, readAt } from "./chains.ts";
import { hasCycle } from "./graph.ts";

export interface Constants {
  readonly transactions: number;
  readonly keys: number;
  readonly branches: number;
}
export const transactionsOf = (c: Constants) => names("t", c.transactions);
const branchesOf = (c: Constants): readonly Index[] => range(1, c.branches);
export const keysOf = (c: Constants): readonly Index[] => range(1, c.keys);
const Transaction = symmetric("Transaction", transactionsOf);
const Branch = ordered("Branch", branchesOf);
const Key = ordered("Key", keysOf);
const Version = int(0, (c: Constants) => c.transactions);

export const occ = system({
  name: "transactional-store-transactions",
  constants: {
    transactions: { default: 2, min: 1, max: 3 },
    keys: { default: 2, min: 1, max: 2 },
    branches: { default: 1, min: 1, max: 2 },
  },
  design: {
    /** Is the read set validated under the branch's lock, or before it is taken? */
    validate: ["underLock", "beforeLock", "never"],
    /** Does a second read of a key replace the version that the read set has for it? */
    readSet: ["keepFirst", "overwrite"],
    /** What of a transaction that reaches beyond its branch: refused; the locks of all branches that it touches; the lock of its own. */
    crossBranch: ["reject", "allLocks", "oneLock"],
    /** Where in its chain does a version go: to its place, or to the front? */
    chainInsert: ["ordered", "pushFront"],
    /** As in snapshots.ts. */
    publish: ["lowestPending", "onceAfterAll", "perKey"],
  },
  variables: {
    managerVersion: Version,
    storeVersion: Version,
    pending: set(int(1, (c: Constants) => c.transactions)),
    branchLock: map(Branch, optional(Transaction)),
    chains: map(Key, seq(Version)),
    transactions: map(
      Transaction,
      record({
        at: oneOf("start", "active", "locked", "validated", "applying", "committed", "aborted"),
        branch: optional(Branch),
        snapshot: Version,
        /** What validation compares: key -> version, 0 if it was absent. */
        readSet: partial(Key, Version),
        /** Every version that a read of the key returned. */
        seen: map(Key, set(Version)),
        writes: set(Key),
        unapplied: set(Key),
        version: Version,
      }),
    ),
  },
});

export type Scope = ScopeOf<typeof occ>;
type OfTransaction = Scope & { readonly t: `t${number}` & keyof Scope["now"]["transactions"] };
type Writing = OfTransaction & { readonly next: NextOf<typeof occ> };
type Label = Scope["now"]["transactions"]["t1"]["at"];
const isAt =
  (label: Label) =>
  ({ now, t }: OfTransaction): boolean =>
    now.transactions[t].at === label;

/** Where there is one branch it has all keys. */
const branchOf = (c: Constants, k: Index): Index => (c.branches === 1 ? 1 : index(Math.min(k, c.branches)));
const mayTouch = ({ now, design, constants, t, k }: OfTransaction & { readonly k: Index }): boolean =>
  design.crossBranch !== "reject" || now.transactions[t].branch === branchOf(constants, k);
const locksOf = ({ now, design, constants, t }: OfTransaction): readonly Index[] => {
  const { branch, readSet, writes } = now.transactions[t];
  const touched = keysOf(constants).filter((k) => design.crossBranch === "allLocks" && (readSet[k] !== undefined || writes.has(k)));
  return branchesOf(constants).filter((b) => b === branch || touched.some((k) => branchOf(constants, k) === b));
};
const readSetIsCurrent = ({ now, constants, t }: OfTransaction): boolean =>
  keysOf(constants).every((k) => [undefined, current(now.chains[k])].includes(now.transactions[t].readSet[k]));

/** No lock: the snapshot is the store's version. */
const Begin = occ.action({ t: Transaction, b: Branch }, {
  when: isAt("start"),
  then: ({ now, next, t, b }) => {
    next.transactions[t].at = "active";
    next.transactions[t].branch = b;
    next.transactions[t].snapshot = now.storeVersion;
  },
});

/** A key that the transaction has written itself is answered from its buffer, and is no read. */
const Read = occ.action({ t: Transaction, k: Key }, {
  when: [isAt("active"), mayTouch, ({ now, t, k }) => !now.transactions[t].writes.has(k)],
  then: ({ now, next, design, t, k }) => {
    const { snapshot, readSet, seen } = now.transactions[t];
    const version = readAt(now.chains[k], snapshot);
    if (readSet[k] === undefined || design.readSet === "overwrite") next.transactions[t].readSet[k] = version;
    next.transactions[t].seen[k] = seen[k].with(version);
  },
});

/** Buffered, invisible to others. */
const Write = occ.action({ t: Transaction, k: Key }, {
  when: [isAt("active"), mayTouch],
  then: ({ now, next, t, k }) => {
    next.transactions[t].writes = now.transactions[t].writes.with(k);
  },
});

/** A transaction that has written nothing is done without lock, validation or version. */
const CommitReadOnly = occ.action({ t: Transaction }, {
  when: [isAt("active"), ({ now, t }) => now.transactions[t].writes.size === 0],
  then: ({ next, t }) => {
    next.transactions[t].at = "committed";
  },
});

const abort = ({ now, next, constants, t }: Writing): void => {
  const { branch } = now.transactions[t];
  for (const b of branchesOf(constants)) if (now.branchLock[b] === t) next.branchLock[b] = null;
  next.transactions[t] = {
    at: "aborted",
    branch,
    snapshot: 0,
    readSet: {},
    seen: mapOf(keysOf(constants), () => setOf<number>()),
    writes: setOf(),
    unapplied: setOf(),
    version: 0,
  };
};

/** Only with validate=beforeLock. */
const ValidateEarly = occ.action({ t: Transaction }, {
  when: [({ design }) => design.validate === "beforeLock", isAt("active"), ({ now, t }) => now.transactions[t].writes.size > 0],
  then: (scope) => {
    if (readSetIsCurrent(scope)) scope.next.transactions[scope.t].at = "locked";
    else abort(scope);
  },
});

/** Takes the lock, or all of them; with validate=beforeLock what was validated is not looked at again. */
const Lock = occ.action({ t: Transaction }, {
  when: [
    (scope) => isAt(scope.design.validate === "beforeLock" ? "locked" : "active")(scope),
    ({ now, t }) => now.transactions[t].writes.size > 0,
    (scope) => locksOf(scope).every((b) => scope.now.branchLock[b] === null),
  ],
  then: (scope) => {
    const { next, design, t } = scope;
    for (const b of locksOf(scope)) next.branchLock[b] = t;
    next.transactions[t].at = design.validate === "underLock" ? "locked" : "validated";
  },
});

/** Step 1. */
const Validate = occ.action({ t: Transaction }, {
  when: [({ design }) => design.validate === "underLock", isAt("locked")],
  then: (scope) => {
    if (readSetIsCurrent(scope)) scope.next.transactions[scope.t].at = "validated";
    else abort(scope);
  },
});

/** Steps 2 and 3. */
const AllocateAndLog = occ.action({ t: Transaction }, {
  when: isAt("validated"),
  then: ({ now, next, t }) => {
    next.managerVersion = now.managerVersion + 1;
    next.pending.add(now.managerVersion + 1);
    next.transactions[t].version = now.managerVersion + 1;
    next.transactions[t].unapplied = now.transactions[t].writes;
    next.transactions[t].at = "applying";
  },
});

const unappliedOf = occ.domain({ t: Transaction }, ({ now, t }) => now.transactions[t].unapplied);
/** Step 4, for one key. Only a transaction that is applying has unapplied keys. */
const Apply = occ.action({ t: Transaction, k: unappliedOf }, {
  then: ({ now, next, design, t, k }) => {
    const { version, unapplied } = now.transactions[t];
    next.chains[k] = inserted(now.chains[k], version, design.chainInsert);
    next.transactions[t].unapplied = unapplied.without(k);
    if (design.publish === "perKey") next.storeVersion = Math.max(now.storeVersion, version);
  },
});

const Finish = occ.action({ t: Transaction }, {
  when: [isAt("applying"), ({ now, t }) => now.transactions[t].unapplied.size === 0],
  then: ({ now, next, design, constants, t }) => {
    const { version } = now.transactions[t];
    for (const b of branchesOf(constants)) if (now.branchLock[b] === t) next.branchLock[b] = null;
    next.transactions[t].at = "committed";
    const stillPending = now.pending.toArray().filter((v) => v !== version);
    next.pending.assign(stillPending);
    next.storeVersion = publishedAtEnd(design.publish, { store: now.storeVersion, manager: now.managerVersion, version, stillPending, gaveUp: false });
  },
});

/** Who must come before whom among the committed, by the versions that they read and wrote. */
const precedes = ({ now }: Scope, keys: readonly Index[], a: OfTransaction["t"], b: OfTransaction["t"]): boolean => {
  const [x, y] = [now.transactions[a], now.transactions[b]];
  return keys.some((k) => {
    const [xWrites, yWrites] = [x.writes.has(k), y.writes.has(k)];
    const overwrites = xWrites && yWrites && x.version < y.version;
    const readsFrom = xWrites && y.seen[k].has(x.version);
    const isOverwrittenBy = yWrites && x.seen[k].some((v) => v < y.version);
    return overwrites || readsFrom || isOverwrittenBy;
  });
};
const areSerialisable = (scope: Scope, withReadOnly: boolean): boolean => {
  const { now, constants } = scope;
  const committed = transactionsOf(constants).filter(
    (t) => now.transactions[t].at === "committed" && (withReadOnly || now.transactions[t].writes.size > 0),
  );
  return !hasCycle(committed, (a, b) => a !== b && precedes(scope, keysOf(constants), a, b));
};

const ReadWriteTransactionsAreSerialisable = occ.predicate((scope) => areSerialisable(scope, false));
const AllTransactionsAreSerialisable = occ.predicate((scope) => areSerialisable(scope, true));
/** `store.get` takes the front of a chain for its newest version. */
const ChainsAreInVersionOrder = occ.predicate(({ now, constants }) =>
  keysOf(constants).every((k) => now.chains[k].every((v, i) => i === 0 || v < (now.chains[k][i - 1] ?? 0))),
);

const chainsText = ({ now, constants }: Scope): string =>
  keysOf(constants).map((k) => `k${String(k)} (b${String(branchOf(constants, k))}): [${now.chains[k].map((v) => `v${String(v)}`).join(" ")}]`).join("; ");
const readText = ({ now, constants }: Scope): string =>
  transactionsOf(constants)
    .flatMap((t) => {
      const { readSet } = now.transactions[t];
      const reads = keysOf(constants).flatMap((k) => (readSet[k] === undefined ? [] : [`k${String(k)} at ${readSet[k] === 0 ? "absent" : `v${String(readSet[k])}`}`]));
      return reads.length === 0 ? [] : [`${t}: ${reads.join(", ")}`];
    })
    .join("; ");

export const transactions = occ.spec({
  init: ({ constants: c }) => ({
    managerVersion: 0,
    storeVersion: 0,
    pending: [],
    branchLock: mapOf(branchesOf(c), () => null),
    chains: mapOf(keysOf(c), () => []),
    transactions: mapOf(transactionsOf(c), () => ({
      at: "start",
      branch: null,
      snapshot: 0,
      readSet: {},
      seen: mapOf(keysOf(c), () => setOf<number>()),
      writes: setOf<Index>(),
      unapplied: setOf<Index>(),
      version: 0,
    })),
  }),
  actions: { Begin, Read, Write, CommitReadOnly, ValidateEarly, Lock, Validate, AllocateAndLog, Apply, Finish },
  invariants: { ReadWriteTransactionsAreSerialisable, AllTransactionsAreSerialisable, ChainsAreInVersionOrder },
  witnesses: {
    AConflictAborts: ({ now, constants }) => transactionsOf(constants).some((t) => now.transactions[t].at === "aborted"),
    TwoReadersOfOneKeyCommit: ({ now, constants }) =>
      transactionsOf(constants).filter((t) => now.transactions[t].at === "committed" && now.transactions[t].seen[1].has(0)).length > 1,
  },
  lanes: {
    actor: (_, { t }) => (typeof t === "string" ? `Transaction ${t}` : ""),
    stores: {
      Locks: ({ now, constants }) => branchesOf(constants).map((b) => `b${String(b)}: ${now.branchLock[b] ?? "free"}`).join(", "),
      Counters: ({ now }) => `allocated v${String(now.managerVersion)}, snapshots take v${String(now.storeVersion)}`,
      Chains: chainsText,
      "Read sets": readText,
    },
  },
});

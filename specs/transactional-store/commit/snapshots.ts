/**
 * Reads of a snapshot while others commit (the document's sections 2 and 3). Writers lock their branch, take a version,
 * append to the WAL, and write every key of the branch, one key at a time and in any order. Readers take a version as
 * their snapshot and read the keys of one branch, again and again, from the live chains. The store may crash at every
 * step, and during recovery, which replays the WAL key by key (snapshots-recovery.ts).
 * Left out: what validates (writers are blind; see transactions.ts), locks step by step (locks.ts), what a crash does
 * to the WAL (here it keeps every record; see recovery/).
 */
import { mapOf, setOf } from "../../language/index.ts";
import type { NextOf } from "../../language/index.ts";
import { inserted, publishedAtEnd, readAt } from "./chains.ts";
import { Crash, FinishRecovery, Replay } from "./snapshots-recovery.ts";
import { Branch, Key, Reader, Writer, branchesOf, isOpen, keysOf, newSnapshot, readersOf, store, writersOf } from "./snapshots-system.ts";
import type { Scope } from "./snapshots-system.ts";

type OfWriter = Scope & { readonly w: `w${number}` & keyof Scope["now"]["writers"] };
type Label = Scope["now"]["writers"]["w1"]["at"];
const isAt =
  (...labels: readonly Label[]) =>
  ({ now, w }: OfWriter): boolean =>
    labels.includes(now.writers[w].at);
const without = (pending: Scope["now"]["pending"], version: number) => pending.toArray().filter((v) => v !== version);

/** Step 0 of a commit: the branch's lock, and with `wholeCommit` the WAL's as well. */
const Lock = store.action({ w: Writer, b: Branch }, {
  when: [isOpen, isAt("start"), ({ now, b }) => now.branchLock[b] === null, ({ now, design }) => design.walLock === "aroundAppend" || now.walLock === null],
  then: ({ next, design, constants, w, b }) => {
    next.branchLock[b] = w;
    if (design.walLock === "wholeCommit") next.walLock = w;
    next.writers[w].at = "locked";
    next.writers[w].branch = b;
    next.writers[w].unapplied = setOf(...keysOf(constants));
  },
});

/** Step 2: `fetch_add`. */
const Allocate = store.action({ w: Writer }, {
  when: isAt("locked"),
  then: ({ now, next, design, w }) => {
    next.managerVersion = now.managerVersion + 1;
    next.writers[w].version = now.managerVersion + 1;
    next.writers[w].at = "allocated";
    if (design.markPending === "withAllocation") next.pending.add(now.managerVersion + 1);
  },
});

/** Only with markPending=afterAllocation: the second of two steps. */
const MarkPending = store.action({ w: Writer }, {
  when: [isAt("allocated"), ({ now, w }) => !now.pending.has(now.writers[w].version)],
  then: ({ now, next, w }) => next.pending.add(now.writers[w].version),
});

/** Step 3: append and flush. From here the transaction is committed. A WAL lock around the append only is taken and let go within this step. */
const Append = store.action({ w: Writer }, {
  when: [
    isAt("allocated"),
    ({ now, w }) => now.pending.has(now.writers[w].version),
    ({ now, design, w }) => design.apply === "afterAppend" || now.writers[w].unapplied.size === 0,
  ],
  then: ({ now, next, w }) => {
    next.writers[w].at = "logged";
    next.wal = [...now.wal, w];
  },
});

const release = ({ now, next, w }: OfWriter & { readonly next: NextOf<typeof store> }): void => {
  const { branch } = now.writers[w];
  if (branch !== null) next.branchLock[branch] = null;
  if (now.walLock === w) next.walLock = null;
};

/** Step 3 fails: the version stays unused. */
const AppendFails = store.action({ w: Writer }, {
  when: [isAt("allocated"), ({ now, w }) => now.pending.has(now.writers[w].version)],
  then: (scope) => {
    const { now, next, design, w } = scope;
    const { version } = now.writers[w];
    release(scope);
    next.writers[w] = { at: "failed", branch: null, version: 0, unapplied: setOf() };
    if (design.failedVersion === "leaked") return;
    const stillPending = without(now.pending, version);
    next.pending.assign(stillPending);
    next.storeVersion = publishedAtEnd(design.publish, { store: now.storeVersion, manager: now.managerVersion, version, stillPending, gaveUp: true });
  },
});

const unappliedOf = store.domain({ w: Writer }, ({ now, w }) => now.writers[w].unapplied);
/** Step 4, for one key. */
const Apply = store.action({ w: Writer, k: unappliedOf }, {
  when: (scope) => isAt(scope.design.apply === "afterAppend" ? "logged" : "allocated")(scope),
  then: ({ now, next, design, w, k }) => {
    const { branch, version, unapplied } = now.writers[w];
    if (branch === null) return;
    next.chains[branch][k] = inserted(now.chains[branch][k], version, "pushFront");
    next.writers[w].unapplied = unapplied.without(k);
    if (design.publish === "perKey") next.storeVersion = Math.max(now.storeVersion, version);
  },
});

/** The end of step 4, and the locks let go. */
const Finish = store.action({ w: Writer }, {
  when: [isAt("logged"), ({ now, w }) => now.writers[w].unapplied.size === 0],
  then: (scope) => {
    const { now, next, design, w } = scope;
    const { version } = now.writers[w];
    release(scope);
    next.writers[w].at = "finished";
    const stillPending = without(now.pending, version);
    next.pending.assign(stillPending);
    next.storeVersion = publishedAtEnd(design.publish, { store: now.storeVersion, manager: now.managerVersion, version, stillPending, gaveUp: false });
  },
});

const Acknowledge = store.action({ w: Writer }, {
  when: [isAt("finished"), (scope) => scope.design.acknowledge === "whenApplied" || newSnapshot(scope) >= scope.now.writers[scope.w].version],
  then: ({ next, w }) => {
    next.writers[w].at = "acknowledged";
  },
});

const Begin = store.action({ r: Reader, on: Branch }, {
  when: [isOpen, ({ now, r }) => now.readers[r].branch === null],
  then: (scope) => {
    const { next, r, on } = scope;
    next.readers[r] = { branch: on, snapshot: newSnapshot(scope), first: {}, latest: {} };
  },
});

const Read = store.action({ r: Reader, of: Key }, {
  when: ({ now, r }) => now.readers[r].branch !== null,
  then: ({ now, next, r, of }) => {
    const { branch, snapshot, first } = now.readers[r];
    if (branch === null) return;
    const version = readAt(now.chains[branch][of], snapshot);
    if (first[of] === undefined) next.readers[r].first[of] = version;
    next.readers[r].latest[of] = version;
  },
});

const readings = (scope: Scope) =>
  readersOf(scope.constants).flatMap((r) => {
    const reader = scope.now.readers[r];
    return reader.branch === null ? [] : [{ ...reader, branch: reader.branch }];
  });
const seesACommit = ({ first }: { readonly first: Readonly<Record<string, number>> }): boolean => Object.values(first).some((v) => v > 0);
/** The versions that are committed (in the WAL) on a branch, whatever of them is applied. */
const committedOn = ({ now }: Scope, branch: string): readonly number[] =>
  now.wal
    .map((w) => now.writers[w])
    .filter((w) => w.branch === branch)
    .map((w) => w.version);

/** A read returns the newest committed version that is not above the snapshot: the state at its version. */
const ReadsAreTheStateAtTheirVersion = store.predicate((scope) =>
  readings(scope).every(({ branch, snapshot, latest }) =>
    keysOf(scope.constants).every((k) => {
      const read = latest[k];
      return read === undefined || committedOn(scope, branch).every((v) => v <= read || v > snapshot);
    }),
  ),
);
/** The same key, read twice in a transaction, is the same. */
const ReadsAreRepeatable = store.predicate((scope) =>
  readings(scope).every(({ first, latest }) => keysOf(scope.constants).every((k) => first[k] === latest[k])),
);
/** Every writer writes all keys of its branch, so that two keys of one snapshot have the same version. */
const ReadsAreAtomic = store.predicate((scope) =>
  readings(scope).every(({ first }) => new Set(Object.values(first)).size <= 1),
);
/** Nobody sees what is not in the WAL: a commit that fails, or that a crash interrupts, was never seen. */
const ReadsAreCommitted = store.predicate((scope) =>
  readings(scope).every(({ branch, first, latest }) =>
    [...Object.values(first), ...Object.values(latest)].every((v) => v === 0 || committedOn(scope, branch).includes(v)),
  ),
);
/** Whoever was told of a commit finds it in his next transaction. */
const AcknowledgedCommitsAreVisible = store.predicate((scope) =>
  !isOpen(scope) ||
  writersOf(scope.constants).every((w) => {
    const { at, version } = scope.now.writers[w];
    return at !== "acknowledged" || version <= newSnapshot(scope);
  }),
);
/** When no commit is under way, new snapshots see every finished one. */
const NothingStaysUnpublished = store.predicate((scope) => {
  const writers = writersOf(scope.constants).map((w) => scope.now.writers[w]);
  return (
    writers.some((w) => ["locked", "allocated", "logged"].includes(w.at)) ||
    writers.every((w) => w.at !== "finished" || w.version <= newSnapshot(scope))
  );
});

/** No two transactions in the WAL have the same version. */
const VersionsAreUnique = store.predicate(({ now }) => new Set(now.wal.map((w) => now.writers[w].version)).size === now.wal.length);

const chainsText = ({ now, constants }: Scope): string =>
  branchesOf(constants)
    .map((b) => `${b}: ${keysOf(constants).map((k) => `${k}=[${now.chains[b][k].map((v) => `v${String(v)}`).join(" ")}]`).join(" ")}`)
    .join("; ");
const readText = ({ now, constants }: Scope): string =>
  readersOf(constants)
    .flatMap((r) => {
      const { branch, snapshot, latest } = now.readers[r];
      const values = keysOf(constants).flatMap((k) => (latest[k] === undefined ? [] : [`${k}=${latest[k] === 0 ? "absent" : `v${String(latest[k])}`}`]));
      return branch === null ? [] : [`${r} has snapshot v${String(snapshot)} of ${branch} ${values.join(" ")}`.trim()];
    })
    .join("; ");
const who = (action: string, args: Readonly<Record<string, unknown>>): string => {
  if (action === "Replay" || action === "FinishRecovery") return "Recovery";
  const name = typeof args["w"] === "string" ? args["w"] : args["r"];
  if (typeof name !== "string") return "";
  return name.startsWith("w") ? `Writer ${name}` : `Reader ${name}`;
};

export const snapshots = store.spec({
  init: ({ constants: c }) => ({
    managerVersion: 0,
    storeVersion: 0,
    wal: [],
    pending: [],
    branchLock: mapOf(branchesOf(c), () => null),
    walLock: null,
    chains: mapOf(branchesOf(c), () => mapOf(keysOf(c), () => [])),
    writers: mapOf(writersOf(c), () => ({ at: "start", branch: null, version: 0, unapplied: setOf() })),
    readers: mapOf(readersOf(c), () => ({ branch: null, snapshot: 0, first: {}, latest: {} })),
    crashes: 0,
    recovering: false,
  }),
  actions: { Lock, Allocate, MarkPending, Append, AppendFails, Apply, Finish, Acknowledge, Begin, Read, Crash, Replay, FinishRecovery },
  invariants: {
    ReadsAreAtomic, ReadsAreRepeatable, ReadsAreTheStateAtTheirVersion, ReadsAreCommitted, AcknowledgedCommitsAreVisible,
    NothingStaysUnpublished, VersionsAreUnique,
  },
  witnesses: {
    AReaderSeesACommit: (scope) => readings(scope).some(seesACommit),
    TwoBranchesCommitAtOnce: ({ now, constants }) => writersOf(constants).filter((w) => now.writers[w].at === "logged").length > 1,
    AReaderSeesACommitAfterTheLastCrash: (scope) => {
      const { now, constants } = scope;
      return constants.crashes === 0 || (now.crashes === constants.crashes && readings(scope).some(seesACommit));
    },
    /** Something is replayed already, and one more crash may come. */
    ACrashMayInterruptRecovery: ({ now, constants }) =>
      constants.crashes < 2 ||
      (now.recovering && now.crashes < constants.crashes && branchesOf(constants).some((b) => keysOf(constants).some((k) => now.chains[b][k].length > 0))),
  },
  lanes: {
    actor: who,
    stores: {
      Counters: ({ now }) => `allocated v${String(now.managerVersion)}, snapshots take v${String(now.storeVersion)}`,
      "WAL on disk": ({ now }) => now.wal.map((w) => `v${String(now.writers[w].version)}`).join(" "),
      Chains: chainsText,
      "Was read": readText,
    },
  },
});

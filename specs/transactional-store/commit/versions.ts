/**
 * Where versions come from and in which order they reach the WAL (the document's sections 2 and 6: unique, monotonic,
 * gaps by design). Each thread commits once, on a branch of its own, so that no branch lock orders them. A crash stops
 * all threads; the WAL keeps what was appended (every append is flushed), and the counter restarts from it.
 * Left out: a WAL that loses its tail (durability), and everything that happens after the append.
 */
import { int, map, mapOf, names, oneOf, optional, record, seq, symmetric, system } from "../../language/index.ts";
import type { NextOf, ScopeOf } from "../../language/index.ts";

interface Constants {
  readonly threads: number;
  readonly crashes: number;
}
const threadsOf = (c: Constants) => names("t", c.threads);
const Thread = symmetric("Thread", threadsOf);
const Version = int(0, (c: Constants) => c.threads);

const counter = system({
  name: "transactional-store-versions",
  constants: { threads: { default: 3, min: 1, max: 4 }, crashes: { default: 1, min: 0, max: 2 } },
  design: {
    /** Is the WAL's lock taken before the version, or around the append only? */
    walLock: ["beforeAllocation", "aroundAppend"],
    /** One atomic step, or a load and a store. */
    allocate: ["fetchAdd", "loadThenStore"],
    /** Is the version of a commit whose append fails given back, or left unused? */
    failedVersion: ["givenBack", "unused"],
    /** Where the counter starts after a crash. */
    restart: ["highestInWal", "zero"],
  },
  variables: {
    counter: Version,
    walLock: optional(Thread),
    wal: seq(Version),
    threads: map(Thread, record({ at: oneOf("start", "ready", "loaded", "allocated", "committed", "failed"), version: Version })),
    crashes: int(0, (c: Constants) => c.crashes),
  },
});

type Scope = ScopeOf<typeof counter>;
type OfThread = Scope & { readonly t: `t${number}` & keyof Scope["now"]["threads"] };
const isAt =
  (label: Scope["now"]["threads"]["t1"]["at"]) =>
  ({ now, t }: OfThread): boolean =>
    now.threads[t].at === label;

const TakeWalLock = counter.action({ t: Thread }, {
  when: [({ design }) => design.walLock === "beforeAllocation", isAt("start"), ({ now }) => now.walLock === null],
  then: ({ next, t }) => {
    next.walLock = t;
    next.threads[t].at = "ready";
  },
});

const mayAllocate = (scope: OfThread): boolean => isAt(scope.design.walLock === "beforeAllocation" ? "ready" : "start")(scope);

const FetchAdd = counter.action({ t: Thread }, {
  when: [({ design }) => design.allocate === "fetchAdd", mayAllocate],
  then: ({ now, next, t }) => {
    next.counter = now.counter + 1;
    next.threads[t] = { at: "allocated", version: now.counter + 1 };
  },
});

const Load = counter.action({ t: Thread }, {
  when: [({ design }) => design.allocate === "loadThenStore", mayAllocate],
  then: ({ now, next, t }) => {
    next.threads[t] = { at: "loaded", version: now.counter + 1 };
  },
});
const Store = counter.action({ t: Thread }, {
  when: isAt("loaded"),
  then: ({ now, next, t }) => {
    next.counter = now.threads[t].version;
    next.threads[t].at = "allocated";
  },
});

const letGo = ({ now, next, t }: OfThread & { readonly next: NextOf<typeof counter> }): void => {
  if (now.walLock === t) next.walLock = null;
};

const Append = counter.action({ t: Thread }, {
  when: isAt("allocated"),
  then: (scope) => {
    const { now, next, t } = scope;
    next.wal = [...now.wal, now.threads[t].version];
    next.threads[t].at = "committed";
    letGo(scope);
  },
});

const AppendFails = counter.action({ t: Thread }, {
  when: isAt("allocated"),
  then: (scope) => {
    const { now, next, design, t } = scope;
    next.threads[t] = { at: "failed", version: 0 };
    if (design.failedVersion === "givenBack") next.counter = Math.max(0, now.counter - 1);
    letGo(scope);
  },
});

const CrashAndRestart = counter.action({}, {
  when: ({ now, constants }) => now.crashes < constants.crashes,
  then: ({ now, next, constants, design }) => {
    next.crashes = now.crashes + 1;
    next.counter = design.restart === "zero" ? 0 : Math.max(0, ...now.wal);
    next.walLock = null;
    for (const t of threadsOf(constants))
      if (["ready", "loaded", "allocated"].includes(now.threads[t].at)) next.threads[t] = { at: "failed", version: 0 };
  },
});

/** Two committed transactions never have one version, across restarts, too. */
const VersionsAreUnique = counter.predicate(({ now }) => new Set(now.wal).size === now.wal.length);
/** What is committed later has the higher version: a prefix of the WAL is a prefix of the history. */
const WalIsInVersionOrder = counter.predicate(({ now }) => now.wal.every((v, i) => i === 0 || v >= (now.wal[i - 1] ?? 0)));
/** When nobody is under way, the versions up to the highest are all there. */
const VersionsHaveNoGaps = counter.predicate(({ now, constants }) => {
  const isUnderWay = threadsOf(constants).some((t) => ["ready", "loaded", "allocated"].includes(now.threads[t].at));
  return isUnderWay || Array.from({ length: Math.max(0, ...now.wal) }, (_, i) => i + 1).every((v) => now.wal.includes(v));
});

export const versions = counter.spec({
  init: ({ constants: c }) => ({
    counter: 0,
    walLock: null,
    wal: [],
    threads: mapOf(threadsOf(c), () => ({ at: "start", version: 0 })),
    crashes: 0,
  }),
  actions: { TakeWalLock, FetchAdd, Load, Store, Append, AppendFails, CrashAndRestart },
  invariants: { VersionsAreUnique, WalIsInVersionOrder, VersionsHaveNoGaps },
  witnesses: { AllCommit: ({ now, constants }) => now.wal.length === constants.threads },
  lanes: {
    actor: (_, { t }) => (typeof t === "string" ? `Thread ${t}` : ""),
    stores: { Counter: ({ now }) => String(now.counter), WAL: ({ now }) => now.wal.map((v) => `v${String(v)}`).join(" ") },
  },
});

/**
 * One writer commits transactions one after the other: validate, allocate a version, write the log record, sync it as
 * the durability mode has it, apply key by key, answer the client (the audit, sections 2, 7 and 8). The process or the
 * machine may crash at every step, also while it recovers; a write or a sync may fail.
 * Every transaction writes both keys, so that a version that a client remembers can be met again (compare-and-set).
 * Left out: conflicts and concurrent commits, several segments (torn-tail), the replay record by record (replay).
 */
import { int, map, mapOf, oneOf, ordered, range, record, seq, set, setOf, system } from "../../language/index.ts";
import type { Index, NextOf, ScopeOf } from "../../language/index.ts";
import { Change, LogRecord, changeText, content, fileText, readable } from "./log-file.ts";

type Constants = { readonly transactions: number; readonly failures: number };
const transactions = (c: Pick<Constants, "transactions">): readonly Index[] => range(1, c.transactions);
const Txn = ordered("Txn", transactions);
const KEYS = 2;
const BLOCK = 2;
const MOST = 16;

export const durabilitySystem = system({
  name: "transactional-store/durability",
  constants: {
    transactions: { default: 2, min: 1, max: 3 },
    processCrashes: { default: 1, min: 0, max: 2 },
    machineCrashes: { default: 1, min: 0, max: 2 },
    failures: { default: 1, min: 0, max: 2 },
    /** Batched: a sync at the latest when a process has written this many records since the last one. */
    batch: { default: 2, min: 1, max: 3 },
  },
  design: {
    durability: ["strict", "batched", "none"],
    /** After a write or a sync that failed: stop until restarted, with an unknown outcome; or cut the record off again, with or without a sync, and abort; or just abort. */
    walFailure: ["poison", "truncateAndSync", "truncate", "ignore"],
    /** Does recovery sync the log that it has read before it serves what it says? */
    recoverySync: ["syncFirst", "serveAtOnce"],
    /** The version counter after recovery: the highest version in the log, or a mark kept on disk ahead of every version in use. */
    versions: ["maxSeen", "reserved"],
    /** How to read the row "during WAL append" of the crash-point table: a torn record is lost; or whatever was being appended is lost. */
    crashTable: ["tornIsLost", "asWritten"],
  },
  variables: {
    disk: seq(LogRecord),
    cache: seq(Change),
    /** On disk: versions up to this one may be in use. */
    mark: int(0, MOST),
    pc: oneOf("idle", "validate", "allocate", "write", "sync", "cut", "syncCut", "apply", "answer", "stopped", "down", "recover", "replay"),
    /** The latest transaction, and its version. */
    txn: int(0, MOST),
    own: int(0, MOST),
    counter: int(0, MOST),
    applied: int(0, KEYS),
    /** In memory: records that this process has written since its last sync. */
    sinceSync: int(0, MOST),
    outcome: map(Txn, oneOf("none", "acknowledged", "aborted", "unknown")),
    /** In memory: which transaction wrote which keys, at which version. */
    store: set(record({ key: int(1, KEYS), txn: int(1, MOST), version: int(1, MOST) })),
    /** History: where each transaction was when the process died under it. */
    crashedAt: map(Txn, oneOf("nowhere", "beforeTheLog", "torn", "whole", "logged")),
    /** History: what readers could see at any time. */
    seen: set(record({ txn: int(1, MOST), version: int(1, MOST) })),
    processCrashes: int(0, 2),
    machineCrashes: int(0, 2),
    failures: int(0, 2),
  },
});

type S = ScopeOf<typeof durabilitySystem>;
type Effect = S & { readonly next: NextOf<typeof durabilitySystem> };
type Label = S["now"]["pc"];
const isAt =
  (...labels: readonly Label[]) =>
  ({ now }: S): boolean =>
    labels.includes(now.pc);
const index = (now: S["now"]): Index => range(now.txn, now.txn)[0] ?? 1;
const file = ({ now }: S): readonly LogRecord[] => content(now.disk, now.cache);
const mustSync = ({ design, constants, now }: S): boolean => design.durability === "strict" || now.sinceSync >= constants.batch;
/** Everything that the page cache holds is on disk now. */
const sync = (scope: Effect): void => {
  scope.next.disk = file(scope);
  scope.next.cache = [];
  scope.next.sinceSync = 0;
};

const Begin = durabilitySystem.action({}, {
  when: [isAt("idle"), ({ now, constants }) => now.txn < constants.transactions],
  then: ({ now, next }) => {
    next.txn = now.txn + 1;
    next.pc = "validate";
  },
});

const Validate = durabilitySystem.action({}, {
  when: [isAt("validate")],
  then: ({ next }) => {
    next.pc = "allocate";
  },
});

/** Puts the mark on disk, synced, before a version above it is handed out. */
const RaiseMark = durabilitySystem.action({}, {
  when: [isAt("allocate"), ({ design }) => design.versions === "reserved", ({ now }) => now.counter >= now.mark],
  then: ({ now, next }) => {
    next.mark = now.counter + BLOCK;
  },
});

const AllocateVersion = durabilitySystem.action({}, {
  when: [isAt("allocate"), ({ now, design }) => design.versions === "maxSeen" || now.counter < now.mark],
  then: ({ now, next, design }) => {
    next.counter = now.counter + 1;
    next.own = now.counter + 1;
    next.pc = design.durability === "none" ? "apply" : "write";
  },
});

const ownRecord = (now: S["now"], whole: boolean): LogRecord => ({ txn: now.txn, version: now.own, whole });

const WriteRecord = durabilitySystem.action({}, {
  when: [isAt("write")],
  then: ({ now, next }) => {
    next.cache = [...now.cache, { type: "Append", record: ownRecord(now, true) }];
    next.sinceSync = now.sinceSync + 1;
    next.pc = "sync";
  },
});

/** The write or the sync has failed: the writer does as it is designed. */
const fail = ({ now, next, design }: Effect): void => {
  next.failures = now.failures + 1;
  if (design.walFailure === "poison") {
    next.outcome[index(now)] = "unknown";
    next.pc = "stopped";
  } else if (design.walFailure === "ignore") {
    next.outcome[index(now)] = "aborted";
    next.pc = "idle";
  } else next.pc = "cut";
};

/** A full disk, say: half of the record is in the file. */
const WriteFails = durabilitySystem.action({}, {
  when: [isAt("write"), ({ now, constants }) => now.failures < constants.failures],
  then: (scope) => {
    const { now, next } = scope;
    next.cache = [...now.cache, { type: "Append", record: ownRecord(now, false) }];
    fail(scope);
  },
});

const Sync = durabilitySystem.action({}, {
  when: [isAt("sync"), mustSync],
  then: (scope) => {
    sync(scope);
    scope.next.pc = "apply";
  },
});

const SyncFails = durabilitySystem.action({}, {
  when: [isAt("sync"), mustSync, ({ now, constants }) => now.failures < constants.failures],
  then: fail,
});

const GoOnUnsynced = durabilitySystem.action({}, {
  when: [isAt("sync"), (scope) => !mustSync(scope)],
  then: ({ next }) => {
    next.pc = "apply";
  },
});

/** The timer of the batched mode. */
const SyncOverdue = durabilitySystem.action({}, {
  when: [({ design }) => design.durability === "batched", isAt("idle"), ({ now }) => now.sinceSync > 0],
  then: sync,
});

const CutRecord = durabilitySystem.action({}, {
  when: [isAt("cut")],
  then: (scope) => {
    const { now, next, design } = scope;
    next.cache = [...now.cache, { type: "Cut", length: file(scope).length - 1 }];
    if (design.walFailure === "truncate") next.outcome[index(now)] = "aborted";
    next.pc = design.walFailure === "truncate" ? "idle" : "syncCut";
  },
});

const SyncCut = durabilitySystem.action({}, {
  when: [isAt("syncCut")],
  then: (scope) => {
    const { now, next } = scope;
    sync(scope);
    next.outcome[index(now)] = "aborted";
    next.pc = "idle";
  },
});

const ApplyKey = durabilitySystem.action({}, {
  when: [isAt("apply")],
  then: ({ now, next }) => {
    next.store.add({ key: now.applied + 1, txn: now.txn, version: now.own });
    next.seen.add({ txn: now.txn, version: now.own });
    next.applied = (now.applied + 1) % KEYS;
    if (now.applied + 1 === KEYS) next.pc = "answer";
  },
});

const Acknowledge = durabilitySystem.action({}, {
  when: [isAt("answer")],
  then: ({ now, next }) => {
    next.outcome[index(now)] = "acknowledged";
    next.pc = "idle";
  },
});

const IN_FLIGHT: readonly Label[] = ["validate", "allocate", "write", "sync", "apply", "answer"];
const crashPoint = (now: S["now"], rest: "none" | "torn" | "whole"): S["now"]["crashedAt"][1] => {
  if (now.pc === "apply" || now.pc === "answer") return "logged";
  return rest === "none" ? "beforeTheLog" : rest;
};

/** Memory is gone. `rest`: what is left of the record in flight, if there was one. */
const die = ({ now, next }: Effect, rest: "none" | "torn" | "whole"): void => {
  if (IN_FLIGHT.includes(now.pc)) next.crashedAt[index(now)] = crashPoint(now, rest);
  next.pc = "down";
  next.store.assign([]);
  next.counter = 0;
  next.own = 0;
  next.applied = 0;
  next.sinceSync = 0;
};

/** The page cache survives. A write that was under way may have got half of its record there. */
const CrashProcess = durabilitySystem.action({ torn: [false, true] }, {
  when: [
    ({ now }) => now.pc !== "down",
    ({ now, constants }) => now.processCrashes < constants.processCrashes,
    ({ now, torn }) => !torn || now.pc === "write",
  ],
  then: (scope) => {
    const { now, next, torn } = scope;
    next.processCrashes = now.processCrashes + 1;
    if (torn) next.cache = [...now.cache, { type: "Append", record: ownRecord(now, false) }];
    die(scope, torn ? "torn" : now.pc === "sync" ? "whole" : "none");
  },
});

/** What the disk may be left with: a prefix of the changes that were under way, and half of the next record. */
const aftermath = durabilitySystem.domain({}, ({ now }) => {
  const underWay = now.pc === "write" ? [...now.cache, { type: "Append", record: ownRecord(now, true) } as const] : now.cache;
  return range(0, now.cache.length).flatMap((kept) => [
    { kept, torn: false },
    ...(underWay[kept]?.type === "Append" ? [{ kept, torn: true }] : []),
  ]);
});

const CrashMachine = durabilitySystem.action({ left: aftermath }, {
  when: [({ now, constants }) => now.machineCrashes < constants.machineCrashes],
  then: (scope) => {
    const { now, next, left } = scope;
    next.machineCrashes = now.machineCrashes + 1;
    const half = now.pc === "write" && left.kept === now.cache.length ? ownRecord(now, false) : undefined;
    const change = now.cache[left.kept];
    const next_ = change?.type === "Append" ? { ...change.record, whole: false } : half;
    next.disk = [...content(now.disk, now.cache.slice(0, left.kept)), ...(left.torn && next_ !== undefined ? [next_] : [])];
    next.cache = [];
    die(scope, now.pc === "sync" && left.kept === now.cache.length ? "whole" : left.torn ? "torn" : "none");
  },
});

/** A poisoned engine is started again; its process ends in good order, but its log is as it is. */
const Restart = durabilitySystem.action({}, {
  when: [isAt("stopped")],
  then: (scope) => die(scope, "none"),
});

/** Recovery, first step: the torn tail is cut off (in the page cache). */
const CutTail = durabilitySystem.action({}, {
  when: [isAt("down")],
  then: (scope) => {
    const { now, next, design } = scope;
    const all = file(scope);
    const length = readable(all).length;
    if (length < all.length) next.cache = [...now.cache, { type: "Cut", length }];
    next.pc = design.recoverySync === "syncFirst" ? "recover" : "replay";
  },
});

const SyncRecovered = durabilitySystem.action({}, {
  when: [isAt("recover")],
  then: (scope) => {
    sync(scope);
    scope.next.pc = "replay";
  },
});

const Replay = durabilitySystem.action({}, {
  when: [isAt("replay")],
  then: (scope) => {
    const { now, next, design } = scope;
    const records = file(scope).map(({ txn, version }) => ({ txn, version }));
    next.store.assign(records.flatMap((r) => range(1, KEYS).map((key) => ({ key, ...r }))));
    next.seen.assign(new Set([...now.seen, ...records.filter((r) => !now.seen.has(r))]));
    next.counter = design.versions === "reserved" ? now.mark : Math.max(0, ...records.map((r) => r.version));
    next.pc = "idle";
  },
});

const isServing = isAt("idle");
const isStored = ({ now }: S, txn: number): boolean => range(1, KEYS).every((key) => now.store.some((e) => e.txn === txn && e.key === key));
const isGone = ({ now }: S, txn: number): boolean => !now.store.some((e) => e.txn === txn);
const lost = (scope: S): readonly Index[] =>
  transactions(scope.constants).filter((t) => scope.now.outcome[t] === "acknowledged" && !isStored(scope, t));
const inService = (claim: (scope: S) => boolean) => (scope: S) => !isServing(scope) || claim(scope);

const invariants = {
  /** Acknowledged is acknowledged, as long as only processes crash. */
  SurvivesProcessCrash: inService((scope) => scope.now.machineCrashes > 0 || lost(scope).length === 0),
  SurvivesMachineCrash: inService((scope) => lost(scope).length === 0),
  /** The audit's bound for the batched mode: each machine crash costs at most batch - 1 records. */
  LossWithinBatch: inService((scope) => lost(scope).length <= (scope.constants.batch - 1) * scope.now.machineCrashes),
  AbortedNeverAppears: inService((scope) =>
    transactions(scope.constants).every((t) => scope.now.outcome[t] !== "aborted" || isGone(scope, t)),
  ),
  /** What a reader can see, no crash takes back. */
  DurableBeforeVisible: ({ now }: S): boolean =>
    now.store.every((e) => readable(now.disk).some((r) => r.txn === e.txn && r.version === e.version)),
  /** No version is ever seen with two meanings: else compare-and-set by version succeeds against a value that was never read. */
  VersionMeansOneWrite: ({ now }: S): boolean =>
    now.seen.every((a) => now.seen.every((b) => a.version !== b.version || a.txn === b.txn)),
  /** The crash-point table (section 8), row by row. */
  CrashTable: inService((scope) =>
    transactions(scope.constants).every((t) => {
      const point = scope.now.crashedAt[t];
      if (point === "logged") return isStored(scope, t);
      if (point === "beforeTheLog" || point === "torn") return isGone(scope, t);
      return point !== "whole" || scope.design.crashTable === "tornIsLost" || isGone(scope, t);
    }),
  ),
};

const outcomes = ({ now, constants }: S): string =>
  transactions(constants)
    .filter((t) => now.outcome[t] !== "none")
    .map((t) => `t${String(t)} ${now.outcome[t]}`)
    .join(", ");

export const durability = durabilitySystem.spec({
  init: ({ constants }) => ({
    disk: [],
    cache: [],
    mark: 0,
    pc: "idle",
    txn: 0,
    own: 0,
    counter: 0,
    applied: 0,
    sinceSync: 0,
    outcome: mapOf(transactions(constants), () => "none" as const),
    store: setOf(),
    crashedAt: mapOf(transactions(constants), () => "nowhere" as const),
    seen: setOf(),
    processCrashes: 0,
    machineCrashes: 0,
    failures: 0,
  }),
  actions: {
    Begin, Validate, RaiseMark, AllocateVersion, WriteRecord, WriteFails, Sync, SyncFails, GoOnUnsynced, SyncOverdue,
    CutRecord, SyncCut, ApplyKey, Acknowledge, CrashProcess, CrashMachine, Restart, CutTail, SyncRecovered, Replay,
  },
  invariants,
  witnesses: {
    AllAreAcknowledged: ({ now, constants }) => transactions(constants).every((t) => now.outcome[t] === "acknowledged"),
  },
  lanes: {
    actor: (action) => (action.startsWith("Crash") ? "" : ["CutTail", "SyncRecovered", "Replay"].includes(action) ? "Recovery" : "Writer"),
    stores: {
      Client: outcomes,
      Memory: ({ now }) =>
        now.store.toArray().map((e) => `k${String(e.key)}=t${String(e.txn)}@${String(e.version)}`).join(" "),
      "Page cache": ({ now }) => now.cache.map(changeText).join(", "),
      Disk: ({ now }) => fileText(now.disk),
    },
  },
});

/**
 * Recovery replays the log into an empty store, operation by operation, and sets the version counter (the audit,
 * section 8). Each branch commits transactions on its one key: take a version, write the log record (two steps, so that
 * another branch may come in between), apply operation by operation, answer. Branches hold different commit locks, so
 * versions need not stand in the log in order. Writing is strict; a torn last record is cut off at once.
 * The process may crash at every step, also while it replays; an apply may fail; a record may be delivered to the
 * replay a second time; a replay may fail for good, or be started again.
 * Left out: what is not synced (durability), segments (torn-tail), validation and snapshots of transactions.
 */
import { bool, int, map, mapOf, oneOf, ordered, range, record, seq, set, setOf, system } from "../../language/index.ts";
import type { Index, NextOf, ScopeOf } from "../../language/index.ts";
import { Chain, KINDS, Kind, MOST, chainText, inserted, operations, readAt } from "./chains.ts";

type Constants = { readonly branches: number };
const branches = (c: Constants): readonly Index[] => range(1, c.branches);
const Branch = ordered("Branch", branches);
const Commit = record({ branch: Branch, version: int(1, MOST) });

export const replaySystem = system({
  name: "transactional-store/recovery",
  constants: {
    branches: { default: 1, min: 1, max: 2 },
    /** Transactions in all. */
    commits: { default: 2, min: 1, max: 4 },
    crashes: { default: 2, min: 0, max: 3 },
    failures: { default: 1, min: 0, max: 1 },
    /** Records that the replay is given once more, and replays that are started again. */
    repeats: { default: 1, min: 0, max: 2 },
    /** 0: only the record that was replayed last is given once more; 1: any that was replayed. */
    olderAgain: { default: 1, min: 0, max: 1 },
  },
  design: {
    /** In which order the operations of one transaction on one key are replayed. */
    replayOrder: ["asLive", "putsThenDeletes"],
    chainInsert: ["ordered", "pushFront"],
    /** After an apply that failed behind the log: stop and recover; tell the client that it is durable but not visible; or report success. */
    applyFailure: ["stopAndRecover", "durableButNotVisible", "reportOk"],
    /** A replay that is started again in the same process begins with an empty store, or with what it has. */
    retryInto: ["emptyStore", "sameStore"],
    /** The version counter after recovery: the highest version seen, or that of the last record. */
    counters: ["maxSeen", "lastSeen"],
    walLock: ["held", "none"],
    /** After a replay that failed (a record cannot be decoded, a file cannot be read): stay down, or start with an empty store. */
    recoveryFailure: ["refuse", "startEmpty"],
  },
  variables: {
    pc: map(Branch, oneOf("idle", "start", "write", "apply", "answer")),
    kind: map(Branch, Kind),
    own: map(Branch, int(0, MOST)),
    begun: int(0, 4),
    /** The operations of its transaction that a branch has applied. */
    done: map(Branch, int(0, 2)),
    /** Has another branch written into the middle of this one's record? */
    mixed: map(Branch, bool),
    log: seq(record({ branch: Branch, version: int(1, MOST), kind: Kind, whole: bool })),
    store: map(Branch, Chain),
    counter: int(0, MOST),
    status: oneOf("up", "down", "replay"),
    /** The next record and operation to replay. */
    cursor: int(0, MOST),
    step: int(0, 2),
    acknowledged: set(Commit),
    /** Told to the client: durable, and not to be seen before a restart. */
    told: set(Commit),
    crashes: int(0, 3),
    failures: int(0, 1),
    repeats: int(0, 2),
  },
});

type S = ScopeOf<typeof replaySystem>;
type OfBranch = S & { readonly b: Index };
type Effect = S & { readonly next: NextOf<typeof replaySystem> };
const isUp = ({ now }: S): boolean => now.status === "up";
const isReplaying = ({ now }: S): boolean => now.status === "replay";
const isAt =
  (label: S["now"]["pc"][1]) =>
  ({ now, b }: OfBranch): boolean =>
    now.pc[b] === label;
const everywhere = <const V>(c: Constants, value: V) => mapOf(branches(c), () => value);

const Begin = replaySystem.action({ b: Branch, kind: KINDS }, {
  when: [isUp, isAt("idle"), ({ now, constants }) => now.begun < constants.commits],
  then: ({ now, next, b, kind }) => {
    next.begun = now.begun + 1;
    next.kind[b] = kind;
    next.own[b] = now.counter + 1;
    next.counter = now.counter + 1;
    next.pc[b] = "start";
  },
});

const othersWriting = ({ now, constants, b }: OfBranch): readonly Index[] =>
  branches(constants).filter((other) => other !== b && now.pc[other] === "write");

const StartWrite = replaySystem.action({ b: Branch }, {
  when: [isAt("start"), (scope) => scope.design.walLock === "none" || othersWriting(scope).length === 0],
  then: (scope) => {
    const { next, b } = scope;
    next.pc[b] = "write";
    for (const other of othersWriting(scope)) next.mixed[b] = next.mixed[other] = true;
  },
});

const FinishWrite = replaySystem.action({ b: Branch }, {
  when: [isAt("write")],
  then: ({ now, next, b }) => {
    next.log = [...now.log, { branch: b, version: now.own[b], kind: now.kind[b], whole: !now.mixed[b] }];
    next.pc[b] = "apply";
    next.done[b] = 0;
  },
});

const Apply = replaySystem.action({ b: Branch }, {
  when: [isAt("apply")],
  then: ({ now, next, design, b }) => {
    const all = operations(now.kind[b], "asLive");
    const is = all[now.done[b]] ?? "value";
    next.store[b] = inserted(now.store[b], { version: now.own[b], is }, design.chainInsert);
    next.done[b] = now.done[b] + 1;
    if (now.done[b] + 1 === all.length) next.pc[b] = "answer";
  },
});

const stop = ({ next, constants }: Effect): void => {
  next.status = "down";
  next.store = everywhere(constants, []);
  next.counter = 0;
  next.pc = everywhere(constants, "idle");
  next.kind = everywhere(constants, "put");
  next.own = everywhere(constants, 0);
  next.done = everywhere(constants, 0);
  next.mixed = everywhere(constants, false);
  next.cursor = 0;
  next.step = 0;
};

const ApplyFails = replaySystem.action({ b: Branch }, {
  when: [isAt("apply"), ({ now, constants }) => now.failures < constants.failures],
  then: (scope) => {
    const { now, next, design, b } = scope;
    if (design.applyFailure === "stopAndRecover") stop(scope);
    else next.pc[b] = "idle";
    next.failures = now.failures + 1;
    const commit = { branch: b, version: now.own[b] };
    if (design.applyFailure === "reportOk") next.acknowledged.add(commit);
    if (design.applyFailure === "durableButNotVisible") next.told.add(commit);
  },
});

const Acknowledge = replaySystem.action({ b: Branch }, {
  when: [isAt("answer")],
  then: ({ now, next, b }) => {
    next.acknowledged.add({ branch: b, version: now.own[b] });
    next.pc[b] = "idle";
  },
});

const Crash = replaySystem.action({}, {
  when: [({ now }) => now.status !== "down", ({ now, constants }) => now.crashes < constants.crashes],
  then: (scope) => {
    stop(scope);
    scope.next.crashes = scope.now.crashes + 1;
  },
});

/** Records whose checksum is wrong end the log, for good. */
const StartReplay = replaySystem.action({}, {
  when: [({ now }) => now.status === "down"],
  then: ({ now, next }) => {
    const bad = now.log.findIndex((r) => !r.whole);
    if (bad >= 0) next.log = now.log.slice(0, bad);
    next.status = "replay";
  },
});

const ReplayOperation = replaySystem.action({}, {
  when: [isReplaying, ({ now }) => now.cursor < now.log.length],
  then: ({ now, next, design }) => {
    const r = now.log[now.cursor];
    if (r === undefined) return;
    const all = operations(r.kind, design.replayOrder);
    const is = all[now.step] ?? "value";
    next.store[r.branch] = inserted(now.store[r.branch], { version: r.version, is }, design.chainInsert);
    const isLast = now.step + 1 === all.length;
    next.step = isLast ? 0 : now.step + 1;
    if (isLast) next.cursor = now.cursor + 1;
    if (isLast) next.counter = design.counters === "maxSeen" ? Math.max(now.counter, r.version) : r.version;
  },
});

const replayed = replaySystem.domain({}, ({ now, constants }) =>
  now.log.slice(0, now.cursor).flatMap((_, at) => (constants.olderAgain === 1 || at === now.cursor - 1 ? [at] : [])),
);
/** Once more, a record that has been replayed: the last one, or an older one. */
const ReplayAgain = replaySystem.action({ record: replayed }, {
  when: [({ now }) => now.step === 0, ({ now, constants }) => now.repeats < constants.repeats],
  then: ({ now, next, design, record: at }) => {
    const r = now.log[at];
    if (r === undefined) return;
    next.repeats = now.repeats + 1;
    next.store[r.branch] = operations(r.kind, design.replayOrder).reduce(
      (chain: Chain, is) => inserted(chain, { version: r.version, is }, design.chainInsert),
      now.store[r.branch],
    );
    next.counter = Math.max(now.counter, r.version);
  },
});

const RetryReplay = replaySystem.action({}, {
  when: [isReplaying, ({ now, constants }) => now.repeats < constants.repeats],
  then: ({ now, next, constants, design }) => {
    next.repeats = now.repeats + 1;
    next.cursor = 0;
    next.step = 0;
    if (design.retryInto === "emptyStore") next.store = everywhere(constants, []);
  },
});

const RecoveryFails = replaySystem.action({}, {
  when: [isReplaying, ({ now, constants }) => now.failures < constants.failures],
  then: (scope) => {
    stop(scope);
    scope.next.failures = scope.now.failures + 1;
    if (scope.design.recoveryFailure === "startEmpty") scope.next.status = "up";
  },
});

const Open = replaySystem.action({}, {
  when: [isReplaying, ({ now }) => now.cursor === now.log.length],
  then: ({ next }) => {
    next.status = "up";
    next.cursor = 0;
  },
});

/** What the branch's key should read as at a version: the last operation, in live order, of its newest transaction up to there. */
const meant = ({ now, b }: OfBranch, version: number): number | undefined => {
  const newest = now.log
    .filter((r) => r.branch === b && r.version <= version)
    .reduce<S["now"]["log"][number] | undefined>((a, r) => (a === undefined || r.version > a.version ? r : a), undefined);
  return newest !== undefined && operations(newest.kind, "asLive").at(-1) === "value" ? newest.version : undefined;
};
const isQuiet = (scope: OfBranch): boolean => isUp(scope) && scope.now.pc[scope.b] === "idle";

const invariants = {
  /** Live state and replayed state are the same: at every version, a key reads as the log says. */
  StoreMatchesLog: (scope: S): boolean =>
    branches(scope.constants).every(
      (b) =>
        !isQuiet({ ...scope, b }) ||
        range(0, scope.now.counter).every((v) => readAt(scope.now.store[b], v)?.version === meant({ ...scope, b }, v)),
    ),
  /** What was acknowledged as committed is in the store. */
  AcknowledgedIsVisible: (scope: S): boolean =>
    !isUp(scope) || scope.now.acknowledged.every((a) => scope.now.store[a.branch].some((e) => e.version === a.version)),
  VersionsAreUnique: ({ now }: S): boolean => now.log.every((r, i) => now.log.every((o, j) => i === j || r.version !== o.version)),
};

export const replay = replaySystem.spec({
  init: ({ constants }) => ({
    pc: everywhere(constants, "idle"),
    kind: everywhere(constants, "put"),
    own: everywhere(constants, 0),
    begun: 0,
    done: everywhere(constants, 0),
    mixed: everywhere(constants, false),
    log: [],
    store: everywhere(constants, []),
    counter: 0,
    status: "up",
    cursor: 0,
    step: 0,
    acknowledged: setOf(),
    told: setOf(),
    crashes: 0,
    failures: 0,
    repeats: 0,
  }),
  actions: {
    Begin, StartWrite, FinishWrite, Apply, ApplyFails, Acknowledge, Crash, StartReplay, ReplayOperation, ReplayAgain, RetryReplay,
    RecoveryFails, Open,
  },
  invariants,
  witnesses: { TwoAreReplayed: ({ now }) => now.status === "replay" && now.cursor === 2 },
  lanes: {
    actor: (action, args) =>
      action === "Crash" ? "" : typeof args["b"] === "number" ? `Branch ${String(args["b"])}` : "Recovery",
    stores: {
      Client: ({ now }) =>
        [...now.acknowledged.toArray().map((a) => `v${String(a.version)} acknowledged`), ...now.told.toArray().map((a) => `v${String(a.version)} durable, not visible`)].join(", "),
      Memory: ({ now, constants }) => branches(constants).map((b) => `k${String(b)}: ${chainText(now.store[b])}`).join("; "),
      Log: ({ now }) => now.log.map((r) => `v${String(r.version)} ${r.kind} k${String(r.branch)}${r.whole ? "" : " bad"}`).join(", "),
    },
  },
});

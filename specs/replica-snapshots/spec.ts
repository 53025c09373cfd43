/**
 * A replica of Viewstamped Replication that lags restores a snapshot of a peer: the effect of a committed prefix, whatever
 * view the peer is in. What may the replica conclude from it? VR_STATE_TRANSFER.tla has no snapshots, and its messages make
 * five replicas too many to search; here a message is what can still be read of who has sent it: the votes for a view and
 * the log that its primary has told stay for ever, so that anyone may act on them late.
 */
import { int, map, mapOf, oneOf, ordered, range, record, seq, system } from "../language/index.ts";
import type { Index, NextOf, ScopeOf } from "../language/index.ts";

type Constants = { readonly replicas: number; readonly values: number; readonly views: number; readonly snapshots: number };
const replicasOf = (c: Constants): readonly Index[] => range(1, c.replicas);
const viewsOf = (c: Constants): readonly Index[] => range(1, c.views);
const minority = (c: Constants): number => Math.floor(c.replicas / 2);
const Replica = ordered("Replica", replicasOf);
const View = ordered("View", viewsOf);
const Count = int(0, (c: Constants) => c.values);
/** Requests are numbered in the order in which they are made: only equality of them matters. */
const Log = seq(Count);

export const rs = system({
  name: "replica-snapshots",
  constants: {
    replicas: { default: 5, min: 3, max: 7 },
    values: { default: 2, min: 1, max: 4 },
    views: { default: 2, min: 1, max: 4 },
    snapshots: { default: 1, min: 0, max: 4 },
  },
  design: {
    /** Does a snapshot raise what the replica executes alone, or also the commit number that it tells others of its view? */
    commitNumber: ["ofTheView", "ofTheSnapshot"],
    /** What a peer takes a snapshot of: the ops that it knows to be committed, or all that it has. */
    source: ["committed", "prepared"],
    /** May a snapshot be installed that is older than what the replica has executed? */
    older: ["refused", "installed"],
  },
  variables: {
    replicas: map(
      Replica,
      record({
        viewNumber: View,
        lastNormalView: View,
        log: Log,
        /** Ops below are in the snapshot only. */
        checkpoint: Count,
        /** What the replica knows to be committed in its view, and tells others. */
        commitNumber: Count,
        /** What it executes. */
        committedTo: Count,
      }),
    ),
    /** View -> what its primary has told of log and commit number, how many have acknowledged each op, and the votes that are to make it. */
    views: map(
      View,
      record({
        isLed: oneOf("no", "yes"),
        log: Log,
        commitNumber: Count,
        /** By op, up to a minority: who they are does not matter, as nobody acknowledges an op of a view twice. */
        acknowledged: seq(int(0, (c: Constants) => c.replicas)),
        votes: map(Replica, record({ lastNormalView: int(0, (c: Constants) => c.views), log: Log, commitNumber: Count })),
      }),
    ),
    requested: Count,
    installed: int(0, (c: Constants) => c.snapshots),
  },
});
type Scope = ScopeOf<typeof rs>;
type OfReplica = Scope & { readonly r: Index };
type Taking = OfReplica & { readonly next: NextOf<typeof rs> };

const self = ({ now, r }: OfReplica) => now.replicas[r];
const viewOf = ({ now, r }: OfReplica) => now.views[now.replicas[r].viewNumber];
const primary = (view: number, c: Constants): number => 1 + ((view - 1) % c.replicas);
const isNormal = (scope: OfReplica): boolean => self(scope).lastNormalView === self(scope).viewNumber;
const isPrimary = (scope: OfReplica): boolean => primary(self(scope).viewNumber, scope.constants) === scope.r;
const learn = ({ now, next, r }: Taking, commitNumber: number): void => {
  next.replicas[r].commitNumber = commitNumber;
  next.replicas[r].committedTo = Math.max(now.replicas[r].committedTo, commitNumber);
};
const acknowledge = ({ now, next, constants }: Taking, v: Index, from: number, to: number): void => {
  const { acknowledged, log } = now.views[v];
  next.views[v].acknowledged = log.map((_, i) => Math.min(minority(constants), (acknowledged[i] ?? 0) + (i >= from && i < to ? 1 : 0)));
};
/** A log that takes the place of the own one. What is in the snapshot stays. */
const replaced = (scope: OfReplica, log: readonly number[]): readonly number[] => {
  const { log: own, checkpoint } = self(scope);
  return [...own.slice(0, checkpoint), ...log.slice(checkpoint)];
};

const Request = rs.action({ r: Replica }, {
  when: [isNormal, isPrimary, ({ now, constants }) => now.requested < constants.values],
  then: ({ now, next, r }) => {
    const { viewNumber, log } = now.replicas[r];
    next.requested = now.requested + 1;
    next.replicas[r].log = [...log, now.requested + 1];
    next.views[viewNumber].log = [...log, now.requested + 1];
  },
});

const Prepare = rs.action({ r: Replica }, {
  when: [isNormal, (scope) => !isPrimary(scope), (scope) => viewOf(scope).log.length > self(scope).log.length],
  then: (scope) => {
    const { next, r } = scope;
    const { viewNumber, log } = self(scope);
    next.replicas[r].log = [...log, ...viewOf(scope).log.slice(log.length, log.length + 1)];
    acknowledge(scope, viewNumber, log.length, log.length + 1);
  },
});

const Commit = rs.action({ r: Replica }, {
  when: [
    isNormal,
    isPrimary,
    (scope) => self(scope).commitNumber < self(scope).log.length,
    (scope) => (viewOf(scope).acknowledged[self(scope).commitNumber] ?? 0) >= minority(scope.constants),
  ],
  then: (scope) => {
    learn(scope, self(scope).commitNumber + 1);
    scope.next.views[self(scope).viewNumber].commitNumber = self(scope).commitNumber + 1;
  },
});

/** The primary's heartbeat says what is committed. */
const Hear = rs.action({ r: Replica }, {
  when: [
    isNormal,
    (scope) => !isPrimary(scope),
    (scope) => Math.min(viewOf(scope).commitNumber, self(scope).log.length) > self(scope).commitNumber,
  ],
  then: (scope) => learn(scope, Math.min(viewOf(scope).commitNumber, self(scope).log.length)),
});

/** State transfer in a view: the ops that are missing, from anyone in normal operation who has them. */
const Transfer = rs.action({ r: Replica, from: Replica }, {
  when: [
    isNormal,
    (scope) => !isPrimary(scope),
    (scope) => isNormal({ ...scope, r: scope.from }),
    ({ now, r, from }) => now.replicas[from].viewNumber === now.replicas[r].viewNumber,
    ({ now, r, from }) => now.replicas[from].log.length > now.replicas[r].log.length,
    ({ now, r, from }) => now.replicas[from].checkpoint <= now.replicas[r].log.length,
  ],
  then: (scope) => {
    const { now, next, r, from } = scope;
    const { viewNumber, log, commitNumber } = self(scope);
    const peer = now.replicas[from];
    next.replicas[r].log = [...log, ...peer.log.slice(log.length)];
    acknowledge(scope, viewNumber, log.length, peer.log.length);
    learn(scope, Math.max(commitNumber, peer.commitNumber));
  },
});

/** A replica leaves its view for a later one, and tells the new primary what it has. */
const Vote = rs.action({ r: Replica, v: View }, {
  when: (scope) => scope.v > self(scope).viewNumber,
  then: (scope) => {
    const { next, r, v } = scope;
    const { lastNormalView, log, commitNumber } = self(scope);
    next.replicas[r].viewNumber = v;
    if (scope.now.views[v].isLed === "no") next.views[v].votes[r] = { lastNormalView, log, commitNumber };
  },
});

/** With votes from a majority, its own included, the primary leads the view with the best log among them. */
const Lead = rs.action({ r: Replica }, {
  when: [
    isPrimary,
    (scope) => !isNormal(scope),
    (scope) => votes(scope).length > minority(scope.constants),
    (scope) => best(scope).length >= self(scope).committedTo,
  ],
  then: (scope) => {
    const { next, r } = scope;
    const { viewNumber } = self(scope);
    const log = replaced(scope, best(scope));
    const commitNumber = Math.max(...votes(scope).map((vote) => vote.commitNumber));
    next.replicas[r].lastNormalView = viewNumber;
    next.replicas[r].log = log;
    next.views[viewNumber].isLed = "yes";
    next.views[viewNumber].log = log;
    next.views[viewNumber].commitNumber = commitNumber;
    for (const peer of replicasOf(scope.constants)) next.views[viewNumber].votes[peer] = noVote;
    learn(scope, commitNumber);
  },
});
const noVote = { lastNormalView: 0, log: [], commitNumber: 0 };
const votes = (scope: OfReplica) =>
  replicasOf(scope.constants).map((peer) => viewOf(scope).votes[peer]).filter((vote) => vote.lastNormalView > 0);
const best = (scope: OfReplica): readonly number[] =>
  votes(scope).reduce<{ readonly lastNormalView: number; readonly log: readonly number[] }>(
    (a, b) => (b.lastNormalView > a.lastNormalView || (b.lastNormalView === a.lastNormalView && b.log.length > a.log.length) ? b : a),
    { lastNormalView: 0, log: [] },
  ).log;

/** A replica takes over the log of a view that is led. */
const Enter = rs.action({ r: Replica, v: View }, {
  when: [
    ({ now, v }) => now.views[v].isLed === "yes",
    (scope) => scope.v > self(scope).viewNumber || (scope.v === self(scope).viewNumber && !isNormal(scope)),
    ({ now, r, v }) => now.views[v].log.length >= now.replicas[r].committedTo,
  ],
  then: (scope) => {
    const { now, next, r, v } = scope;
    const { log, commitNumber } = now.views[v];
    next.replicas[r].viewNumber = v;
    next.replicas[r].lastNormalView = v;
    next.replicas[r].log = replaced(scope, log);
    acknowledge(scope, v, 0, log.length);
    learn(scope, commitNumber);
  },
});

/** The ops up to `opNumber` are replaced by the peer's. Those above stay. */
const InstallSnapshot = rs.action({ r: Replica, from: Replica, opNumber: range(1, 4) }, {
  when: [
    ({ now, constants }) => now.installed < constants.snapshots,
    ({ r, from }) => from !== r,
    ({ now, design, from, opNumber }) => {
      const { log, committedTo } = now.replicas[from];
      return opNumber <= (design.source === "committed" ? committedTo : log.length);
    },
    ({ now, design, r, opNumber }) => design.older === "installed" || opNumber > now.replicas[r].committedTo,
  ],
  then: (scope) => {
    const { now, next, r, from, opNumber } = scope;
    const { log, checkpoint, commitNumber, viewNumber } = self(scope);
    next.installed = now.installed + 1;
    const kept = Math.max(checkpoint, opNumber);
    next.replicas[r].log = opNumber > checkpoint ? [...now.replicas[from].log.slice(0, opNumber), ...log.slice(opNumber)] : log;
    next.replicas[r].checkpoint = kept;
    next.replicas[r].committedTo = opNumber;
    if (scope.design.commitNumber === "ofTheView") return;
    next.replicas[r].commitNumber = Math.max(commitNumber, opNumber);
    if (isNormal(scope) && isPrimary(scope)) next.views[viewNumber].commitNumber = Math.max(now.views[viewNumber].commitNumber, opNumber);
  },
});

const all = ({ now, constants }: Scope) => replicasOf(constants).map((r) => now.replicas[r]);
/** No two replicas execute different ops under one number. */
const NoLogDivergence = (scope: Scope): boolean =>
  all(scope).every((a) =>
    all(scope).every((b) => a.log.slice(0, Math.min(a.committedTo, b.committedTo)).every((value, i) => value === b.log[i])),
  );
/** What one replica executes, a majority has: a later view cannot lose it. */
const CommittedOpsExistOnMajority = (scope: Scope): boolean =>
  all(scope).every(({ log, committedTo }) =>
    log.slice(0, committedTo).every((value, i) => all(scope).filter((other) => other.log[i] === value).length > minority(scope.constants)),
  );
const CommitNumberNeverHigherThanOpNumber = (scope: Scope): boolean =>
  all(scope).every(({ log, commitNumber, committedTo }) => commitNumber <= committedTo && committedTo <= log.length);
/** The ops that a replica is still to execute are in its log. */
const NoHoleBehindSnapshot = (scope: Scope): boolean => all(scope).every(({ checkpoint, committedTo }) => checkpoint <= committedTo);

export const replicaSnapshots = rs.spec({
  init: ({ constants }) => ({
    replicas: mapOf(replicasOf(constants), () => ({ viewNumber: 1, lastNormalView: 1, log: [], checkpoint: 0, commitNumber: 0, committedTo: 0 })),
    views: mapOf(viewsOf(constants), (v) => ({
      isLed: v === 1 ? "yes" : "no",
      log: [],
      commitNumber: 0,
      acknowledged: [],
      votes: mapOf(replicasOf(constants), () => noVote),
    })),
    requested: 0,
    installed: 0,
  }),
  actions: { Request, Prepare, Commit, Hear, Transfer, Vote, Lead, Enter, InstallSnapshot },
  invariants: { NoLogDivergence, CommittedOpsExistOnMajority, CommitNumberNeverHigherThanOpNumber, NoHoleBehindSnapshot },
});

/**
 * A replica of Viewstamped Replication that has lost its disk, and so all that it has promised, comes back under its old
 * number. It takes part in nothing until every other replica has heard of its new incarnation, and has refused the old one from then on
 * (the fence); then it goes on in the latest view that they told of, with the log of that view's primary.
 *
 * A promise is an acknowledgement of an op or a vote for a view. One that its receiver has taken counts for ever; one that is
 * still under way counts only if its receiver has not heard of a later incarnation of the sender. Nothing that was sent
 * disappears, so that anyone may act on it late. As in `replica-snapshots`, the log that a view's primary has told can be
 * read for ever. Left out: what a replica that keeps its disk does after a crash (it is one that was paused), commit numbers
 * of backups, snapshots, and the loss of more disks at a time than a minority.
 */
import { bool, int, map, mapOf, oneOf, optional, ordered, range, record, seq, system } from "../language/index.ts";
import type { Index, ScopeOf } from "../language/index.ts";

type Constants = { readonly replicas: number; readonly values: number; readonly views: number; readonly losses: number };
const replicasOf = (c: Constants): readonly Index[] => range(1, c.replicas);
const viewsOf = (c: Constants): readonly Index[] => range(1, c.views);
const incarnationsOf = (c: Constants): readonly Index[] => range(0, c.losses);
const minority = (c: Constants): number => Math.floor(c.replicas / 2);
const primary = (view: number, c: Constants): number => 1 + ((view - 1) % c.replicas);
const Replica = ordered("Replica", replicasOf);
const View = ordered("View", viewsOf);
const Incarnation = ordered("Incarnation", incarnationsOf);
const ViewOrNone = int(0, (c: Constants) => c.views);
const Count = int(0, (c: Constants) => c.values);
const Log = seq(Count);
const Vote = record({ lastNormalView: ViewOrNone, log: Log });

export const rj = system({
  name: "replica-rejoin",
  constants: {
    replicas: { default: 3, min: 3, max: 5 },
    values: { default: 1, min: 1, max: 3 },
    views: { default: 2, min: 1, max: 4 },
    losses: { default: 2, min: 0, max: 4 },
  },
  design: {
    /** A replica without a memory: does it ask the others first, or begin as a new one would? */
    afterLoss: ["asks", "takesPart"],
    /** Does whoever answers refuse the promises of earlier incarnations from then on? */
    fence: ["answers", "none"],
    /** Does whoever asks hear of the answerers' incarnations as well? It has forgotten which it refused. */
    handshake: ["bothWays", "oneWay"],
    /** Whose answers are needed: those of all others, or of as many as form a majority without it, as in the paper. */
    answers: ["all", "majority"],
    /** Whose log is taken: that of the primary of the latest view that was told, or of any primary that has answered. */
    log: ["ofTheLatestView", "ofAnyPrimary"],
  },
  variables: {
    replicas: map(
      Replica,
      record({
        /** How often it has lost its disk. */
        incarnation: Incarnation,
        /** It has lost its memory and does not take part yet. */
        asks: bool,
        viewNumber: View,
        lastNormalView: ViewOrNone,
        log: Log,
        /** The latest incarnation of each replica that it has heard of. */
        known: map(Replica, Incarnation),
        /** What it was told since it asks: the answerer's view, 0 for one that asks itself, and the log of a primary. */
        told: map(Replica, optional(record({ viewNumber: ViewOrNone, log: optional(Log) }))),
      }),
    ),
    views: map(
      View,
      record({
        isLed: oneOf("no", "yes"),
        log: Log,
        commitNumber: Count,
        /** By sender and its incarnation: up to which op it has acknowledged, and its vote for this view. */
        acknowledged: map(Replica, map(Incarnation, Count)),
        votes: map(Replica, map(Incarnation, optional(Vote))),
        /** What of it the primary has taken. */
        counted: map(Replica, Count),
        collected: map(Replica, optional(Vote)),
      }),
    ),
    /** Op by op: what a client was told is committed, and in which view. */
    committed: seq(record({ value: Count, viewNumber: View })),
    requested: Count,
    lost: int(0, (c: Constants) => c.losses),
  },
});
type Scope = ScopeOf<typeof rj>;
type OfReplica = Scope & { readonly r: Index };

const self = ({ now, r }: OfReplica) => now.replicas[r];
const viewOf = ({ now, r }: OfReplica) => now.views[now.replicas[r].viewNumber];
const takesPart = (scope: OfReplica): boolean => !self(scope).asks;
const isNormal = (scope: OfReplica): boolean => takesPart(scope) && self(scope).lastNormalView === self(scope).viewNumber;
const isPrimary = (scope: OfReplica): boolean => primary(self(scope).viewNumber, scope.constants) === scope.r;
/** Does `r` still take what this incarnation of `from` has sent? */
const isCurrent = (scope: OfReplica, from: Index, incarnation: Index): boolean => incarnation >= self(scope).known[from];

const Request = rj.action({ r: Replica }, {
  when: [isNormal, isPrimary, ({ now, constants }) => now.requested < constants.values],
  then: ({ now, next, r }) => {
    const { viewNumber, log } = now.replicas[r];
    next.requested = now.requested + 1;
    next.replicas[r].log = [...log, now.requested + 1];
    next.views[viewNumber].log = [...log, now.requested + 1];
  },
});

const Prepare = rj.action({ r: Replica }, {
  when: [isNormal, (scope) => !isPrimary(scope), (scope) => viewOf(scope).log.length > self(scope).log.length],
  then: (scope) => {
    const { next, r } = scope;
    const { viewNumber, log, incarnation } = self(scope);
    next.replicas[r].log = [...log, ...viewOf(scope).log.slice(log.length, log.length + 1)];
    next.views[viewNumber].acknowledged[r][incarnation] = log.length + 1;
  },
});

/** The primary counts an acknowledgement. */
const ReceivePrepareOk = rj.action({ r: Replica, from: Replica, incarnation: Incarnation }, {
  when: [
    isNormal,
    isPrimary,
    (scope) => isCurrent(scope, scope.from, scope.incarnation),
    (scope) => viewOf(scope).acknowledged[scope.from][scope.incarnation] > viewOf(scope).counted[scope.from],
  ],
  then: (scope) => {
    const { viewNumber } = self(scope);
    scope.next.views[viewNumber].counted[scope.from] = viewOf(scope).acknowledged[scope.from][scope.incarnation];
  },
});

/** The next op is committed, and its client is told. */
const Commit = rj.action({ r: Replica }, {
  when: [
    isNormal,
    isPrimary,
    (scope) => viewOf(scope).commitNumber < self(scope).log.length,
    (scope) => {
      const { counted, commitNumber } = viewOf(scope);
      return replicasOf(scope.constants).filter((peer) => counted[peer] > commitNumber).length >= minority(scope.constants);
    },
  ],
  then: (scope) => {
    const { now, next } = scope;
    const { viewNumber, log } = self(scope);
    const { commitNumber } = viewOf(scope);
    next.views[viewNumber].commitNumber = commitNumber + 1;
    if (commitNumber >= now.committed.length) next.committed = [...now.committed, { value: log[commitNumber] ?? 0, viewNumber }];
  },
});

/** A replica leaves its view for a later one, and votes for it: DoViewChange. */
const SendVote = rj.action({ r: Replica, v: View }, {
  when: [takesPart, (scope) => scope.v > self(scope).viewNumber],
  then: (scope) => {
    const { next, r, v } = scope;
    const { lastNormalView, log, incarnation } = self(scope);
    next.replicas[r].viewNumber = v;
    next.views[v].votes[r][incarnation] = { lastNormalView, log };
  },
});

/** The primary of a view that is not led yet collects a vote. */
const ReceiveVote = rj.action({ r: Replica, from: Replica, incarnation: Incarnation }, {
  when: [
    takesPart,
    isPrimary,
    (scope) => !isNormal(scope),
    (scope) => isCurrent(scope, scope.from, scope.incarnation),
    (scope) => viewOf(scope).votes[scope.from][scope.incarnation] !== null && viewOf(scope).collected[scope.from] === null,
  ],
  then: (scope) => {
    const { viewNumber } = self(scope);
    scope.next.views[viewNumber].collected[scope.from] = viewOf(scope).votes[scope.from][scope.incarnation];
  },
});

const collected = (scope: OfReplica) =>
  replicasOf(scope.constants).flatMap((peer) => {
    const vote = viewOf(scope).collected[peer];
    return vote === null ? [] : [vote];
  });

/** With votes from a majority, its own included, the primary leads the view with the best log among them: StartView. */
const Lead = rj.action({ r: Replica }, {
  when: [
    takesPart,
    isPrimary,
    (scope) => !isNormal(scope),
    (scope) => viewOf(scope).collected[scope.r] !== null,
    (scope) => collected(scope).length > minority(scope.constants),
  ],
  then: (scope) => {
    const { next, r } = scope;
    const { viewNumber } = self(scope);
    const best = collected(scope).reduce((a, b) =>
      b.lastNormalView > a.lastNormalView || (b.lastNormalView === a.lastNormalView && b.log.length > a.log.length) ? b : a,
    );
    next.replicas[r].lastNormalView = viewNumber;
    next.replicas[r].log = best.log;
    next.views[viewNumber].isLed = "yes";
    next.views[viewNumber].log = best.log;
  },
});

/** A replica takes over the log of a view that is led, and acknowledges it. */
const Enter = rj.action({ r: Replica, v: View }, {
  when: [
    takesPart,
    ({ now, v }) => now.views[v].isLed === "yes",
    (scope) => scope.v > self(scope).viewNumber || (scope.v === self(scope).viewNumber && !isNormal(scope)),
  ],
  then: (scope) => {
    const { now, next, r, v } = scope;
    const { log } = now.views[v];
    next.replicas[r].viewNumber = v;
    next.replicas[r].lastNormalView = v;
    next.replicas[r].log = log;
    next.views[v].acknowledged[r][self(scope).incarnation] = log.length;
  },
});

/** The disk is gone, with all that was promised. At most a minority is without a memory at a time. */
const LoseDisk = rj.action({ r: Replica }, {
  when: [
    takesPart,
    ({ now, constants }) => now.lost < constants.losses,
    ({ now, constants }) => replicasOf(constants).filter((peer) => now.replicas[peer].asks).length < minority(constants),
  ],
  then: (scope) => {
    const { now, next, r, constants, design } = scope;
    const none = mapOf(replicasOf(constants), () => null);
    const incarnation = incarnationAfter(self(scope).incarnation, constants);
    next.lost = now.lost + 1;
    next.replicas[r] = {
      incarnation,
      asks: design.afterLoss === "asks",
      viewNumber: 1,
      lastNormalView: 1,
      log: [],
      known: mapOf(replicasOf(constants), (peer) => (peer === r ? incarnation : 0)),
      told: none,
    };
    // What it had collected for its views was in its memory only.
    for (const v of viewsOf(constants)) if (primary(v, constants) === r) next.views[v].collected = none;
  },
});
const incarnationAfter = (incarnation: Index, c: Constants): Index => incarnationsOf(c).find((i) => i > incarnation) ?? incarnation;

/** A replica that asks is answered: by one in normal operation with its view, and its log if it is the view's primary; by one that asks itself with nothing. */
const Answer = rj.action({ r: Replica, to: Replica }, {
  when: [
    ({ r, to }) => r !== to,
    ({ now, to }) => now.replicas[to].asks,
    (scope) => isNormal(scope) || !takesPart(scope),
  ],
  then: (scope) => {
    const { now, next, r, to, design } = scope;
    const { viewNumber, log } = self(scope);
    next.replicas[to].told[r] = isNormal(scope) ? { viewNumber, log: isPrimary(scope) ? log : null } : { viewNumber: 0, log: null };
    if (design.fence === "none") return;
    next.replicas[r].known[to] = now.replicas[to].incarnation;
    if (design.handshake === "bothWays") next.replicas[to].known[r] = now.replicas[r].incarnation;
  },
});

const answers = (scope: OfReplica) =>
  replicasOf(scope.constants).flatMap((peer) => {
    const told = self(scope).told[peer];
    return told === null ? [] : [told];
  });
const states = (scope: OfReplica) => answers(scope).filter(({ viewNumber }) => viewNumber > 0);
const latestTold = (scope: OfReplica): number => Math.max(...states(scope).map(({ viewNumber }) => viewNumber));
/** The answer to go on from, if there is one. */
const chosen = (scope: OfReplica) =>
  states(scope).find(({ viewNumber, log }) => log !== null && (scope.design.log === "ofAnyPrimary" || viewNumber === latestTold(scope)));

const Rejoin = rj.action({ r: Replica }, {
  when: [
    (scope) => !takesPart(scope),
    (scope) => states(scope).length > minority(scope.constants),
    (scope) => scope.design.answers === "majority" || answers(scope).length === scope.constants.replicas - 1,
    (scope) => chosen(scope) !== undefined,
  ],
  then: (scope) => {
    const { next, r, constants } = scope;
    const answer = chosen(scope);
    const viewNumber = viewsOf(constants).find((v) => v === answer?.viewNumber);
    if (viewNumber === undefined) throw new Error("an answer without a view was chosen");
    const log = answer?.log ?? [];
    next.replicas[r].asks = false;
    next.replicas[r].viewNumber = viewNumber;
    next.replicas[r].lastNormalView = viewNumber;
    next.replicas[r].log = log;
    next.replicas[r].told = mapOf(replicasOf(constants), () => null);
    next.views[viewNumber].acknowledged[r][self(scope).incarnation] = log.length;
  },
});

/** What a client was told is in the log of every view that is led from then on. */
const AcknowledgedWriteNotLost = ({ now, constants }: Scope): boolean =>
  now.committed.every(({ value, viewNumber }, i) =>
    viewsOf(constants).every((v) => v < viewNumber || now.views[v].isLed === "no" || now.views[v].log[i] === value),
  );
/** Of the replicas that take part, at most a minority lacks it. */
const AcknowledgedWriteOnMajorityOrForgotten = ({ now, constants }: Scope): boolean =>
  now.committed.every(
    ({ value }, i) =>
      replicasOf(constants).filter((r) => !now.replicas[r].asks && now.replicas[r].log[i] !== value).length <= minority(constants),
  );

export const replicaRejoin = rj.spec({
  init: ({ constants }) => ({
    replicas: mapOf(replicasOf(constants), () => ({
      incarnation: 0,
      asks: false,
      viewNumber: 1,
      lastNormalView: 1,
      log: [],
      known: mapOf(replicasOf(constants), () => 0),
      told: mapOf(replicasOf(constants), () => null),
    })),
    views: mapOf(viewsOf(constants), (v) => ({
      isLed: v === 1 ? "yes" : "no",
      log: [],
      commitNumber: 0,
      acknowledged: mapOf(replicasOf(constants), () => mapOf(incarnationsOf(constants), () => 0)),
      votes: mapOf(replicasOf(constants), () => mapOf(incarnationsOf(constants), () => null)),
      counted: mapOf(replicasOf(constants), () => 0),
      collected: mapOf(replicasOf(constants), () => null),
    })),
    committed: [],
    requested: 0,
    lost: 0,
  }),
  actions: { Request, Prepare, ReceivePrepareOk, Commit, SendVote, ReceiveVote, Lead, Enter, LoseDisk, Answer, Rejoin },
  invariants: { AcknowledgedWriteNotLost, AcknowledgedWriteOnMajorityOrForgotten },
  witnesses: {
    AReplicaRejoins: ({ now, constants }) => now.committed.length > 0 && replicasOf(constants).some((r) => now.replicas[r].incarnation > 0 && !now.replicas[r].asks),
  },
});

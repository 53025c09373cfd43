/** View change: StartViewChange (SVC), DoViewChange (DVC), StartView (SV), as in VR_STATE_TRANSFER.tla. */
import type { Index } from "../language/index.ts";
import { Replica, broadcast, majority, minority, replicasOf } from "./messages.ts";
import type { Constants, MessageOf } from "./messages.ts";
import { canProgress, isNormalPrimary, primary, receivable, startViewChange, vr } from "./state.ts";
import type { OfReplica, ReplicaState } from "./state.ts";

/** A replica that is not a working primary has waited long enough. Time is not modelled: this may happen at any moment. */
export const TimerSendSVC = vr.action({ r: Replica }, {
  when: [({ now, constants }) => now.auxSvc < constants.startViewOnTimerLimit, canProgress, (scope) => !isNormalPrimary(scope)],
  then: (scope) => {
    scope.next.auxSvc = scope.now.auxSvc + 1;
    startViewChange(scope, scope.now.replicas[scope.r].viewNumber + 1);
  },
});

/** A replica hears of a later view and joins its change. */
export const ReceiveHigherSVC = vr.action({ r: Replica, m: receivable("StartViewChange") }, {
  when: [canProgress, ({ now, r, m }) => m.viewNumber > now.replicas[r].viewNumber],
  then: (scope) => {
    scope.next.messages.discard(scope.m);
    startViewChange(scope, scope.m.viewNumber);
  },
});

/** A StartViewChange of the replica's own view is only recorded: as a delivered message it is counted by SendDVC. */
export const ReceiveMatchingSVC = vr.action({ r: Replica, m: receivable("StartViewChange") }, {
  when: [
    canProgress,
    ({ now, r }) => now.replicas[r].status === "ViewChange",
    ({ now, r, m }) => m.viewNumber === now.replicas[r].viewNumber,
  ],
  then: ({ next, m }) => next.messages.discard(m),
});

const countOfReceivedSVCs = ({ now, r }: OfReplica): number =>
  now.messages.to(r).delivered("StartViewChange").filter((m) => m.viewNumber === now.replicas[r].viewNumber).length;

/** With StartViewChanges from a minority, the replica sends what it knows to the new view's primary, once. */
export const SendDVC = vr.action({ r: Replica }, {
  when: [
    canProgress,
    ({ now, r }) => now.replicas[r].status === "ViewChange",
    ({ now, r }) => !now.replicas[r].sentDvc,
    (scope) => countOfReceivedSVCs(scope) >= minority(scope.constants),
  ],
  then: ({ now, next, constants, r }) => {
    const message = doViewChange(now.replicas[r], r, constants);
    next.replicas[r].sentDvc = true;
    if (message.dest === r) next.messages.sendAsReceived(message);
    else next.messages.send(message);
  },
});

/** What replica r has to say about the log when its view changes. */
export const doViewChange = (self: ReplicaState, r: Index, constants: Constants): MessageOf<"DoViewChange"> => ({
  type: "DoViewChange",
  viewNumber: self.viewNumber,
  log: self.log,
  lastNormalVn: self.lastNormalView,
  opNumber: self.opNumber,
  commitNumber: self.commitNumber,
  dest: primary(self.viewNumber, constants),
  source: r,
});

/** The new primary hears of its view from a DoViewChange, and joins the change like anyone else. */
export const ReceiveHigherDVC = vr.action({ r: Replica, m: receivable("DoViewChange") }, {
  when: [canProgress, ({ now, r, m }) => m.viewNumber > now.replicas[r].viewNumber],
  then: (scope) => {
    scope.next.messages.discard(scope.m);
    startViewChange(scope, scope.m.viewNumber);
  },
});

/** A DoViewChange of the replica's own view is only recorded, to be counted by SendSV. */
export const ReceiveMatchingDVC = vr.action({ r: Replica, m: receivable("DoViewChange") }, {
  when: [
    canProgress,
    ({ now, r }) => now.replicas[r].status === "ViewChange",
    ({ now, r, m }) => m.viewNumber === now.replicas[r].viewNumber,
  ],
  then: ({ next, m }) => next.messages.discard(m),
});

/** TLA+ ValidDvc(r, m): the DoViewChanges received for the current view. */
const validDvcs = ({ now, r }: OfReplica): readonly MessageOf<"DoViewChange">[] =>
  now.messages.to(r).delivered("DoViewChange").filter((m) => m.viewNumber === now.replicas[r].viewNumber);

/** Is the log of `a` to be preferred to that of `b`? By the last normal view, then by length. */
export const outranks = (a: MessageOf<"DoViewChange">, b: MessageOf<"DoViewChange">): boolean =>
  a.lastNormalVn > b.lastNormalVn || (a.lastNormalVn === b.lastNormalVn && a.opNumber > b.opNumber);

/** TLA+ HighestLog and HighestCommitNumber. Where DoViewChanges tie for the best log, the lowest source is chosen. */
export const highest = (dvcs: readonly MessageOf<"DoViewChange">[]): { readonly best: MessageOf<"DoViewChange">; readonly commitNumber: number } => {
  const best = dvcs.reduce((a, b) => (outranks(b, a) || (!outranks(a, b) && b.source < a.source) ? b : a));
  return { best, commitNumber: Math.max(...dvcs.map((m) => m.commitNumber)) };
};

/** With DoViewChanges from a majority, its own included, the replica leads the view with the best log among them. */
export const SendSV = vr.action({ r: Replica }, {
  when: [
    canProgress,
    ({ now, r }) => now.replicas[r].status === "ViewChange",
    ({ now, r }) => !now.replicas[r].sentSv,
    (scope) => validDvcs(scope).length >= majority(scope.constants),
  ],
  then: (scope) => {
    const { now, next, constants, r } = scope;
    const { viewNumber } = now.replicas[r];
    const { best, commitNumber } = highest(validDvcs(scope));
    const { log } = best;
    const opNumber = log.length;
    const self = next.replicas[r];
    self.status = "Normal";
    self.log = log;
    self.opNumber = opNumber;
    for (const peer of replicasOf(constants)) self.peerOpNumber[peer] = 0;
    self.commitNumber = commitNumber;
    self.sentSv = true;
    self.lastNormalView = viewNumber;
    broadcast(next.messages, constants, r, (dest) => ({ type: "StartView", viewNumber, log, opNumber, commitNumber, dest, source: r }));
  },
});

/** A replica takes over the log of a new view, and acknowledges what it did not know to be committed. */
export const ReceiveSV = vr.action({ r: Replica, m: receivable("StartView") }, {
  when: [
    canProgress,
    ({ now, design, r, m }) => {
      const { viewNumber, status } = now.replicas[r];
      return m.viewNumber > viewNumber || (m.viewNumber === viewNumber && (status === "ViewChange" || design.startViewGuard === "monotonic"));
    },
  ],
  then: ({ now, next, constants, r, m }) => {
    const { viewNumber, opNumber } = m;
    const self = next.replicas[r];
    self.status = "Normal";
    self.viewNumber = viewNumber;
    self.log = m.log;
    self.opNumber = opNumber;
    self.commitNumber = m.commitNumber;
    self.lastNormalView = viewNumber;
    self.sentDvc = false;
    self.sentSv = false;
    next.messages.discard(m);
    if (now.replicas[r].commitNumber < opNumber)
      next.messages.send({ type: "PrepareOk", viewNumber, opNumber, dest: primary(viewNumber, constants), source: r });
  },
});

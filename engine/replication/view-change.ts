/**
 * View change: StartViewChange (SVC), DoViewChange (DVC), StartView (SV). Guards and effects are the spec's final design.
 *
 * Beyond the spec a log may start above 1, because its beginning is in a checkpoint. Two guards see to that:
 * - `leavesNoHole`: the ops below the start of the message's log are known here to be committed, so what is here is what
 *   the sender dropped. Otherwise the sender's snapshot is asked for (RequestSnapshot...).
 * - `coversCommitted`: the message's log has all that is committed here. It always has, in the spec; but a snapshot may
 *   come from a later view than that of a message which arrives afterwards, and such a message is of no more use.
 */
import { majority, minority, primary } from "./group.ts";
import type { Message, MessageOf } from "./messages.ts";
import { broadcast, isNormalPrimary, setCommitNumber, setStatus, setViewNumber, viewIsCurrent, viewIsLater } from "./state.ts";
import type { Action, Guarded, None, Received, Scope } from "./state.ts";

const isChangingView = ({ self }: Guarded): boolean => self.status === "ViewChange";

/** Enters a later view's change: ResetSentVars and NewSVCMessage to all. */
const startViewChange = (scope: Scope, viewNumber: number): void => {
  const { self, r } = scope;
  setViewNumber(self, viewNumber);
  setStatus(self, "ViewChange");
  self.sentDvc = false;
  self.sentSv = false;
  broadcast(scope, (dest) => ({ type: "StartViewChange", viewNumber, dest, source: r }));
};

/** A replica that is not a working primary has waited long enough. */
export const TimerSendSVC: Action<None> = {
  guards: { isNotNormalPrimary: (scope) => !isNormalPrimary(scope) },
  effect: (scope) => startViewChange(scope, scope.self.viewNumber + 1),
};

/** A replica hears of a later view and joins its change. */
export const ReceiveHigherSVC: Action<Received<"StartViewChange">> = {
  guards: { viewIsLater },
  effect: (scope, { message }) => {
    startViewChange(scope, message.viewNumber);
    scope.self.receivedSVCs.add(message.source);
  },
};

/** A StartViewChange of the replica's own view is only recorded, to be counted by SendDVC. */
export const ReceiveMatchingSVC: Action<Received<"StartViewChange">> = {
  guards: { isChangingView, viewIsCurrent },
  effect: ({ self }, { message }) => {
    self.receivedSVCs.add(message.source);
  },
};

/** With StartViewChanges from a minority, the replica sends what it knows to the new view's primary, once. */
export const SendDVC: Action<None> = {
  guards: {
    isChangingView,
    hasNotSentDvc: ({ self }) => !self.sentDvc,
    hasSVCsFromMinority: ({ self, replicas }) => self.receivedSVCs.size >= minority(replicas),
  },
  effect: (scope) => {
    scope.self.sentDvc = true;
    sendDoViewChange(scope);
  },
};

/** What this replica has to say about the log when its view changes. To itself, it is as good as received. */
export const sendDoViewChange = ({ self, r, replicas, send }: Scope): void => {
  const { viewNumber, log, lastNormalView, commitNumber } = self;
  const message: MessageOf<"DoViewChange"> = {
    type: "DoViewChange",
    viewNumber,
    logStart: log.logStart,
    log: log.from(log.logStart),
    lastNormalVn: lastNormalView,
    opNumber: log.opNumber,
    commitNumber,
    dest: primary(viewNumber, replicas),
    source: r,
  };
  if (message.dest === r) self.receivedDVCs.set(r, message);
  else send(message);
};

/** The new primary hears of its view from a DoViewChange, and joins the change like anyone else. */
export const ReceiveHigherDVC: Action<Received<"DoViewChange">> = {
  guards: { viewIsLater },
  effect: (scope, { message }) => {
    startViewChange(scope, message.viewNumber);
    scope.self.receivedDVCs.set(message.source, message);
  },
};

/** A DoViewChange of the replica's own view is only recorded, to be counted by SendSV. */
export const ReceiveMatchingDVC: Action<Received<"DoViewChange">> = {
  guards: { isChangingView, viewIsCurrent },
  effect: ({ self }, { message }) => {
    self.receivedDVCs.set(message.source, message);
  },
};

/** Is the log of `a` to be preferred to that of `b`? By the last normal view, then by length; the lowest source of equals. */
export const outranks = (a: MessageOf<"DoViewChange">, b: MessageOf<"DoViewChange">): boolean => {
  if (a.lastNormalVn !== b.lastNormalVn) return a.lastNormalVn > b.lastNormalVn;
  if (a.opNumber !== b.opNumber) return a.opNumber > b.opNumber;
  return a.source < b.source;
};

/** TLA+ HighestLog: the best of the DoViewChanges for the current view. */
const best = ({ self }: Guarded): MessageOf<"DoViewChange"> | undefined => {
  const [first, ...others] = self.receivedDVCs.values();
  return first === undefined ? undefined : others.reduce((a, b) => (outranks(b, a) ? b : a), first);
};

const hasNotSentSv = ({ self }: Guarded): boolean => !self.sentSv;
const hasDVCsFromMajority = ({ self, replicas }: Guarded): boolean => self.receivedDVCs.size >= majority(replicas);
const continuesOwnLog = ({ self }: Guarded, message: { readonly logStart: number }): boolean => message.logStart - 1 <= self.committedTo;
const hasCommittedOps = ({ self }: Guarded, message: { readonly opNumber: number }): boolean => message.opNumber >= self.committedTo;
const bestIs = (holds: (scope: Guarded, message: MessageOf<"DoViewChange">) => boolean) => (scope: Guarded) => {
  const message = best(scope);
  return message !== undefined && holds(scope, message);
};

/** With DoViewChanges from a majority, its own included, the replica leads the view with the best log among them. */
export const SendSV: Action<None> = {
  guards: {
    isChangingView,
    hasNotSentSv,
    hasDVCsFromMajority,
    leavesNoHole: bestIs(continuesOwnLog),
    coversCommitted: bestIs(hasCommittedOps),
  },
  effect: (scope) => {
    const { self } = scope;
    const message = best(scope);
    if (message === undefined) throw new Error("SendSV without a DoViewChange"); // A guard has counted them.
    const commitNumber = Math.max(...[...self.receivedDVCs.values()].map((dvc) => dvc.commitNumber));
    setStatus(self, "Normal");
    self.log.replaceFrom(message.logStart, message.log);
    self.peerOpNumber.clear();
    setCommitNumber(self, commitNumber);
    self.sentSv = true;
    self.lastNormalView = self.viewNumber;
    self.viewStartOp = self.log.opNumber;
    broadcast(scope, (dest) => startView(scope, dest));
  },
};

const startView = ({ self, r }: Scope, dest: number): Message => {
  const { viewNumber, log, commitNumber } = self;
  const { logStart, opNumber } = log;
  return { type: "StartView", viewNumber, logStart, log: log.from(logStart), opNumber, commitNumber, dest, source: r };
};

/** Strict: a StartView of the own view counts only during its change. A late one would undo what was prepared since. */
const viewIsLaterOrChanging = (scope: Guarded, args: Received<"StartView">): boolean =>
  viewIsLater(scope, args) || (viewIsCurrent(scope, args) && isChangingView(scope));

/** A replica takes over the log of a new view, and acknowledges what it did not know to be committed. */
export const ReceiveSV: Action<Received<"StartView">> = {
  guards: {
    viewIsLaterOrChanging,
    leavesNoHole: (scope, { message }) => continuesOwnLog(scope, message),
    coversCommitted: (scope, { message }) => hasCommittedOps(scope, message),
  },
  effect: ({ self, r, send }, { message }) => {
    const { viewNumber, opNumber, source: dest } = message;
    const hasUncommitted = self.commitNumber < opNumber;
    setViewNumber(self, viewNumber);
    setStatus(self, "Normal");
    self.log.replaceFrom(message.logStart, message.log);
    setCommitNumber(self, message.commitNumber);
    self.lastNormalView = viewNumber;
    self.sentDvc = false;
    self.sentSv = false;
    if (hasUncommitted) send({ type: "PrepareOk", viewNumber, opNumber, dest, source: r });
  },
};

/** Beyond the spec, against loss: the StartViewChanges of the current view again, and the DoViewChange if it was sent. */
export const RepeatViewChange: Action<None> = {
  guards: { isChangingView },
  effect: (scope) => {
    const { self, r } = scope;
    broadcast(scope, (dest) => ({ type: "StartViewChange", viewNumber: self.viewNumber, dest, source: r }));
    if (self.sentDvc) sendDoViewChange(scope);
  },
};

/**
 * Beyond the spec, against loss: a primary tells whoever shows that it has not entered the view how it stands now. The
 * StartView may be longer than the first one. Who takes it was never Normal in the view, so it has acknowledged nothing
 * of the view that could be undone.
 */
export const RepeatStartView: Action<Received<"StartViewChange" | "DoViewChange" | "CommitOk">> = {
  guards: {
    isNormalPrimary,
    senderIsBehind: ({ self }, { message }) =>
      message.viewNumber < self.viewNumber ||
      (message.viewNumber === self.viewNumber && !(message.type === "CommitOk" && message.status !== "ViewChange")),
    senderDoesNotAwaitState: (_, { message }) => !(message.type === "CommitOk" && message.status === "StateTransfer"),
  },
  effect: (scope, { message }) => scope.send(startView(scope, message.source)),
};

const isNotWanted = ({ self }: Guarded): boolean => self.snapshotWanted === undefined;

/** Beyond the spec: a StartView that cannot be taken for the ops that its sender has dropped. It will be sent again. */
export const RequestSnapshotForSV: Action<Received<"StartView">> = {
  guards: { viewIsLaterOrChanging, leavesHole: (scope, { message }) => !continuesOwnLog(scope, message), isNotWanted },
  effect: ({ self }, { message }) => {
    self.snapshotWanted = { peer: message.source, opNumber: message.logStart - 1 };
  },
};

/** Beyond the spec: the new primary cannot lead with the best log before it has the ops that log's owner has dropped. */
export const RequestSnapshotForDVC: Action<None> = {
  guards: {
    isChangingView,
    hasNotSentSv,
    hasDVCsFromMajority,
    leavesHole: (scope) => !SendSV.guards["leavesNoHole"]?.(scope, {}),
    isNotWanted,
  },
  effect: (scope) => {
    const message = best(scope);
    if (message !== undefined) scope.self.snapshotWanted = { peer: message.source, opNumber: message.logStart - 1 };
  },
};

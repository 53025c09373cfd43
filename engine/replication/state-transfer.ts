/**
 * State transfer: a replica that hears of a later view from a Prepare it cannot append asks for what it lacks. The spec's
 * final design: it keeps its view and its log until the state has arrived (lazy, no truncation), waits in a status of its
 * own, and takes state only from a view above its own.
 *
 * Beyond the spec:
 * - Within the view (SendGetStateInView, ReceiveNewStateInView). The replica stays Normal and asks from its op number.
 *   Logs of Normal replicas of one view differ only in length, so what arrives is what the missing Prepares would have
 *   brought, and to append it is to take those Prepares in a row. Nothing that was acknowledged is overwritten.
 * - Below the sender's checkpoint (AnswerSnapshotNeeded, ReceiveSnapshotNeeded, InstallSnapshot). A snapshot is the effect
 *   of a committed prefix, whatever view it comes from. Installing it replaces the own ops up to there by committed
 *   ones, and keeps those above. If these two disagree with the replica's view, a majority has left that view for one in
 *   which other ops were committed; then the view commits nothing any more, and a log of that last normal view is never
 *   the best of a majority's.
 */
import { primary } from "./group.ts";
import { logHasRoom } from "./normal-operation.ts";
import { isNormalBackup, setCommitNumber, setStatus, setViewNumber, viewIsCurrent, viewIsLater } from "./state.ts";
import type { Action, Guarded, None, Received, Scope } from "./state.ts";

const isNormal = ({ self }: Guarded): boolean => self.status === "Normal";
const isInStateTransfer = ({ self }: Guarded): boolean => self.status === "StateTransfer";

const sendGetState = ({ r, send }: Scope, viewNumber: number, opNumber: number): void =>
  send({ type: "GetState", viewNumber, opNumber, dest: "any", source: r });
const requestKey = (viewNumber: number, opNumber: number): string => `${viewNumber}/${opNumber}`;

/** The Prepare is not consumed: it can still be appended once the state has arrived. */
export const SendGetState: Action<Received<"Prepare">> = {
  guards: {
    isNormalBackup,
    viewIsLater,
    leavesGap: ({ self }, { message }) => message.opNumber > self.log.opNumber + 1,
    wasNotSent: ({ self }, { message }) => !self.sentGetStates.has(requestKey(message.viewNumber, self.commitNumber)),
  },
  effect: (scope, { message }) => {
    const { self } = scope;
    setStatus(self, "StateTransfer");
    self.requestedView = message.viewNumber;
    self.sentGetStates.add(requestKey(message.viewNumber, self.commitNumber));
    sendGetState(scope, message.viewNumber, self.commitNumber);
  },
};

/** Beyond the spec, against loss: the same request again. */
export const RepeatGetState: Action<None> = {
  guards: { isInStateTransfer, viewIsKnown: ({ self }) => self.requestedView > self.viewNumber },
  effect: (scope) => sendGetState(scope, scope.self.requestedView, scope.self.commitNumber),
};

/** A replica of the wanted view answers with the part of its log above the given op number, if there is one. */
export const ReceiveGetState: Action<Received<"GetState">> = {
  guards: {
    isNormal,
    viewIsCurrent,
    hasMore: ({ self }, { message }) => self.log.opNumber > message.opNumber,
    isRetained: ({ self }, { message }) => message.opNumber >= self.log.checkpoint,
  },
  effect: ({ self, r, send }, { message }) => {
    const { viewNumber, log, commitNumber } = self;
    const firstOp = message.opNumber + 1;
    const { opNumber } = log;
    send({ type: "NewState", viewNumber, log: log.from(firstOp), firstOp, opNumber, commitNumber, dest: message.source, source: r });
  },
};

/** The state arrives: the replica takes it over and works in the view it came from. */
export const ReceiveNewState: Action<Received<"NewState">> = {
  guards: {
    isInStateTransfer,
    viewIsLater,
    leavesNoHole: ({ self }, { message }) => self.log.opNumber >= message.firstOp - 1,
    // Beyond the spec: see view-change.ts.
    coversCommitted: ({ self }, { message }) => message.opNumber >= self.committedTo,
  },
  effect: ({ self }, { message }) => {
    setViewNumber(self, message.viewNumber);
    setStatus(self, "Normal");
    self.lastNormalView = message.viewNumber;
    self.log.replaceFrom(message.firstOp, message.log);
    setCommitNumber(self, message.commitNumber);
  },
};

/** Beyond the spec: a backup lacks ops of its own view. It asks again only after the next heartbeat. */
export const SendGetStateInView: Action<Received<"Prepare" | "Commit">> = {
  guards: {
    isNormalBackup,
    viewIsCurrent,
    leavesGap: ({ self }, { message }) => message.opNumber > self.log.opNumber + (message.type === "Prepare" ? 1 : 0),
    wasNotSent: ({ self }) => self.requestedInView !== self.log.opNumber,
  },
  effect: (scope) => {
    const { self } = scope;
    self.requestedInView = self.log.opNumber;
    sendGetState(scope, self.viewNumber, self.log.opNumber);
  },
};

/** Beyond the spec: the missing ops of the view arrive, as so many Prepares would. */
export const ReceiveNewStateInView: Action<Received<"NewState">> = {
  guards: {
    isNormalBackup,
    viewIsCurrent,
    leavesNoHole: ({ self }, { message }) => self.log.opNumber >= message.firstOp - 1,
    hasMore: ({ self }, { message }) => message.opNumber > self.log.opNumber,
    logHasRoom,
  },
  effect: ({ self, r, replicas, send }, { message }) => {
    const { viewNumber, log } = self;
    for (const operation of message.log.slice(log.opNumber + 1 - message.firstOp)) log.append(operation);
    setCommitNumber(self, Math.max(self.commitNumber, message.commitNumber));
    self.requestedInView = -1;
    send({ type: "PrepareOk", viewNumber, opNumber: log.opNumber, dest: primary(viewNumber, replicas), source: r });
  },
};

/** Beyond the spec: the wanted ops are in this replica's checkpoint. */
export const AnswerSnapshotNeeded: Action<Received<"GetState">> = {
  guards: { isNormal, viewIsCurrent, isDropped: ({ self }, { message }) => message.opNumber < self.log.checkpoint },
  effect: ({ self, r, send }, { message }) =>
    send({ type: "SnapshotNeeded", viewNumber: self.viewNumber, opNumber: self.log.checkpoint, dest: message.source, source: r }),
};

/** Beyond the spec: state transfer goes on when the application has restored a snapshot. */
export const ReceiveSnapshotNeeded: Action<Received<"SnapshotNeeded">> = {
  guards: {
    awaitsState: (scope, args) =>
      isInStateTransfer(scope) ? viewIsLater(scope, args) : isNormalBackup(scope) && viewIsCurrent(scope, args),
    isNews: ({ self }, { message }) => message.opNumber > self.committedTo,
    isNotWanted: ({ self }) => self.snapshotWanted === undefined,
  },
  effect: ({ self }, { message }) => {
    self.snapshotWanted = { peer: message.source, opNumber: message.opNumber };
  },
};

/** Beyond the spec: the application has the effect of every op up to `opNumber`; all of them are committed. */
export const InstallSnapshot: Action<{ readonly opNumber: number }> = {
  guards: { isNews: ({ self }, { opNumber }) => opNumber > self.committedTo },
  effect: (scope, { opNumber }) => {
    const { self } = scope;
    self.log.dropThrough(opNumber);
    setCommitNumber(self, opNumber);
    self.requestedInView = -1;
    self.snapshotWanted = undefined;
    if (self.requestedView > self.viewNumber) sendGetState(scope, self.requestedView, self.commitNumber);
  },
};

/** Beyond the spec: there was no snapshot to restore, or what it has is known by now. */
export const AbandonSnapshot: Action<None> = {
  guards: {},
  effect: ({ self }) => {
    self.snapshotWanted = undefined;
  },
};

/** Beyond the spec: the application has a checkpoint, so the log need not keep the ops up to `opNumber`. */
export const TruncateLog: Action<{ readonly opNumber: number }> = {
  guards: { isCommitted: ({ self }, { opNumber }) => opNumber <= self.committedTo },
  effect: ({ self }, { opNumber }) => {
    self.log.dropThrough(opNumber);
    setCommitNumber(self, self.commitNumber);
  },
};

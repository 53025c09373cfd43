/** Normal operation: a primary orders requests, backups store them, a majority commits. Guards and effects are the spec's. */
import { minority, peersOf } from "./group.ts";
import { limits } from "./messages.ts";
import type { Message } from "./messages.ts";
import { broadcast, isNormalBackup, isNormalPrimary, setCommitNumber, viewIsCurrent } from "./state.ts";
import type { Action, Guarded, None, Received, Scope } from "./state.ts";

/** Beyond the spec: memory is bounded, so a log that is not truncated takes no more at some point. */
export const logHasRoom = ({ self }: Guarded): boolean => self.log.length < limits.logEntries;

/** A request reaches a replica that believes it is the primary, which appends it to its log and tells the others. */
export const ReceiveClientRequest: Action<{ readonly operation: Uint8Array }> = {
  guards: { isNormalPrimary, logHasRoom },
  effect: (scope, { operation }) => {
    const { self, r } = scope;
    self.log.append(operation);
    const { viewNumber, commitNumber, log } = self;
    const { opNumber } = log;
    broadcast(scope, (dest) => ({ type: "Prepare", viewNumber, message: operation, opNumber, commitNumber, dest, source: r }));
  },
};

/** A backup takes the Prepare messages of its view in order, and answers each. */
export const ReceivePrepareMsg: Action<Received<"Prepare">> = {
  guards: {
    isNormalBackup,
    viewIsCurrent,
    isNextOp: ({ self }, { message }) => message.opNumber === self.log.opNumber + 1,
    logHasRoom,
  },
  effect: ({ self, r, send }, { message }) => {
    self.log.append(message.message);
    setCommitNumber(self, message.commitNumber);
    send({ type: "PrepareOk", viewNumber: self.viewNumber, opNumber: message.opNumber, dest: message.source, source: r });
  },
};

/** The primary registers how far a peer has got. An answer may skip op numbers: it may be to a StartView. */
export const ReceivePrepareOkMsg: Action<Received<"PrepareOk">> = {
  guards: {
    isNormalPrimary,
    viewIsCurrent,
    isNews: ({ self }, { message }) => message.opNumber > (self.peerOpNumber.get(message.source) ?? 0),
  },
  effect: ({ self }, { message }) => {
    self.peerOpNumber.set(message.source, message.opNumber);
  },
};

/** TLA+ IsCommitted: enough peers have acknowledged the op. Supposes that the primary has it. */
const isCommitted = ({ self, replicas }: Guarded, opNumber: number): boolean =>
  [...self.peerOpNumber.values()].filter((acknowledged) => acknowledged >= opNumber).length >= minority(replicas);

/**
 * The primary commits its next op. In the spec it also executes it and answers the client; here the application executes
 * what is committed, in the same order, when its turn comes.
 */
export const ExecuteOp: Action<None> = {
  guards: {
    isNormalPrimary,
    hasUncommittedOp: ({ self }) => self.commitNumber < self.log.opNumber,
    nextOpIsCommitted: (scope) => isCommitted(scope, scope.self.commitNumber + 1),
  },
  effect: ({ self }) => setCommitNumber(self, self.commitNumber + 1),
};

/** How many Prepares are sent again to one peer at a time. A peer that lacks more asks for state. */
const repeatedPrepares = 16;

/** Beyond the spec, which has no loss of messages that matter: Prepares that were not acknowledged are sent again. */
export const RepeatPrepares: Action<{ readonly dest: number }> = {
  guards: {
    isNormalPrimary,
    isBehind: ({ self }, { dest }) => (self.peerOpNumber.get(dest) ?? 0) < self.log.opNumber,
    isRetained: ({ self }, { dest }) => (self.peerOpNumber.get(dest) ?? 0) >= self.log.checkpoint,
  },
  effect: (scope, { dest }) => {
    for (const message of unacknowledged(scope, dest)) scope.send(message);
  },
};

const unacknowledged = ({ self, r }: Scope, dest: number): Message[] => {
  const { viewNumber, commitNumber, log } = self;
  const firstOp = (self.peerOpNumber.get(dest) ?? 0) + 1;
  return log.from(firstOp, repeatedPrepares).map((message, i): Message => {
    const opNumber = firstOp + i;
    // A Prepare says what was committed before it.
    return { type: "Prepare", viewNumber, message, opNumber, commitNumber: Math.min(commitNumber, opNumber - 1), dest, source: r };
  });
};

/** Beyond the spec: the primary's heartbeat, which also tells the backups what is committed. */
export const SendCommit: Action<{ readonly nonce: string }> = {
  guards: { isNormalPrimary },
  effect: ({ self, r, replicas, send }, { nonce }) => {
    const { viewNumber, commitNumber, log } = self;
    for (const dest of peersOf(r, replicas)) {
      const acknowledged = self.peerOpNumber.get(dest) ?? 0;
      send({ type: "Commit", viewNumber, opNumber: log.opNumber, commitNumber, acknowledged, nonce, dest, source: r });
    }
  },
};

/**
 * Beyond the spec: a backup learns what is committed of what it has. That is safe because its log begins as the primary's
 * does. It repeats its last PrepareOk if the primary seems not to know it.
 */
export const ReceiveCommit: Action<Received<"Commit">> = {
  guards: { isNormalBackup, viewIsCurrent },
  effect: ({ self, r, send }, { message }) => {
    const { viewNumber, status, log } = self;
    const { source: dest, nonce, acknowledged } = message;
    setCommitNumber(self, Math.max(self.commitNumber, Math.min(message.commitNumber, log.opNumber)));
    self.requestedInView = -1;
    send({ type: "CommitOk", viewNumber, status, nonce, dest, source: r });
    // After a snapshot that reaches beyond the view the log is empty, and its ops are not the view's to acknowledge.
    const isOfView = log.length > 0 || log.opNumber <= message.opNumber;
    if (acknowledged < log.opNumber && isOfView) send({ type: "PrepareOk", viewNumber, opNumber: log.opNumber, dest, source: r });
  },
};

/** Beyond the spec: a replica that is not yet in the primary's view, or not in normal operation, says so. */
export const AnswerLaterCommit: Action<Received<"Commit">> = {
  guards: {
    isNotBelowOwnView: ({ self }, { message }) => message.viewNumber >= self.viewNumber,
    isNotInTheView: ({ self }, { message }) => message.viewNumber > self.viewNumber || self.status !== "Normal",
  },
  effect: ({ self, r, send }, { message }) => {
    const { viewNumber, status } = self;
    send({ type: "CommitOk", viewNumber, status, nonce: message.nonce, dest: message.source, source: r });
  },
};

/** Beyond the spec: a backup of the view has answered a heartbeat. Whoever sent it counts; the state is as it was. */
export const ReceiveCommitOk: Action<Received<"CommitOk">> = {
  guards: {
    isNormalPrimary,
    viewIsCurrent,
    senderIsNormal: (_, { message }) => message.status === "Normal",
  },
  effect: () => undefined,
};

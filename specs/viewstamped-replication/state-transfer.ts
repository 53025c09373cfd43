/**
 * State transfer: a replica that hears of a later view from a Prepare it cannot append asks for what it lacks
 * (VR_STATE_TRANSFER.tla, SendGetState, ReceiveGetState, ReceiveNewState; the article's part 3). Every design switch of
 * the article acts here, except startViewGuard.
 */
import { Replica } from "./messages.ts";
import type { Message, MessageOf } from "./messages.ts";
import { canProgress, isNormalBackup, receivable, vr } from "./state.ts";
import type { OfReplica } from "./state.ts";

/** The request for state: for the view of the Prepare, from the commit number, or from where the log was cut. */
const getState = ({ now, design, r }: OfReplica, m: MessageOf<"Prepare">): MessageOf<"GetState"> => {
  const { log, commitNumber } = now.replicas[r];
  const opNumber = design.truncate ? Math.min(commitNumber, log.length) : commitNumber;
  return { type: "GetState", viewNumber: m.viewNumber, opNumber, dest: "any", source: r };
};

/** The Prepare is not consumed: it can still be appended once the state has arrived. TLA+ SendOnce is the last conjunct. */
export const SendGetState = vr.action({ r: Replica, m: receivable("Prepare") }, {
  when: [
    canProgress,
    isNormalBackup,
    ({ now, r, m }) => m.viewNumber > now.replicas[r].viewNumber,
    ({ now, r, m }) => m.opNumber > now.replicas[r].opNumber + 1,
    (scope) => !scope.now.messages.has(getState(scope, scope.m)),
  ],
  then: (scope) => {
    const { now, next, design, r, m } = scope;
    const request = getState(scope, m);
    const self = next.replicas[r];
    if (design.transferStatus) self.status = "StateTransfer";
    if (design.truncate) {
      self.log = now.replicas[r].log.slice(0, request.opNumber);
      self.opNumber = request.opNumber;
    }
    if (design.viewUpdate === "eager") {
      self.viewNumber = m.viewNumber;
      self.lastNormalView = m.viewNumber;
    }
    next.messages.send(request);
  },
});

/** TLA+ ReceivableMsg for AnyDest: any replica but the one that asks. */
const receivableGetState = vr.domain({ r: Replica }, ({ now, r }) =>
  now.messages
    .to("any")
    .pending("GetState")
    .filter((m) => m.source !== r),
);

/** A replica of the wanted view answers with the part of its log above the given op number, if there is one. */
export const ReceiveGetState = vr.action({ r: Replica, m: receivableGetState }, {
  when: [
    canProgress,
    ({ now, r }) => now.replicas[r].status === "Normal",
    ({ now, r, m }) => now.replicas[r].viewNumber === m.viewNumber,
    ({ now, r, m }) => now.replicas[r].opNumber > m.opNumber,
  ],
  then: ({ now, next, r, m }) => {
    const { viewNumber, log, opNumber, commitNumber } = now.replicas[r];
    const answer: Message = {
      type: "NewState",
      viewNumber,
      log: log.slice(m.opNumber),
      firstOp: m.opNumber + 1,
      opNumber,
      commitNumber,
      dest: m.source,
      source: r,
    };
    next.messages.discard(m);
    next.messages.send(answer);
  },
});

/** From which views a replica accepts state. An eager one is in the view already. */
const viewIsAcceptable = ({ now, design, r, m }: OfReplica & { readonly m: MessageOf<"NewState"> }): boolean => {
  const { viewNumber } = now.replicas[r];
  if (design.viewUpdate === "eager") return m.viewNumber === viewNumber;
  switch (design.newStateGuard) {
    case "higher":
      return m.viewNumber > viewNumber;
    case "atLeast":
      return m.viewNumber >= viewNumber;
    case "any":
      return true;
  }
};

/** Truncated logs accept only what continues them. Others are overwritten from `firstOp` on, if that leaves no hole. */
const logFits = ({ now, design, r, m }: OfReplica & { readonly m: MessageOf<"NewState"> }): boolean =>
  design.truncate ? now.replicas[r].opNumber === m.firstOp - 1 : now.replicas[r].log.length >= m.firstOp - 1;

/** The state arrives: the replica takes it over and works in the view it came from. */
export const ReceiveNewState = vr.action({ r: Replica, m: receivable("NewState") }, {
  when: [
    ({ now, design, r }) => now.replicas[r].status === (design.transferStatus ? "StateTransfer" : "Normal"),
    canProgress,
    viewIsAcceptable,
    logFits,
  ],
  then: ({ now, next, r, m }) => {
    const self = next.replicas[r];
    self.status = "Normal";
    self.viewNumber = m.viewNumber;
    self.lastNormalView = m.viewNumber;
    self.log = [...now.replicas[r].log.slice(0, m.firstOp - 1), ...m.log];
    self.opNumber = m.opNumber;
    self.commitNumber = m.commitNumber;
    next.messages.discard(m);
  },
});

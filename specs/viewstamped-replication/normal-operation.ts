/** Normal operation: a primary orders requests, backups store them, a majority commits (VR_STATE_TRANSFER.tla). */
import { Replica, Value, broadcast, minority, replicasOf } from "./messages.ts";
import { canProgress, isNormalBackup, isNormalPrimary, receivable, vr } from "./state.ts";
import type { OfReplica } from "./state.ts";

/**
 * A client's request reaches a replica that believes it is the primary, which appends it to its log and tells the
 * others. Clients are not modelled: each value is requested at most once, as the invariants need.
 */
export const ReceiveClientRequest = vr.action({ r: Replica, v: Value }, {
  when: [canProgress, isNormalPrimary, ({ now, v }) => now.auxClientAcked[v] === undefined],
  then: ({ now, next, constants, r, v }) => {
    const { log, viewNumber, commitNumber } = now.replicas[r];
    const opNumber = log.length + 1;
    next.replicas[r].log = [...log, v];
    next.replicas[r].opNumber = opNumber;
    broadcast(next.messages, constants, r, (dest) => ({ type: "Prepare", viewNumber, message: v, opNumber, commitNumber, dest, source: r }));
    next.auxClientAcked[v] = false;
  },
});

/** A backup takes the Prepare messages of its view in order, and answers each. */
export const ReceivePrepareMsg = vr.action({ r: Replica, m: receivable("Prepare") }, {
  when: [
    canProgress,
    isNormalBackup,
    ({ now, r, m }) => m.viewNumber === now.replicas[r].viewNumber,
    ({ now, r, m }) => m.opNumber === now.replicas[r].opNumber + 1,
  ],
  then: ({ now, next, r, m }) => {
    const self = next.replicas[r];
    self.log = [...now.replicas[r].log, m.message];
    self.opNumber = m.opNumber;
    self.commitNumber = m.commitNumber;
    next.messages.discard(m);
    next.messages.send({ type: "PrepareOk", viewNumber: now.replicas[r].viewNumber, opNumber: m.opNumber, dest: m.source, source: r });
  },
});

/** The primary registers how far a peer has got. An answer may skip op numbers: it may be to a StartView. */
export const ReceivePrepareOkMsg = vr.action({ r: Replica, m: receivable("PrepareOk") }, {
  when: [
    canProgress,
    isNormalPrimary,
    ({ now, r, m }) => m.viewNumber === now.replicas[r].viewNumber,
    ({ now, r, m }) => m.opNumber > now.replicas[r].peerOpNumber[m.source],
  ],
  then: ({ next, r, m }) => {
    next.replicas[r].peerOpNumber[m.source] = m.opNumber;
    next.messages.discard(m);
  },
});

/** TLA+ IsCommitted(r, op_number): enough peers have acknowledged it. Supposes that the primary has the op. */
const isCommitted = ({ now, constants, r }: OfReplica, opNumber: number): boolean =>
  replicasOf(constants).filter((peer) => now.replicas[r].peerOpNumber[peer] >= opNumber).length >= minority(constants);

/** The primary executes the next op, if it is committed, and acknowledges it to its client. */
export const ExecuteOp = vr.action({ r: Replica }, {
  when: [
    canProgress,
    isNormalPrimary,
    ({ now, r }) => now.replicas[r].commitNumber < now.replicas[r].opNumber,
    (scope) => isCommitted(scope, scope.now.replicas[scope.r].commitNumber + 1),
  ],
  then: ({ now, next, r }) => {
    const opNumber = now.replicas[r].commitNumber + 1;
    const operation = now.replicas[r].log[opNumber - 1];
    // A log is as long as its op number in every action, so this cannot happen; TLC would stop on such an index, too.
    if (operation === undefined) throw new RangeError(`the log of replica ${String(r)} has no op ${String(opNumber)}`);
    next.replicas[r].commitNumber = opNumber;
    next.auxClientAcked[operation] = true;
  },
});

/**
 * Normal forms of one replica and its inbox, so that states which can never again be told apart count as one.
 *
 * A state and its normal form satisfy the same invariants (nothing that an invariant reads is touched) and have the
 * same successors up to normal form, steps that leave the normal form as it is aside. Hence no verdict and no shortest
 * length changes. The argument for each rule stands beside it and covers every design. Most rest on two facts:
 * - A replica enters a view's change only from a lower view, and so at most once, unless its view may fall
 *   (`isEnteredOnce`). It leads a view only through that view's change.
 * - So it sends each StartViewChange, DoViewChange, StartView and Prepare of that view at most once.
 */
import { equal } from "../language/index.ts";
import { Replica, lastView, majority, messageTypes, minority, replicasOf } from "./messages.ts";
import type { Message, MessageOf } from "./messages.ts";
import { isNormalPrimary, vr } from "./state.ts";
import type { Design, Next, OfReplica } from "./state.ts";
import { doViewChange, highest, outranks } from "./view-change.ts";

/** A view falls only where a NewState of any view is accepted. */
const viewsOnlyGrow = (design: Design): boolean => design.viewUpdate === "eager" || design.newStateGuard !== "any";
/** Who asks for state has heard of a view above the first, so that no view falls below the second. */
const isEnteredOnce = (design: Design, viewNumber: number): boolean => viewsOnlyGrow(design) || viewNumber <= 2;

/** Fields that are written before they are read again. */
export const DeadFields = vr.reduction({ r: Replica }, (scope) => {
  const { now, next, constants, design, r } = scope;
  const { status, viewNumber, sentDvc, peerOpNumber } = now.replicas[r];
  const self = next.replicas[r];
  // Only SendSV reads sentSv, in the status ViewChange, and every step into that status resets it.
  self.sentSv = false;
  // Likewise sentDvc and SendDVC.
  if (status !== "ViewChange") self.sentDvc = false;
  // Only a DoViewChange carries the last normal view. In the last view none will follow the one that has been sent, and
  // the replica leaves the view's change only by becoming Normal, which sets the field.
  else if (sentDvc && viewNumber === lastView(constants)) self.lastNormalView = 1;
  // Only a normal primary reads peerOpNumber, and only SendSV, which clears it, makes a primary.
  const leads = isNormalPrimary(scope);
  const floor = leads && isEnteredOnce(design, viewNumber) ? settledOpNumber(scope) : 0;
  for (const peer of replicasOf(constants)) if (peer !== r) self.peerOpNumber[peer] = leads ? Math.max(floor, peerOpNumber[peer]) : 0;
});

/**
 * Up to this op number the primary has committed, or may commit without hearing more: whether one more peer has it will
 * not be asked, unless the replica may lead the same view again.
 */
const settledOpNumber = ({ now, constants, r }: OfReplica): number => {
  const { peerOpNumber, commitNumber } = now.replicas[r];
  const acknowledged = replicasOf(constants)
    .filter((peer) => peer !== r)
    .map((peer) => peerOpNumber[peer])
    .sort((a, b) => b - a);
  return Math.max(commitNumber, acknowledged[minority(constants) - 1] ?? 0);
};

/** Under `monotonic`, may a StartView still reset the log in the replica's own view? It was sent before any Prepare of that view. */
const lateStartView = ({ now, design, r }: OfReplica): boolean =>
  design.startViewGuard === "monotonic" &&
  now.messages
    .to(r)
    .pending("StartView")
    .some((m) => m.viewNumber === now.replicas[r].viewNumber);

/** In the replica's own view, will its log never again be shorter while it is Normal? */
const logOnlyGrows = (scope: OfReplica): boolean => {
  const { viewUpdate, truncate, transferStatus, newStateGuard } = scope.design;
  const eager = viewUpdate === "eager";
  // A NewState of the own view that is accepted while Normal may be of an older, shorter log; with truncation it only appends.
  const overwritten = eager ? !transferStatus && !truncate : newStateGuard !== "higher";
  // A lazy request cuts the log and, without the status, leaves the replica Normal in its view.
  const cut = !eager && truncate && !transferStatus;
  return !overwritten && !cut && !lateStartView(scope);
};

/** Can the message to r, in its own view, never again enable anything or be counted? */
const isDeadInOwnView = (scope: OfReplica, m: Message): boolean => {
  const { now, design, r } = scope;
  const { status, sentDvc, opNumber, peerOpNumber } = now.replicas[r];
  const lazyAndHigher = design.viewUpdate === "lazy" && design.newStateGuard === "higher";
  switch (m.type) {
    // Counted only for the one DoViewChange of this view's change.
    case "StartViewChange":
      return status !== "ViewChange" || sentDvc;
    // Counted only for the StartView that ends it.
    case "DoViewChange":
      return status !== "ViewChange";
    case "StartView":
      return status !== "ViewChange" && design.startViewGuard === "strict";
    case "PrepareOk":
      return m.opNumber <= peerOpNumber[m.source];
    case "Prepare":
      // A lazy replica that waits for the state of a higher view does not come back to this one.
      if (status === "StateTransfer") return lazyAndHigher && !lateStartView(scope);
      return status === "Normal" && m.opNumber <= opNumber && logOnlyGrows(scope);
    case "NewState":
      if (design.viewUpdate === "lazy") return lazyAndHigher;
      // An eager replica asks once, when it enters the view. Its status, or the op number, then shows that it has what it asked for.
      return design.transferStatus ? status !== "StateTransfer" : design.truncate && m.firstOp <= opNumber && logOnlyGrows(scope);
    case "GetState":
      return false;
  }
};

const isDead = (scope: OfReplica, m: Message, isPending: boolean): boolean => {
  // Only these two types are counted once delivered; any other, sent anew, has the count 1 whether it is remembered or not.
  if (!isPending && m.type !== "StartViewChange" && m.type !== "DoViewChange") return true;
  const { viewNumber } = scope.now.replicas[scope.r];
  if (m.viewNumber > viewNumber) return false;
  if (m.viewNumber === viewNumber) return isEnteredOnce(scope.design, viewNumber) && isDeadInOwnView(scope, m);
  // No guard admits a message of a lower view. After a fall it is no longer lower, but then the view is not led or changed again.
  if (viewsOnlyGrow(scope.design) || m.viewNumber === 1) return true;
  const ofViewChange = m.type === "StartViewChange" || m.type === "DoViewChange" || (m.type === "StartView" && scope.design.startViewGuard === "strict");
  return isEnteredOnce(scope.design, m.viewNumber) && (ofViewChange || m.type === "PrepareOk");
};

/** Type by type: whether one message is dead does not depend on any of another type, but for StartViews (`lateStartView`). */
export const DeadMessages = vr.reduction({ r: Replica, type: messageTypes }, (scope) => {
  const inbox = scope.now.messages.to(scope.r);
  for (const m of inbox.pending(scope.type)) if (isDead(scope, m, true)) scope.next.messages.forget(m);
  for (const m of inbox.delivered(scope.type)) if (isDead(scope, m, false)) scope.next.messages.forget(m);
});

const replace = (next: Next, old: readonly Message[], delivered: readonly Message[], pending: readonly Message[]): void => {
  for (const m of old) next.messages.forget(m);
  for (const m of delivered) next.messages.sendAsReceived(m);
  for (const m of pending) next.messages.send(m);
};

/**
 * Where one StartViewChange of a view suffices (f = 1), it matters neither who sent it nor how many there are: one that was
 * delivered says all, or else one that waits. It then names the replica itself as its source, which no real one does, so
 * that none that is still to come can be mistaken for it. (For a larger f there are not enough such names.)
 */
export const InterchangeableSVCs = vr.reduction({ r: Replica }, ({ now, next, constants, design, r }) => {
  if (minority(constants) > 1) return;
  const inbox = now.messages.to(r);
  const allDelivered = inbox.delivered("StartViewChange");
  const allPending = inbox.pending("StartViewChange");
  for (const viewNumber of new Set([...allDelivered, ...allPending].map((m) => m.viewNumber))) {
    if (!isEnteredOnce(design, viewNumber)) continue;
    const fromAnyone: Message = { type: "StartViewChange", viewNumber, dest: r, source: r };
    const delivered = allDelivered.filter((m) => m.viewNumber === viewNumber);
    const pending = allPending.filter((m) => m.viewNumber === viewNumber);
    if (delivered.length > 0) replace(next, [...delivered, ...pending], [fromAnyone], []);
    else replace(next, pending, [], [fromAnyone]);
  }
});

/**
 * A second copy of a PrepareOk says nothing new. Where one peer suffices (f = 1), DeadFields keeps peerOpNumber the same
 * for all peers, so that it does not matter which of them answers.
 */
export const InterchangeablePrepareOks = vr.reduction({ r: Replica }, ({ now, next, constants, design, r }) => {
  const pending = now.messages
    .to(r)
    .pending("PrepareOk")
    .filter((m) => isEnteredOnce(design, m.viewNumber));
  const anyone = replicasOf(constants).find((peer) => peer !== r);
  const answers = pending.map((m) => (anyone !== undefined && minority(constants) === 1 ? { ...m, source: anyone } : m));
  const once = answers.filter((m, i) => answers.findIndex((n) => equal(m, n)) === i);
  replace(next, pending, [], once);
});

/**
 * With DoViewChanges from a majority, only the outcome matters: the best log and the highest commit number. The best is
 * kept, with that commit number; the others become f placeholders, which rank below every real DoViewChange. One that
 * would change nothing is dropped, and the replica's own, if it would change nothing, counts as sent. A tie with another
 * log changes the outcome if its source is lower, so that it stays.
 */
export const DecidedDVCs = vr.reduction({ r: Replica }, ({ now, next, constants, design, r }) => {
  const self = now.replicas[r];
  if (!isEnteredOnce(design, self.viewNumber) || self.status !== "ViewChange") return;
  const current = (m: Message): boolean => m.viewNumber === self.viewNumber;
  const received = now.messages.to(r).delivered("DoViewChange").filter(current);
  if (received.length < majority(constants)) return;
  const { best, commitNumber } = highest(received);
  const changesNothing = (m: MessageOf<"DoViewChange">): boolean => {
    const loses = outranks(best, m) || (!outranks(m, best) && best.source < m.source && equal(best.log, m.log));
    return loses && m.commitNumber <= commitNumber;
  };
  const placeholders = replicasOf(constants)
    .slice(0, minority(constants))
    .map((source): Message => ({ ...best, lastNormalVn: 0, log: [], opNumber: 0, commitNumber: 0, source }));
  replace(next, received, [{ ...best, commitNumber }, ...placeholders], []);
  for (const m of now.messages.to(r).pending("DoViewChange").filter(current)) if (changesNothing(m)) next.messages.forget(m);
  if (changesNothing(doViewChange(self, r, constants))) next.replicas[r].sentDvc = true;
});

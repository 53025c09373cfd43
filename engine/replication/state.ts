/**
 * The variables of one replica, under the spec's names, and what every action may use. Beyond the spec: `committedTo`,
 * the places of what a delivered message leaves behind, and what truncation and snapshots need.
 */
import { peersOf, primary } from "./group.ts";
import type { Log } from "./log.ts";
import type { Message, MessageOf, Status } from "./messages.ts";

export interface ReplicaState {
  status: Status;
  /** The current view. */
  viewNumber: number;
  /** The view in which the replica last had the status Normal. */
  lastNormalView: number;
  /** Its `opNumber` is the spec's variable of that name. */
  readonly log: Log;
  /**
   * As in the spec, it may fall: a StartView or a Prepare may carry a commit number from before one that the replica has
   * learnt. It is what the replica tells others, so that it says something of its view's log alone: a snapshot, which may
   * be of a later view with another log, does not raise it, and it may lie below the checkpoint.
   */
  commitNumber: number;
  /** Up to here all is committed, as a commit number or a snapshot has said. It stays so: this is what execution follows. */
  committedTo: number;
  /** Peer -> the highest op number that it has acknowledged in the current view. No entry: 0. */
  readonly peerOpNumber: Map<number, number>;
  /** Has a DoViewChange been sent for the current view? */
  sentDvc: boolean;
  /** Has a StartView been broadcast for the current view? */
  sentSv: boolean;
  /** Who has sent a StartViewChange for the current view. The spec keeps such messages as delivered ones. */
  readonly receivedSVCs: Set<number>;
  /** The DoViewChanges for the current view, by source, one's own included. */
  readonly receivedDVCs: Map<number, MessageOf<"DoViewChange">>;
  /** The GetStates that were sent for views above the current one, as `view/op`: each is sent once. */
  readonly sentGetStates: Set<string>;
  /** The view whose state was asked for in the status StateTransfer; otherwise 0. */
  requestedView: number;
  /** The op number from which state was asked for in the current view, and not yet again allowed to be; otherwise -1. */
  requestedInView: number;
  /** Where the log ended when this replica began to lead the view, or was started in it. */
  viewStartOp: number;
  /** A peer whose checkpoint is needed, because the log cannot be continued without it. */
  snapshotWanted: { readonly peer: number; readonly opNumber: number } | undefined;
}

/** What guards and effects see: one replica, and the group that it is part of. */
export interface Scope {
  /** This replica's number, 1 to `replicas`. */
  readonly r: number;
  readonly replicas: number;
  readonly self: ReplicaState;
  readonly send: (message: Message) => void;
}
/** A guard may only look. */
export type Guarded = Scope & { readonly self: Readonly<ReplicaState> };

/** One guarded action. The guards are tried in this order; the first that is false is the one that refuses. */
export interface Action<Args> {
  readonly guards: Readonly<Record<string, (scope: Guarded, args: Args) => boolean>>;
  readonly effect: (scope: Scope, args: Args) => void;
}
export interface Received<K extends Message["type"]> {
  readonly message: MessageOf<K>;
}
/** No arguments. */
export type None = Readonly<Record<never, never>>;

export const isPrimary = ({ self, r, replicas }: Guarded): boolean => primary(self.viewNumber, replicas) === r;
export const isNormalPrimary = (scope: Guarded): boolean => isPrimary(scope) && scope.self.status === "Normal";
export const isNormalBackup = (scope: Guarded): boolean => !isPrimary(scope) && scope.self.status === "Normal";
export const viewIsCurrent = ({ self }: Guarded, { message }: { readonly message: { readonly viewNumber: number } }): boolean =>
  message.viewNumber === self.viewNumber;
export const viewIsLater = ({ self }: Guarded, { message }: { readonly message: { readonly viewNumber: number } }): boolean =>
  message.viewNumber > self.viewNumber;

export const broadcast = (scope: Scope, messageTo: (dest: number) => Message): void => {
  for (const dest of peersOf(scope.r, scope.replicas)) scope.send(messageTo(dest));
};

/** Every change of the status: only a replica that waits for state has asked for a view's. */
export const setStatus = (self: ReplicaState, status: Status): void => {
  self.status = status;
  if (status !== "StateTransfer") self.requestedView = 0;
};

/** Takes over a commit number of the view. Beyond the spec, the highest one is remembered. */
export const setCommitNumber = (self: ReplicaState, commitNumber: number): void => {
  self.commitNumber = commitNumber;
  self.committedTo = Math.max(self.committedTo, commitNumber);
};

/** Every change of the view comes through here: what was collected for an earlier one has no meaning any more. */
export const setViewNumber = (self: ReplicaState, viewNumber: number): void => {
  if (viewNumber !== self.viewNumber) {
    self.receivedSVCs.clear();
    self.receivedDVCs.clear();
    self.requestedInView = -1;
    for (const key of self.sentGetStates) if (Number(key.split("/")[0]) <= viewNumber) self.sentGetStates.delete(key);
  }
  self.viewNumber = viewNumber;
};

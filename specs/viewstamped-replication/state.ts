/**
 * Viewstamped Replication Revisited with state transfer: variables, design switches and the TLA+ module's helpers
 * (VR_STATE_TRANSFER.tla, "VARIABLES" and "Helpers"). NOTES.md maps every definition and records every reading.
 */
import { bool, int, map, network, oneOf, partial, record, system } from "../language/index.ts";
import type { Index, NextOf, ScopeOf } from "../language/index.ts";
import { Log, Message, OpNumber, Replica, Value, ViewNumber, broadcast } from "./messages.ts";
import type { Constants } from "./messages.ts";

export const vr = system({
  name: "viewstamped-replication",
  constants: {
    replicas: { default: 3, min: 2, max: 7 },
    values: { default: 2, min: 0, max: 8 },
    startViewOnTimerLimit: { default: 1, min: 0, max: 8 },
    noProgressChangeLimit: { default: 0, min: 0, max: 8 },
  },
  /** The first choice of each is the published final design; the others are the article's earlier ones. */
  design: {
    /** Does a replica enter the later view when its state has arrived, or as soon as it hears of that view? */
    viewUpdate: ["lazy", "eager"],
    /** Strict: a StartView of the replica's own view counts only during a view change. Monotonic: always. */
    startViewGuard: ["strict", "monotonic"],
    /** Does SendGetState cut the log back to the commit number, or leave it to be overwritten? */
    truncate: [false, true],
    /** Does a replica that waits for state show it in a status of its own? */
    transferStatus: [true, false],
    /** The views from which a lazy replica accepts state: above its own, not below it, or any. Eager: always its own. */
    newStateGuard: ["higher", "atLeast", "any"],
  },
  variables: {
    /** The `rep_` variables, by replica. */
    replicas: map(
      Replica,
      record({
        status: oneOf("Normal", "ViewChange", "StateTransfer"),
        log: Log,
        /** The current view. */
        viewNumber: ViewNumber,
        opNumber: OpNumber,
        commitNumber: OpNumber,
        /** Peer -> the highest op number it has acknowledged: read by a primary to know what is committed. */
        peerOpNumber: map(Replica, OpNumber),
        /** The view in which the replica last had the status Normal. */
        lastNormalView: ViewNumber,
        /** Has a DoViewChange been sent for the current view? */
        sentDvc: bool,
        /** Has a StartView been broadcast for the current view? */
        sentSv: bool,
      }),
    ),
    /** Message -> pending deliveries. A delivered message stays, with count 0. */
    messages: network(Message, { by: "dest" }),
    /** Which replicas are paused (for liveness under weak fairness). */
    noProgress: map(Replica, bool),
    noProgressCtr: int(0, (c: Constants) => c.noProgressChangeLimit),
    /** How often a timer has sent a StartViewChange. */
    auxSvc: int(0, (c: Constants) => c.startViewOnTimerLimit),
    /** Request -> has it been acknowledged to its client? A value without an entry has not been requested. */
    auxClientAcked: partial(Value, bool),
  },
});

export type Scope = ScopeOf<typeof vr>;
export type Next = NextOf<typeof vr>;
export type Design = Scope["design"];
/** The scope of what one replica does. */
export type OfReplica = Scope & { readonly r: Index };
/** One replica's variables, unprimed. */
export type ReplicaState = Scope["now"]["replicas"][1];

/** TLA+ Primary(v). */
export const primary = (viewNumber: number, c: Constants): Index => {
  const r = 1 + ((viewNumber - 1) % c.replicas);
  return r as Index; // 1..ReplicaCount, which is at most 7
};
/** TLA+ CanProgress(r). */
export const canProgress = ({ now, r }: OfReplica): boolean => !now.noProgress[r];
/** TLA+ IsNormalPrimary(r). */
export const isNormalPrimary = ({ now, constants, r }: OfReplica): boolean =>
  primary(now.replicas[r].viewNumber, constants) === r && now.replicas[r].status === "Normal";
/** TLA+ IsNormalBackup(r). */
export const isNormalBackup = ({ now, constants, r }: OfReplica): boolean =>
  primary(now.replicas[r].viewNumber, constants) !== r && now.replicas[r].status === "Normal";

/** TLA+ ReceivableMsg(m, type, r) for messages to one replica, as the domain of `m`: sent to r and not yet delivered. */
export const receivable = <K extends Exclude<Message["type"], "GetState">>(type: K) =>
  vr.domain({ r: Replica }, ({ now, r }) => now.messages.to(r).pending(type));

/** Enters a later view's change: ResetSentVars(r) and NewSVCMessage to all, as the three actions that do so have it. */
export const startViewChange = ({ next, constants, r }: OfReplica & { readonly next: Next }, viewNumber: number): void => {
  const self = next.replicas[r];
  self.viewNumber = viewNumber;
  self.status = "ViewChange";
  self.sentDvc = false;
  self.sentSv = false;
  broadcast(next.messages, constants, r, (dest) => ({ type: "StartViewChange", viewNumber, dest, source: r }));
};

/** Every action of a replica under its name: those of the spec, and those beyond it. */
import * as normal from "./normal-operation.ts";
import * as transfer from "./state-transfer.ts";
import type { Action, None, Received } from "./state.ts";
import * as change from "./view-change.ts";

export interface ActionArgs {
  TimerSendSVC: None;
  ReceiveHigherSVC: Received<"StartViewChange">;
  ReceiveMatchingSVC: Received<"StartViewChange">;
  SendDVC: None;
  ReceiveHigherDVC: Received<"DoViewChange">;
  ReceiveMatchingDVC: Received<"DoViewChange">;
  SendSV: None;
  ReceiveSV: Received<"StartView">;
  ReceiveClientRequest: { readonly operation: Uint8Array };
  ReceivePrepareMsg: Received<"Prepare">;
  ReceivePrepareOkMsg: Received<"PrepareOk">;
  ExecuteOp: None;
  SendGetState: Received<"Prepare">;
  ReceiveGetState: Received<"GetState">;
  ReceiveNewState: Received<"NewState">;
  // Beyond the spec: heartbeats, repetition against loss, state transfer within a view, snapshots.
  SendCommit: { readonly nonce: string };
  ReceiveCommit: Received<"Commit">;
  AnswerLaterCommit: Received<"Commit">;
  ReceiveCommitOk: Received<"CommitOk">;
  RepeatPrepares: { readonly dest: number };
  RepeatViewChange: None;
  RepeatStartView: Received<"StartViewChange" | "DoViewChange" | "CommitOk">;
  RepeatGetState: None;
  SendGetStateInView: Received<"Prepare" | "Commit">;
  ReceiveNewStateInView: Received<"NewState">;
  AnswerSnapshotNeeded: Received<"GetState">;
  ReceiveSnapshotNeeded: Received<"SnapshotNeeded">;
  RequestSnapshotForSV: Received<"StartView">;
  RequestSnapshotForDVC: None;
  RequestSnapshotForOp: { readonly opNumber: number };
  InstallSnapshot: { readonly opNumber: number };
  AbandonSnapshot: None;
  TruncateLog: { readonly opNumber: number };
}
export type ActionName = keyof ActionArgs;
export type Actions = { readonly [A in ActionName]: Action<ActionArgs[A]> };
/** An action with its arguments. */
export type StepOf<A extends ActionName> = { [K in A]: { readonly act: K } & ActionArgs[K] }[A];
export type Step = StepOf<ActionName>;

export const actions: Actions = {
  TimerSendSVC: change.TimerSendSVC,
  ReceiveHigherSVC: change.ReceiveHigherSVC,
  ReceiveMatchingSVC: change.ReceiveMatchingSVC,
  SendDVC: change.SendDVC,
  ReceiveHigherDVC: change.ReceiveHigherDVC,
  ReceiveMatchingDVC: change.ReceiveMatchingDVC,
  SendSV: change.SendSV,
  ReceiveSV: change.ReceiveSV,
  ReceiveClientRequest: normal.ReceiveClientRequest,
  ReceivePrepareMsg: normal.ReceivePrepareMsg,
  ReceivePrepareOkMsg: normal.ReceivePrepareOkMsg,
  ExecuteOp: normal.ExecuteOp,
  SendGetState: transfer.SendGetState,
  ReceiveGetState: transfer.ReceiveGetState,
  ReceiveNewState: transfer.ReceiveNewState,
  SendCommit: normal.SendCommit,
  ReceiveCommit: normal.ReceiveCommit,
  AnswerLaterCommit: normal.AnswerLaterCommit,
  ReceiveCommitOk: normal.ReceiveCommitOk,
  RepeatPrepares: normal.RepeatPrepares,
  RepeatViewChange: change.RepeatViewChange,
  RepeatStartView: change.RepeatStartView,
  RepeatGetState: transfer.RepeatGetState,
  SendGetStateInView: transfer.SendGetStateInView,
  ReceiveNewStateInView: transfer.ReceiveNewStateInView,
  RequestSnapshotForOp: transfer.RequestSnapshotForOp,
  AnswerSnapshotNeeded: transfer.AnswerSnapshotNeeded,
  ReceiveSnapshotNeeded: transfer.ReceiveSnapshotNeeded,
  RequestSnapshotForSV: change.RequestSnapshotForSV,
  RequestSnapshotForDVC: change.RequestSnapshotForDVC,
  InstallSnapshot: transfer.InstallSnapshot,
  AbandonSnapshot: transfer.AbandonSnapshot,
  TruncateLog: transfer.TruncateLog,
};

/** Actions that show that a primary is at work, or that its view is being entered: patience starts anew. */
export const signsOfLife: ReadonlySet<ActionName> = new Set<ActionName>([
  "ReceivePrepareMsg",
  "ReceiveCommit",
  "AnswerLaterCommit",
  "ReceiveSV",
  "ReceiveNewState",
  "ReceiveNewStateInView",
  "TimerSendSVC",
  "ReceiveHigherSVC",
  "ReceiveHigherDVC",
  "SendGetState",
]);

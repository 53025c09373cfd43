/** Viewstamped Replication Revisited with state transfer: Init and Next of VR_STATE_TRANSFER.tla, assembled. */
import { mapOf } from "../language/index.ts";
import {
  AcknowledgedWriteNotLost,
  AcknowledgedWritesExistOnMajority,
  CommitNumberNeverHigherThanOpNumber,
  NoLogDivergence,
} from "./invariants.ts";
import { replicasOf } from "./messages.ts";
import { ExecuteOp, ReceiveClientRequest, ReceivePrepareMsg, ReceivePrepareOkMsg } from "./normal-operation.ts";
import { NoProgressChange } from "./progress.ts";
import { DeadFields, DeadMessages, DecidedDVCs, InterchangeablePrepareOks, InterchangeableSVCs } from "./reductions.ts";
import { ReceiveGetState, ReceiveNewState, SendGetState } from "./state-transfer.ts";
import { vr } from "./state.ts";
import {
  ReceiveHigherDVC,
  ReceiveHigherSVC,
  ReceiveMatchingDVC,
  ReceiveMatchingSVC,
  ReceiveSV,
  SendDVC,
  SendSV,
  TimerSendSVC,
} from "./view-change.ts";

export const viewstampedReplication = vr.spec({
  /** A working cluster without data. */
  init: ({ constants }) => ({
    replicas: mapOf(replicasOf(constants), () => ({
      status: "Normal",
      log: [],
      viewNumber: 1,
      opNumber: 0,
      commitNumber: 0,
      peerOpNumber: mapOf(replicasOf(constants), () => 0),
      lastNormalView: 1,
      sentDvc: false,
      sentSv: false,
    })),
    messages: [],
    noProgress: mapOf(replicasOf(constants), () => false),
    noProgressCtr: 0,
    auxSvc: 0,
    auxClientAcked: {},
  }),
  actions: {
    TimerSendSVC,
    ReceiveHigherSVC,
    ReceiveMatchingSVC,
    SendDVC,
    ReceiveHigherDVC,
    ReceiveMatchingDVC,
    SendSV,
    ReceiveSV,
    ReceiveClientRequest,
    ReceivePrepareMsg,
    ReceivePrepareOkMsg,
    ExecuteOp,
    SendGetState,
    ReceiveGetState,
    ReceiveNewState,
    NoProgressChange,
  },
  invariants: { AcknowledgedWritesExistOnMajority, AcknowledgedWriteNotLost, NoLogDivergence, CommitNumberNeverHigherThanOpNumber },
  reductions: { DeadFields, DecidedDVCs, DeadMessages, InterchangeableSVCs, InterchangeablePrepareOks },
});

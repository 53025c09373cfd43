/** What every log of Viewstamped Replication needs: its replicas, its receipts, and a spec that is large enough. */
import { LockstepError } from "../../../specs/language/errors.ts";
import { instantiate } from "../../../specs/language/instantiate.ts";
import type { SpecInstance } from "../../../specs/language/instantiate.ts";
import { viewstampedReplication } from "../../../specs/viewstamped-replication/spec.ts";
import type { LogEvent } from "../../../conformance/validate/event.ts";
import { widened } from "./wide-instance.ts";

/** Action -> type of the message that it receives or answers. */
export const receives: Readonly<Record<string, string>> = {
  ReceivePrepareMsg: "Prepare",
  ReceivePrepareOkMsg: "PrepareOk",
  ReceiveHigherSVC: "StartViewChange",
  ReceiveMatchingSVC: "StartViewChange",
  ReceiveHigherDVC: "DoViewChange",
  ReceiveMatchingDVC: "DoViewChange",
  ReceiveSV: "StartView",
  SendGetState: "Prepare",
  ReceiveGetState: "GetState",
  ReceiveNewState: "NewState",
};
export const replicaOf = ({ node }: LogEvent): number => {
  const r = /^r([1-9])$/.exec(node)?.[1];
  if (r === undefined) throw new LockstepError("io", `the node ${node} is not one of r1 to r9`);
  return Number(r);
};

/** The spec as large as the logs need it. */
export const instanceFor = (replicas: number, values: readonly string[], timers: number): SpecInstance => {
  const small = instantiate(viewstampedReplication, { constants: { replicas, values: 1, startViewOnTimerLimit: 1 } });
  return widened(small, { values: values.length, startViewOnTimerLimit: timers }, { Value: values });
};

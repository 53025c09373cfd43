/**
 * The events of a cluster of Viewstamped Replication in its spec. `act` is the name of an action, `node` is r1, r2, ….
 * `args` of a request is `{v}`, its value; of a receipt it is any fields of the message; what is not given may be anything.
 * `post` may give `status`, `viewNumber`, `opNumber`, `commitNumber`, `lastNormalView`, and the `lastEntry` of the log.
 */
import { LockstepError } from "../../specs/language/errors.ts";
import { instantiate } from "../../specs/language/instantiate.ts";
import type { SpecInstance, State } from "../../specs/language/instantiate.ts";
import { viewstampedReplication } from "../../specs/viewstamped-replication/spec.ts";
import { equal } from "../../specs/language/collections.ts";
import type { Inbox } from "../../specs/language/collections.ts";
import { eventName } from "./event.ts";
import type { LogEvent } from "./event.ts";
import type { Candidate } from "./machine.ts";
import type { Expectation, LogMapping, Mapping } from "./mapping.ts";
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
const alone = ["TimerSendSVC", "SendDVC", "SendSV", "ExecuteOp"];
const fields = ["status", "viewNumber", "opNumber", "commitNumber", "lastNormalView"];

const replicaOf = ({ node }: LogEvent): number => {
  const r = /^r([1-9])$/.exec(node)?.[1];
  if (r === undefined) throw new LockstepError("io", `the node ${node} is not one of r1 to r9`);
  return Number(r);
};
const fault = (event: LogEvent, message: string): LockstepError => new LockstepError("io", `event ${eventName(event)}: ${message}`);

/** The spec as large as the logs need it. */
export const instanceFor = (replicas: number, values: readonly string[], timers: number): SpecInstance => {
  const small = instantiate(viewstampedReplication, { constants: { replicas, values: 1, startViewOnTimerLimit: 1 } });
  return widened(small, { values: values.length, startViewOnTimerLimit: timers }, { Value: values });
};

class ReplicationLog implements LogMapping {
  readonly instance: SpecInstance;
  readonly unlogged: readonly string[] = [];

  constructor(events: readonly LogEvent[]) {
    const values = new Set(
      events.flatMap((e) => (e.act === "ReceiveClientRequest" && typeof e.args["v"] === "string" ? [e.args["v"]] : [])),
    );
    const replicas = Math.max(3, ...new Set(events.map(replicaOf)));
    const timers = events.filter((e) => e.act === "TimerSendSVC").length;
    this.instance = instanceFor(replicas, [...values], timers);
  }

  candidates(event: LogEvent, now: State): readonly Candidate[] {
    const r = replicaOf(event);
    const { act: action, args } = event;
    if (action === "ReceiveClientRequest") return [{ action, args: { r, v: args["v"] } }];
    if (alone.includes(action)) return [{ action, args: { r } }];
    const type = receives[action];
    if (type === undefined) return [];
    const network = now["messages"] as { to(dest: string | number): Inbox<Readonly<Record<string, unknown>> & { readonly type: string }> }; // the spec's network
    const inbox = network.to(type === "GetState" ? "any" : r);
    const given = Object.entries(args);
    return inbox
      .pending(type)
      .filter((m) => given.every(([name, value]) => equal(m[name], value)))
      .map((m) => ({ action, args: { r, m } }));
  }

  expectations(event: LogEvent): readonly Expectation[] {
    const replica = ["replicas", String(replicaOf(event))];
    return Object.entries(event.post).map(([name, value]) => {
      if (name === "lastEntry") return { path: [...replica, "log", "-1"], value };
      if (!fields.includes(name))
        throw fault(event, `post.${name} is not a field that is compared; ${fields.join(", ")} and lastEntry are`);
      return { path: [...replica, name], value };
    });
  }

  /** Replicas share nothing but messages, each of one destination, except for a GetState, which anyone may take. */
  isIndependent(event: LogEvent): boolean {
    return event.act !== "ReceiveGetState";
  }
}

export const replicationMapping: Mapping = {
  system: "viewstamped-replication",
  forLogs: (events) => new ReplicationLog(events),
};

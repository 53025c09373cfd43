/**
 * The events of a cluster of Viewstamped Replication in its spec. `act` is the name of an action, `node` is r1, r2, ….
 * `args` of a request is `{v}`, its value; of a receipt it is any fields of the message; what is not given may be anything.
 * `post` may give `status`, `viewNumber`, `opNumber`, `commitNumber`, `lastNormalView`, and the `lastEntry` of the log.
 */
import { LockstepError } from "../../../specs/language/errors.ts";
import type { SpecInstance, State } from "../../../specs/language/instantiate.ts";
import { equal } from "../../../specs/language/collections.ts";
import type { Inbox } from "../../../specs/language/collections.ts";
import { eventName } from "../../../conformance/validate/event.ts";
import type { LogEvent } from "../../../conformance/validate/event.ts";
import { JournalLog } from "./journal-log.ts";
import type { Candidate } from "../../../conformance/validate/machine.ts";
import type { Expectation, LogMapping, Mapping } from "../../../conformance/validate/mapping.ts";
import { instanceFor, receives, replicaOf } from "./replication-instance.ts";

const alone = ["TimerSendSVC", "SendDVC", "SendSV", "ExecuteOp"];
const fields = ["status", "viewNumber", "opNumber", "commitNumber", "lastNormalView"];

const fault = (event: LogEvent, message: string): LockstepError => new LockstepError("io", `event ${eventName(event)}: ${message}`);

class ReplicationLog implements LogMapping {
  readonly instance: SpecInstance;

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
  // Only the journal of real replicas tells of their starts.
  forLogs: (events) => (events.some(({ act }) => act === "Start") ? new JournalLog(events) : new ReplicationLog(events)),
};

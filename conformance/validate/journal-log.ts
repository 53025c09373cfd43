/**
 * The journal of real replicas (`--journal`) in the spec of Viewstamped Replication, which `journal-actions.ts` extends by
 * what the engine does beyond it. An operation is known by its bytes; each request for it is a value of its own, since the
 * application, and not the log, sees to it that a repeated request has one effect.
 */
import { canonicalText, equal } from "../../specs/language/collections.ts";
import type { Inbox } from "../../specs/language/collections.ts";
import { LockstepError } from "../../specs/language/errors.ts";
import type { SpecInstance, State } from "../../specs/language/instantiate.ts";
import { eventName, nodeLogs } from "./event.ts";
import type { LogEvent } from "./event.ts";
import { livesOf } from "./incarnations.ts";
import type { Lives } from "./incarnations.ts";
import { isExtension, withExtensions } from "./journal-actions.ts";
import type { Candidate } from "./machine.ts";
import type { Expectation, LogMapping } from "./mapping.ts";
import { instanceFor, receives, replicaOf } from "./replication-instance.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The batch store of a node writes to the same journal; each of its events tells its epoch. */
const isOfBatchStore = ({ post }: LogEvent): boolean => "epoch" in post;
const ofMessage = new Set([...Object.keys(receives), "ReceiveNewStateInView"]);
/** Types whose content the journal gives in full; of the others it leaves out the log. */
const told: Readonly<Record<string, readonly string[]>> = {
  Prepare: ["viewNumber", "message", "opNumber", "commitNumber", "dest", "source"],
  PrepareOk: ["viewNumber", "opNumber", "dest", "source"],
  StartViewChange: ["viewNumber", "dest", "source"],
  GetState: ["viewNumber", "opNumber", "dest", "source"],
  Commit: ["viewNumber", "opNumber", "commitNumber", "dest", "source"],
};
const numbers = ["viewNumber", "lastNormalVn", "firstOp", "opNumber", "commitNumber", "dest", "source"];
const compared = new Set(["status", "viewNumber", "lastNormalView", "opNumber", "commitNumber", "sentDvc", "sentSv"]);

const ofHistory = new Set(["committedTo", "logStart"]);

/** Arguments of the other actions that `candidates` and `extensionArgs` read. */
const checkedArgs: Readonly<Record<string, readonly string[]>> = {
  ReceiveClientRequest: ["operation"],
  ReceiveCommit: [...(told["Commit"] ?? []), "type", "acknowledged"],
  RepeatPrepares: ["dest"],
  RepeatStartView: ["source"],
  InstallSnapshot: ["opNumber"],
  TruncateLog: ["opNumber"],
};

const only = (args: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(["type", ...names].flatMap((name) => (name in args ? [[name, args[name]]] : [])));

export class JournalLog implements LogMapping {
  readonly instance: SpecInstance;
  readonly skipped: ReadonlySet<LogEvent>;
  readonly fault: string | undefined;
  private readonly lives: Lives;
  private readonly received: ReadonlySet<string>;
  /** Request -> its value, and bytes of an operation -> its values. */
  private readonly values = new Map<LogEvent, string>();
  private readonly valuesOf = new Map<string, string[]>();

  constructor(all: readonly LogEvent[]) {
    const events = all.filter((event) => !isOfBatchStore(event));
    this.lives = livesOf(nodeLogs(events));
    this.fault = this.lives.fault;
    this.received = new Set(events.flatMap((e) => e.recv));
    for (const event of events) if (event.act === "ReceiveClientRequest") this.name(event);
    this.skipped = new Set(all.filter(isOfBatchStore));
    const replicas = Math.max(3, ...new Set(events.map(replicaOf)));
    const timers = events.filter((e) => e.act === "TimerSendSVC").length;
    this.instance = withExtensions(instanceFor(replicas, [...this.values.values()], timers), new Set(Object.keys(receives)));
  }

  private name(event: LogEvent): void {
    const operation = String(event.args["operation"]);
    const value = `v${String(this.values.size + 1)}`;
    this.values.set(event, value);
    this.valuesOf.set(operation, [...(this.valuesOf.get(operation) ?? []), value]);
  }

  candidates(event: LogEvent, now: State): readonly Candidate[] {
    const of = { r: replicaOf(event), ...(this.lives.lost.has(event) ? { isLost: true } : {}) };
    const action = event.act;
    if (event.args["r"] !== of.r) return [];
    if (action === "ReceiveClientRequest") return [{ action, args: { ...of, v: this.values.get(event) } }];
    if (ofMessage.has(action)) return this.messages(event, of.r, now).map((m) => ({ action, args: { ...of, m } }));
    return [{ action, args: isExtension(action) ? { ...of, ...this.extensionArgs(event) } : of }];
  }

  unchecked({ act, args }: LogEvent): readonly string[] {
    const message = told[String(args["type"])] ?? numbers;
    const of = ofMessage.has(act) ? ["type", ...message] : (checkedArgs[act] ?? []);
    return Object.keys(args).filter((name) => name !== "r" && !of.includes(name));
  }

  private extensionArgs(event: LogEvent): Fields {
    const { act, args, post, send } = event;
    switch (act) {
      case "Start":
        return { commitNumber: post["commitNumber"], committedTo: post["committedTo"], restoredTo: this.lives.restoredTo.get(event) };
      case "InstallSnapshot":
      case "TruncateLog":
        return { opNumber: args["opNumber"] };
      case "ReceiveCommit":
        return { commit: only(args, told["Commit"] ?? []), acknowledged: args["acknowledged"] };
      case "RepeatPrepares":
        return { dest: args["dest"], sent: send.length, received: send.flatMap((id, i) => (this.received.has(id) ? [i] : [])) };
      case "RepeatStartView":
        return { dest: args["source"] };
      default:
        return {};
    }
  }

  /** The messages that the event may have received. */
  private messages({ args }: LogEvent, r: number, now: State): readonly Fields[] {
    const type = String(args["type"]);
    const names = told[type];
    if (type === "Prepare") {
      const values = this.valuesOf.get(String(args["message"])) ?? [];
      return values.map((message) => ({ ...only(args, names ?? []), message }));
    }
    if (names !== undefined) return [only(args, names)];
    const network = now["messages"] as { to(dest: number): Inbox<Fields & { readonly type: string }> }; // the spec's network
    const inbox = network.to(r);
    const given = numbers.filter((name) => name in args);
    return [...inbox.pending(type), ...inbox.delivered(type)].filter((m) => given.every((name) => equal(m[name], args[name])));
  }

  expectations(event: LogEvent): readonly Expectation[] {
    const replica = ["replicas", String(replicaOf(event))];
    const post = Object.entries(event.post).map(([name, value]): Expectation => {
      const path = name.split(".");
      if (ofHistory.has(name)) return { path: ["history", ...replica, name], value };
      if (compared.has(name) || (path[0] === "peerOpNumber" && path.length === 2)) return { path: [...replica, ...path], value };
      throw new LockstepError("io", `event ${eventName(event)}: post.${name} is not a field that is compared (${canonicalText(value)})`);
    });
    return [...post, { path: ["history", "noLogDivergence"], value: true }];
  }

  /** What was sent can be received at any time from then on, so that no event takes anything from another replica's. */
  isIndependent(): boolean {
    return true;
  }
}

/**
 * The journal of real replicas (`--journal`) in the spec of Viewstamped Replication, which `journal-actions.ts` extends by
 * what the engine does beyond it. An operation is known by its bytes; each request for it is a value of its own, since the
 * application, and not the log, sees to it that a repeated request has one effect.
 */
import { canonicalText, equal } from "../../../specs/language/collections.ts";
import type { Inbox } from "../../../specs/language/collections.ts";
import { LockstepError } from "../../../specs/language/errors.ts";
import type { SpecInstance, State } from "../../../specs/language/instantiate.ts";
import { eventName, nodeLogs } from "../../../conformance/validate/event.ts";
import type { LogEvent } from "../../../conformance/validate/event.ts";
import { livesOf } from "./incarnations.ts";
import type { Lives } from "./incarnations.ts";
import { isExtension, withExtensions } from "./journal-actions.ts";
import { faultOfNonces, fieldsOf, hasLog, messageOf, tellsLogStart, typesReceived } from "./journal-messages.ts";
import { ComparedVariables, JournalVariables, isKnownVariable } from "./journal-variables.ts";
import type { Candidate } from "../../../conformance/validate/machine.ts";
import type { Expectation, LogMapping } from "../../../conformance/validate/mapping.ts";
import { instanceFor, receives, replicaOf } from "./replication-instance.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The batch store of a node writes to the same journal; each of its events tells its epoch. */
const isOfBatchStore = ({ post }: LogEvent): boolean => "epoch" in post;

/** What the other actions are told, and is compared. */
const argumentsOf: Readonly<Record<string, readonly string[]>> = {
  Start: ["incarnation"],
  ReceiveClientRequest: ["operation"],
  SendCommit: ["nonce"],
  RepeatPrepares: ["dest"],
  RequestSnapshotForOp: ["opNumber"],
  InstallSnapshot: ["opNumber"],
  TruncateLog: ["opNumber"],
};

export class JournalLog implements LogMapping {
  readonly instance: SpecInstance;
  readonly skipped: ReadonlySet<LogEvent>;
  readonly fault: string | undefined;
  private readonly lives: Lives;
  private readonly received: ReadonlySet<string>;
  /** Message -> the event that sent it. */
  private readonly senders: ReadonlyMap<string, LogEvent>;
  private readonly variables: JournalVariables;
  private readonly compared: readonly ComparedVariables[];
  /** Request -> its value, and bytes of an operation -> its values. */
  private readonly values = new Map<LogEvent, string>();
  private readonly valuesOf = new Map<string, string[]>();
  private readonly operations = new Map<string, Uint8Array>();

  constructor(all: readonly LogEvent[]) {
    const events = all.filter((event) => !isOfBatchStore(event));
    const logs = nodeLogs(events);
    this.lives = livesOf(logs);
    const nonces = logs.map((log) => faultOfNonces(log.events, eventName));
    this.fault = this.lives.fault ?? nonces.find((fault) => fault !== undefined);
    this.variables = new JournalVariables(logs);
    this.received = new Set(events.flatMap((e) => e.recv));
    this.senders = new Map(events.flatMap((e) => e.send.map((id) => [id, e] as const)));
    for (const event of events) if (event.act === "ReceiveClientRequest") this.name(event);
    this.skipped = new Set(all.filter(isOfBatchStore));
    const replicas = Math.max(3, ...new Set(events.map(replicaOf)));
    const operationOf = (value: string): Uint8Array => this.operations.get(value) ?? new Uint8Array();
    this.compared = Array.from({ length: replicas }, (_, i) => new ComparedVariables(i + 1, replicas, operationOf));
    const timers = events.filter((e) => e.act === "TimerSendSVC").length;
    this.instance = withExtensions(instanceFor(replicas, [...this.values.values()], timers), new Set(Object.keys(receives)));
  }

  private name(event: LogEvent): void {
    const operation = String(event.args["operation"]);
    const value = `v${String(this.values.size + 1)}`;
    this.values.set(event, value);
    this.valuesOf.set(operation, [...(this.valuesOf.get(operation) ?? []), value]);
    this.operations.set(value, Buffer.from(operation, "hex"));
  }

  candidates(event: LogEvent, now: State): readonly Candidate[] {
    const of = { r: replicaOf(event), ...(this.lives.lost.has(event) ? { isLost: true } : {}) };
    const action = event.act;
    if (event.args["r"] !== of.r) return [];
    if (action === "ReceiveClientRequest") return [{ action, args: { ...of, v: this.values.get(event) } }];
    const types = typesReceived(action, receives);
    if (types.length === 0) return [{ action, args: isExtension(action) ? { ...of, ...this.extensionArgs(event) } : of }];
    if (!types.includes(String(event.args["type"]))) return [];
    const messages = this.messages(event, of.r, now);
    return messages.map((m) => ({ action, args: { ...of, m, logStart: event.args["logStart"] } }));
  }

  unchecked({ act, args }: LogEvent): readonly string[] {
    const type = String(args["type"]);
    const ofMessage = typesReceived(act, receives).length > 0 ? ["type", "logStart", ...(fieldsOf[type] ?? [])] : [];
    return Object.keys(args).filter((name) => name !== "r" && ![...ofMessage, ...(argumentsOf[act] ?? [])].includes(name));
  }

  private extensionArgs(event: LogEvent): Fields {
    const { act, args, post, send } = event;
    switch (act) {
      case "Start":
        return { commitNumber: post["commitNumber"], committedTo: post["committedTo"], restoredTo: this.lives.restoredTo.get(event) };
      case "RepeatPrepares":
        return { dest: args["dest"], sent: send.length, received: send.flatMap((id, i) => (this.received.has(id) ? [i] : [])) };
      default:
        return Object.fromEntries((argumentsOf[act] ?? []).map((name) => [name, args[name]]));
    }
  }

  /** The messages that the event may have received. */
  private messages(event: LogEvent, r: number, now: State): readonly Fields[] {
    const told = messageOf(event);
    const type = String(told["type"]);
    if (told["dest"] !== (type === "GetState" ? "any" : r) || !this.isAsSent(event, type)) return [];
    if (type === "Prepare") {
      const values = this.valuesOf.get(String(told["message"])) ?? [];
      return values.map((message) => ({ ...told, message }));
    }
    if (!hasLog(type)) return [told];
    const network = now["messages"] as { to(dest: number): Inbox<Fields & { readonly type: string }> }; // the spec's network
    const inbox = network.to(r);
    return [...inbox.pending(type), ...inbox.delivered(type)].filter((m) => Object.keys(told).every((name) => equal(m[name], told[name])));
  }

  /** Is the message from whom it says, and does its log start where its sender's did? */
  private isAsSent({ args, recv }: LogEvent, type: string): boolean {
    const sender = this.senders.get(recv[0] ?? "");
    if (sender === undefined || replicaOf(sender) !== args["source"]) return false;
    if (sender.act === "RepeatPrepares" && sender.args["dest"] !== args["dest"]) return false;
    return !tellsLogStart(type) || this.variables.of(sender)["logStart"] === args["logStart"];
  }

  expectations(event: LogEvent): readonly Expectation[] {
    for (const [name, value] of Object.entries(event.post))
      if (!isKnownVariable(name))
        throw new LockstepError("io", `event ${eventName(event)}: post.${name} is not a field that is compared (${canonicalText(value)})`);
    const own = this.compared[replicaOf(event) - 1]?.expectations(event, this.variables.of(event)) ?? [];
    return [...own, { path: ["history", "noLogDivergence"], value: true }];
  }

  /** What was sent can be received at any time from then on, so that no event takes anything from another replica's. */
  isIndependent(): boolean {
    return true;
  }
}

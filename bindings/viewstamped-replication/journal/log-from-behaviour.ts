/**
 * Logs as an engine would write them, from a random behaviour of the spec of Viewstamped Replication: for measuring the
 * validation, and for altering what is known to be right.
 */
import { randomFrom } from "../../../conformance/sampled-tour.ts";
import type { LogEvent } from "../../../conformance/validate/event.ts";
import { Machine } from "../../../conformance/validate/machine.ts";
import type { Candidate } from "../../../conformance/validate/machine.ts";
import { instanceFor, receives } from "./replication-instance.ts";

export interface LogOptions {
  readonly events: number;
  readonly seed: number;
  readonly replicas?: number;
  /** How many view changes timers start, about evenly spread. */
  readonly timers?: number;
  /** How many values clients may request; default as many as there is room for. */
  readonly values?: number;
}

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {}); // read by name only

class Writer {
  readonly events: LogEvent[] = [];
  private readonly machine: Machine;
  private readonly random: () => number;
  private readonly values: readonly string[];
  /** Text of a message -> ids of its copies on their way. */
  private readonly ids = new Map<string, string[]>();
  private readonly written = new Map<string, number>();
  private requested = 0;
  private fired = 0;

  constructor(private readonly options: LogOptions) {
    this.random = randomFrom(options.seed);
    this.values = Array.from({ length: options.values ?? options.events }, (_, i) => `v${String(i + 1)}`);
    this.machine = new Machine(instanceFor(options.replicas ?? 3, this.values, options.timers ?? 0));
  }

  write(): readonly LogEvent[] {
    while (this.events.length < this.options.events) {
      const candidate = this.choose();
      if (candidate === undefined) break;
      this.take(candidate);
    }
    return this.events;
  }

  /** Receipts first: a cluster under load does not let its messages lie. */
  private choose(): Candidate | undefined {
    const { events, timers = 0 } = this.options;
    const due = Math.floor((this.events.length * (timers + 1)) / (events + 1));
    const names = this.machine.instance.actions.map((a) => a.name);
    const wanted = names.filter(
      (n) => n !== "NoProgressChange" && n !== "ReceiveClientRequest" && (n !== "TimerSendSVC" || this.fired < due),
    );
    const others = wanted.flatMap((n) => this.machine.choices(n));
    const requests = this.machine.choices("ReceiveClientRequest", { v: this.values.slice(this.requested, this.requested + 1) });
    const from = requests.length > 0 && (others.length === 0 || this.random() < 0.2) ? requests : others;
    return from[Math.floor(this.random() * from.length)];
  }

  private take(candidate: Candidate): void {
    const { action, args } = candidate;
    const node = `r${String(args["r"])}`;
    const seq = (this.written.get(node) ?? 0) + 1;
    this.written.set(node, seq);
    if (action === "ReceiveClientRequest") this.requested++;
    if (action === "TimerSendSVC") this.fired++;
    const type = receives[action];
    const message = fieldsOf(args["m"]);
    const recv = type === undefined ? [] : this.received(JSON.stringify(message), action);
    const send = this.machine.step(candidate).flatMap((sent) => {
      const text = JSON.stringify(sent.message);
      const id = `${node}:1:${String(seq)}.${String(fieldsOf(sent.message)["dest"])}`;
      this.ids.set(text, [...(this.ids.get(text) ?? []), id]);
      return [id];
    });
    const { source, viewNumber, opNumber } = message;
    const named = Object.entries({ source, viewNumber, opNumber }).filter(([, v]) => v !== undefined);
    const logged = action === "ReceiveClientRequest" ? { v: args["v"] } : Object.fromEntries(named);
    this.events.push({ node, inc: 1, seq, act: action, args: logged, post: this.post(String(args["r"])), recv, send });
  }
  /** The id of a copy; SendGetState leaves the Prepare where it is. */
  private received(text: string, action: string): string[] {
    const [id, ...rest] = this.ids.get(text) ?? [];
    if (action !== "SendGetState" || id === undefined) this.ids.set(text, rest);
    return id === undefined ? [] : [id];
  }
  private post(r: string): Fields {
    const { status, viewNumber, opNumber, commitNumber, log } = fieldsOf(fieldsOf(this.machine.now["replicas"])[r]);
    const lastEntry: unknown = Array.isArray(log) ? log.at(-1) : undefined;
    return { status, viewNumber, opNumber, commitNumber, ...(lastEntry === undefined ? {} : { lastEntry }) };
  }
}

/** The same options give the same events, in the order of the behaviour. Fewer, if the behaviour ends before. */
export const logFromBehaviour = (options: LogOptions): readonly LogEvent[] => new Writer(options).write();

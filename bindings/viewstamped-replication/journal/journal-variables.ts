/**
 * The variables of each replica after each of its events, as its journal tells them: `Start` gives all of them, every other
 * event those that it has changed. What an event does not mention is as it was: that is compared with the spec, too.
 */
import type { Inbox } from "../../../specs/language/collections.ts";
import type { State } from "../../../specs/language/instantiate.ts";
import { entryDigest } from "../../../engine/replication/log.ts";
import type { LogEvent, NodeLog } from "../../../conformance/validate/event.ts";
import type { History } from "./history.ts";
import type { Expectation } from "../../../conformance/validate/mapping.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Variables of the spec's replica, under their names. */
const ofReplica = ["status", "viewNumber", "lastNormalView", "opNumber", "commitNumber", "sentDvc", "sentSv"];
const ofHistory = ["committedTo", "logStart"];
/** What the spec has in its log and among the messages that were delivered. */
const derived = ["logDigest", "receivedSVCs", "receivedDVCs"];
const known = new Set([...ofReplica, ...ofHistory, ...derived]);

const leavesViewChange: ReadonlySet<string> = new Set(["ReceiveSV", "SendSV", "ReceiveNewState", "Start"]);

export const isKnownVariable = (name: string): boolean => known.has(name) || /^peerOpNumber\.[1-9]$/.test(name);

export class JournalVariables {
  private readonly after = new Map<LogEvent, Fields>();

  constructor(logs: readonly NodeLog[]) {
    for (const { events } of logs) {
      let variables: Fields = {};
      for (const event of events) {
        variables = event.act === "Start" ? event.post : { ...variables, ...event.post };
        this.after.set(event, variables);
      }
    }
  }

  /** All variables after the event. */
  of(event: LogEvent): Fields {
    return this.after.get(event) ?? {};
  }
}

type SpecReplica = Readonly<Record<string, unknown>> & { readonly log: readonly string[]; readonly viewNumber: number };
type SpecMessage = { readonly type: string; readonly viewNumber: number; readonly source: number };

/**
 * The digest that the engine's log should have, for a log of the spec, whose values stand for operations. It costs as much as
 * what differs from the log that was asked about before, and one comparison of two texts for each entry that does not.
 */
class SpecDigests {
  private values: string[] = [];
  /** The sums of the digests of the first entries, from none on. */
  private sums: bigint[] = [0n];

  constructor(private readonly operationOf: (value: string) => Uint8Array) {}

  of(log: readonly string[], logStart: number): string {
    let same = 0;
    while (same < log.length && same < this.values.length && log[same] === this.values[same]) same++;
    this.values.length = same;
    this.sums.length = same + 1;
    for (const value of log.slice(same)) {
      const opNumber = this.values.push(value);
      this.sums.push(BigInt.asUintN(64, (this.sums[opNumber - 1] ?? 0n) + entryDigest(opNumber, this.operationOf(value))));
    }
    const dropped = this.sums[Math.min(logStart - 1, log.length)] ?? 0n;
    return BigInt.asUintN(64, (this.sums[log.length] ?? 0n) - dropped)
      .toString(16)
      .padStart(16, "0");
  }
}

/** What the spec's state says of what the journal tells of one replica. */
export class ComparedVariables {
  private readonly digests: SpecDigests;

  constructor(
    private readonly r: number,
    private readonly replicas: number,
    operationOf: (value: string) => Uint8Array,
  ) {
    this.digests = new SpecDigests(operationOf);
  }

  /** Every variable after `event`, with the value that it should have. */
  expectations({ act, post }: LogEvent, variables: Fields): readonly Expectation[] {
    const replica = ["replicas", String(this.r)];
    const peers = Array.from({ length: this.replicas }, (_, i) => String(i + 1)).filter((peer) => peer !== String(this.r));
    // Looking at all votes costs as much as there were views: only where they can have changed.
    const areVotes = variables["status"] === "ViewChange" || leavesViewChange.has(act) || "receivedSVCs" in post || "receivedDVCs" in post;
    return [
      ...ofReplica.map((name) => ({ path: [...replica, name], value: variables[name] })),
      ...peers.map((peer) => ({ path: [...replica, "peerOpNumber", peer], value: variables[`peerOpNumber.${peer}`] })),
      ...ofHistory.map((name) => ({ path: ["history", ...replica, name], value: variables[name] })),
      { path: [...replica, "logDigest"], value: variables["logDigest"], read: (now) => this.logDigest(now) },
      ...(areVotes
        ? [this.received("StartViewChange", "receivedSVCs", variables), this.received("DoViewChange", "receivedDVCs", variables)]
        : []),
    ];
  }

  private self(now: State): SpecReplica {
    const self = (now["replicas"] as Readonly<Record<number, SpecReplica>>)[this.r]; // the spec's variable
    if (self === undefined) throw new RangeError(`the spec has no replica ${String(this.r)}`);
    return self;
  }
  private logDigest(now: State): string {
    const { replicas } = now["history"] as History; // the variable beside those of the spec
    const logStart = replicas[this.r]?.logStart ?? 1;
    return this.digests.of(this.self(now).log, logStart);
  }
  private received(type: string, name: string, variables: Fields): Expectation {
    const read = (now: State): string => {
      const network = now["messages"] as { to(dest: number): Inbox<SpecMessage> }; // the spec's network
      const { viewNumber } = this.self(now);
      const sources = network
        .to(this.r)
        .delivered(type)
        .filter((m) => m.viewNumber === viewNumber)
        .map(({ source }) => source);
      return [...new Set(sources)].sort((a, b) => a - b).join(" ");
    };
    return { path: ["replicas", String(this.r), name], value: variables[name], read };
  }
}

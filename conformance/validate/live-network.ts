/**
 * A network that changes in place and can take changes back: a log of thousands of events sends thousands of messages,
 * and none of them may be copied at every step.
 */
import { createHash } from "node:crypto";
import { canonicalText, destinationOf, verbs } from "../../specs/language/collections.ts";
import type { Inbox, Network, NetworkVariable } from "../../specs/language/collections.ts";
import { SpecError } from "../../specs/language/errors.ts";

interface Entry {
  readonly message: unknown;
  readonly text: string;
  readonly count: number;
}
type Bucket = Map<string, Entry>;

const tagOf = (message: unknown): string => {
  const tag = typeof message === "object" && message !== null ? (Reflect.get(message, "type") as unknown) : undefined;
  return typeof tag === "string" ? tag : "";
};

/** In the order of their texts, as the interpreter has them. */
const messagesOf = (bucket: Bucket | undefined): readonly never[] => {
  const entries = [...(bucket?.values() ?? [])].sort((a, b) => (a.text < b.text ? -1 : 1));
  return entries.map((e) => e.message) as never[]; // the caller's type of messages is the spec's
};

export class LiveNetwork implements Pick<Network<unknown>, "to" | "has"> {
  private readonly entries = new Map<string, Entry>();
  private readonly pending = new Map<string, Bucket>();
  private readonly delivered = new Map<string, Bucket>();
  /** A hash of the set of entries: their hashes added up, in four words. */
  private readonly sum = new Uint32Array(4);

  constructor(
    entries: Iterable<readonly [unknown, number]>,
    private readonly by: string,
  ) {
    for (const [message, count] of entries) this.put(canonicalText(message), message, count);
  }

  to(destination: string | number): Inbox<unknown> {
    const key = (tag: string): string => `${tag} ${String(destination)}`;
    return {
      pending: (tag: string) => messagesOf(this.pending.get(key(tag))),
      delivered: (tag: string) => messagesOf(this.delivered.get(key(tag))),
      entries: () =>
        [...this.entries.values()]
          .filter((e) => destinationOf(e.message, this.by) === destination)
          .sort((a, b) => (a.text < b.text ? -1 : 1))
          .map((e) => [e.message, e.count] as const),
    };
  }
  has(message: unknown): boolean {
    return this.entries.has(canonicalText(message));
  }
  isPending(message: unknown): boolean {
    return (this.entries.get(canonicalText(message))?.count ?? 0) > 0;
  }
  count(text: string): number | undefined {
    return this.entries.get(text)?.count;
  }

  /** Sets a count, or takes the message out; returns the count that it had. */
  put(text: string, message: unknown, count: number | undefined): number | undefined {
    const before = this.entries.get(text);
    const key = `${tagOf(message)} ${String(destinationOf(message, this.by))}`;
    if (before !== undefined) {
      this.bucket(before.count, key).delete(text);
      this.add(before, -1);
    }
    if (count === undefined) {
      this.entries.delete(text);
      return before?.count;
    }
    const entry = { message: before?.message ?? message, text, count };
    this.entries.set(text, entry);
    this.bucket(count, key).set(text, entry);
    this.add(entry, 1);
    return before?.count;
  }
  private bucket(count: number, key: string): Bucket {
    const buckets = count > 0 ? this.pending : this.delivered;
    const bucket = buckets.get(key) ?? new Map<string, Entry>();
    buckets.set(key, bucket);
    return bucket;
  }
  private add({ text, count }: Entry, sign: 1 | -1): void {
    const digest = createHash("md5")
      .update(`${text} ${String(count)}`)
      .digest();
    for (let i = 0; i < 4; i++) this.sum[i] = (this.sum[i] ?? 0) + sign * digest.readUInt32LE(4 * i);
  }
  /** Equal networks have equal keys; others differ with near certainty (128 bits). */
  get key(): string {
    return this.sum.join(" ");
  }
}

export interface Sent {
  readonly text: string;
  readonly message: unknown;
  readonly count: number | undefined;
}

/** The network in `next`: `now` stays as it is until the effect is done. */
export class NetworkDraft implements NetworkVariable<unknown> {
  readonly changes = new Map<string, Sent>();
  constructor(
    private readonly name: string,
    private readonly now: LiveNetwork,
  ) {}

  private countOf(text: string): number | undefined {
    const change = this.changes.get(text);
    return change === undefined ? this.now.count(text) : change.count;
  }
  private change(message: unknown, verb: (count: number | undefined) => number | undefined | "absent"): void {
    const text = canonicalText(message);
    const count = verb(this.countOf(text));
    if (count === "absent") throw new SpecError(`${this.name}.discard: the message has no delivery pending`);
    this.changes.set(text, { text, message, count });
  }
  send(message: unknown): void {
    this.change(message, verbs.send);
  }
  sendAsReceived(message: unknown): void {
    this.change(message, verbs.sendAsReceived);
  }
  discard(message: unknown): void {
    this.change(message, verbs.discard);
  }
  forget(message: unknown): void {
    this.change(message, verbs.delete);
  }
  has(message: unknown): boolean {
    return this.countOf(canonicalText(message)) !== undefined;
  }
  /** An effect that asks `next` for an inbox is not supported here; the specs ask `now`. */
  to(): Inbox<unknown> {
    throw new SpecError(`${this.name}: an inbox can only be read from now`);
  }
}

/**
 * What the journal of a replica tells beyond the spec's variables: up to where it knows that ops are committed, where its
 * log starts, and what of it was on disk. The spec keeps every log whole; what is committed anywhere is kept here, since a
 * snapshot brings it to a replica without a message of the spec.
 */
import { equal } from "../../../specs/language/collections.ts";
import type { BoundAction, SpecInstance } from "../../../specs/language/instantiate.ts";
import type { Schema } from "../../../specs/language/schema.ts";
import type { Index } from "../../../specs/language/index.ts";
import { replicasOf } from "../../../specs/viewstamped-replication/messages.ts";
import type { Message } from "../../../specs/viewstamped-replication/messages.ts";
import type { Next, OfReplica, ReplicaState } from "../../../specs/viewstamped-replication/state.ts";

type Value = ReplicaState["log"][number];
export interface ReplicaHistory {
  readonly committedTo: number;
  readonly logStart: number;
  /** While events are taken that a crash will take back: the state before the first of them. */
  readonly onDisk: (ReplicaState & { readonly committedTo: number; readonly logStart: number }) | null;
}
export interface History {
  /** The ops that any replica knew to be committed at any time. */
  readonly committed: readonly Value[];
  /** Has every replica what is committed, as far as it knows of it? */
  readonly noLogDivergence: boolean;
  readonly replicas: Readonly<Record<number, ReplicaHistory>>;
}
type Writable<T> = { -readonly [K in keyof T]: T[K] };
export type NextHistory = Writable<Omit<History, "replicas">> & { readonly replicas: Record<number, Writable<ReplicaHistory>> };
type Taking = OfReplica & { readonly next: Next };

const name = "history";
// The variable lies beside those of the spec, whose types do not know it.
export const historyOf = ({ now }: Pick<OfReplica, "now">): History => (now as unknown as { readonly history: History }).history;
export const nextHistory = ({ next }: Taking): NextHistory => (next as unknown as { readonly history: NextHistory }).history;
export const ownHistory = (scope: OfReplica): ReplicaHistory =>
  historyOf(scope).replicas[scope.r] ?? { committedTo: 0, logStart: 1, onDisk: null };
export const checkpointOf = (scope: OfReplica): number => ownHistory(scope).logStart - 1;

/** Actions that put another log in the place of the own one. */
const replacing: ReadonlySet<string> = new Set(["SendSV", "ReceiveSV", "ReceiveNewState"]);

/** What a log that is taken over says of ops below the own checkpoint does not count: they are in the snapshot. */
const keepCheckpoint = (scope: Taking): void => {
  const { now, next, r } = scope;
  const kept = now.replicas[r].log.slice(0, checkpointOf(scope));
  const { log, viewNumber, opNumber, commitNumber } = next.replicas[r];
  if (equal(log.slice(0, kept.length), kept)) return;
  const whole = [...kept, ...log.slice(kept.length)];
  for (const dest of replicasOf(scope.constants)) {
    const told: Message = { type: "StartView", viewNumber, log, opNumber, commitNumber, dest, source: r };
    if (dest === r || !next.messages.has(told) || now.messages.has(told)) continue;
    next.messages.forget(told);
    next.messages.send({ ...told, log: whole });
  }
  next.replicas[r].log = whole;
};

/** After every step: what the replica knows to be committed, and whether all agree on it. */
const record = (scope: Taking, from: number): void => {
  const { next, r } = scope;
  const { log, commitNumber } = next.replicas[r];
  const { committed } = historyOf(scope);
  const history = nextHistory(scope);
  const own = history.replicas[r];
  if (own === undefined) return;
  if (commitNumber > own.committedTo) own.committedTo = commitNumber;
  const { committedTo } = own;
  if (committedTo > log.length) history.noLogDivergence = false;
  for (let i = from; i < Math.min(committedTo, committed.length); i++) if (log[i] !== committed[i]) history.noLogDivergence = false;
  if (committedTo > committed.length) history.committed = [...committed, ...log.slice(committed.length, committedTo)];
};

/** The messages of an event that a crash takes back have left for nobody but the replica itself; heartbeats do not wait for the disk. */
const unsent = ({ next, r, m: received }: Taking & { readonly m?: Message }): Next => {
  const { messages } = next;
  const isHeartbeat = ({ type }: { readonly type: string }): boolean => type === "Commit"; // beyond the spec, whose types do not have it
  const leaves = (m: Message): boolean => m.dest === r || isHeartbeat(m) || (received !== undefined && equal(m, received));
  const muted: Pick<Next["messages"], "send" | "sendAsReceived" | "discard" | "forget" | "has"> = {
    send: (m) => (leaves(m) ? messages.send(m) : undefined),
    sendAsReceived: (m) => (leaves(m) ? messages.sendAsReceived(m) : undefined),
    discard: (m) => messages.discard(m),
    forget: (m) => messages.forget(m),
    has: (m) => messages.has(m),
  };
  return Object.create(next, { messages: { value: muted } }) as Next; // every other variable is the prototype's
};

const recorded = (action: BoundAction): BoundAction => ({
  ...action,
  then: (bound) => {
    const given = bound as unknown as Taking & { readonly isLost?: boolean }; // what every action of the spec is called with
    const scope = given.isLost === true ? { ...given, next: unsent(given) } : given;
    const { now, r } = scope;
    const own = ownHistory(scope);
    if (scope.isLost === true && own.onDisk === null) {
      const next = nextHistory(scope).replicas[r];
      if (next !== undefined) next.onDisk = { ...now.replicas[r], committedTo: own.committedTo, logStart: own.logStart };
    }
    action.then({ ...scope });
    const replaces = replacing.has(action.name);
    if (replaces) keepCheckpoint(scope);
    record(scope, replaces || action.name === "InstallSnapshot" || action.name === "Start" ? 0 : own.committedTo);
  },
});

const int: Schema = { kind: "int", min: 0, max: 1 };
const field = (schema: Schema, of: string) => ({ name: of, schema });

/** The spec with the variable `history`, which every action keeps. */
export const withHistory = (instance: SpecInstance, replicas: number): SpecInstance => {
  const numbers = Array.from({ length: replicas }, (_, i) => (i + 1) as Index); // replicas are at most 9
  const own = {
    kind: "record",
    fields: [field(int, "committedTo"), field(int, "logStart"), field({ kind: "optional", element: int }, "onDisk")],
  } as const;
  const fields = [
    field({ kind: "seq", element: int }, "committed"),
    field({ kind: "bool" }, "noLogDivergence"),
    field({ kind: "map", keys: { kind: "enum", members: numbers }, value: own, partial: false }, "replicas"),
  ];
  const none = Object.fromEntries(numbers.map((r) => [r, { committedTo: 0, logStart: 1, onDisk: null }]));
  const history = { committed: [], noLogDivergence: true, replicas: none };
  return {
    ...instance,
    variables: [...instance.variables, { name, schema: { kind: "record", fields } }],
    init: instance.init.map((state) => ({ ...state, [name]: history })),
    actions: instance.actions.map(recorded),
  };
};

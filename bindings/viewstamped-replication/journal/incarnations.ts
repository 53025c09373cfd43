/**
 * Where each life of a replica ended on its disk. An event is recorded when it is taken, and its messages, but for heartbeats, leave
 * when it is on disk; so the last events before a crash may be lost, but none that another replica has heard of. They have happened
 * all the same, and what they have led to in memory may show. The next start tells what was found, and with it where the
 * life ended.
 */
import { eventName } from "../../../conformance/validate/event.ts";
import type { LogEvent, NodeLog } from "../../../conformance/validate/event.ts";

/** What is on disk, as far as events tell it. */
const durable = ["status", "viewNumber", "lastNormalView", "opNumber", "sentDvc", "sentSv", "logStart", "logDigest"];
type Variables = Readonly<Record<string, unknown>>;
const durablePart = (post: Variables): Variables => Object.fromEntries(durable.filter((n) => n in post).map((n) => [n, post[n]]));
const same = (a: Variables, b: Variables, names: readonly string[] = durable): boolean => names.every((name) => a[name] === b[name]);

/**
 * A snapshot that was restored just before the crash is in the application, and not yet in the log: the start puts it
 * there. Returns up to which op, or 0.
 */
const restoredAt = (before: Variables, { post }: LogEvent): number => {
  const restored = Number(post["committedTo"]);
  const ofLog = new Set(["opNumber", "logStart", "logDigest"]);
  const others = durable.filter((name) => !ofLog.has(name));
  const isRestored = Number(post["logStart"]) === restored + 1 && restored >= Number(before["logStart"]);
  const opNumber = Math.max(Number(before["opNumber"]), restored);
  return isRestored && same(before, post, others) && post["opNumber"] === opNumber ? restored : 0;
};

export interface Lives {
  /** Events that were lost with the memory of a replica. */
  readonly lost: ReadonlySet<LogEvent>;
  /** Start -> up to where a snapshot has taken the place of the log. */
  readonly restoredTo: ReadonlyMap<LogEvent, number>;
  /** Why the logs cannot be those of replicas that kept what was on their disks. */
  readonly fault: string | undefined;
}
interface End {
  readonly lost: readonly LogEvent[];
  readonly restoredTo: number;
}

/**
 * Up to which event a life was on disk when others heard of event `i`. A heartbeat does not wait for the log, only for the view that
 * it is of; everything else waits for all.
 */
const durableFor = (life: readonly LogEvent[], i: number): number =>
  life[i]?.act === "SendCommit" ? life.slice(0, i + 1).findLastIndex(({ post }) => "viewNumber" in post || "status" in post) : i;

/** How one life ended; a text says why none of its states is what `next` found. */
const endOf = (life: readonly LogEvent[], next: LogEvent, received: ReadonlySet<string>): End | string => {
  let variables: Variables = {};
  let end: End | undefined;
  let restoring: End | undefined;
  const heardOf = Math.max(...life.map((e, i) => (e.send.some((id) => received.has(id)) ? durableFor(life, i) : -1)));
  for (const [i, event] of life.entries()) {
    variables = { ...variables, ...durablePart(event.post) };
    if (i < heardOf) continue;
    const lost = life.slice(i + 1);
    if (same(variables, next.post)) end = { lost, restoredTo: 0 };
    const restoredTo = restoredAt(variables, next);
    if (restoredTo > 0) restoring = { lost, restoredTo };
  }
  const heard = life[heardOf];
  const after = heard === undefined ? "" : ` at or after ${eventName(heard)}, which others have heard of`;
  return end ?? restoring ?? `${eventName(next)}: what was found on the disk is no state that the replica was in${after}`;
};

/** `logs` have the events of replication only. */
export const livesOf = (logs: readonly NodeLog[]): Lives => {
  const received = new Set(logs.flatMap(({ events }) => events.flatMap((e) => e.recv)));
  const lost = new Set<LogEvent>();
  const restoredTo = new Map<LogEvent, number>();
  let fault: string | undefined;
  for (const { events } of logs) {
    let life: LogEvent[] = [];
    let before = 0;
    for (const event of events) {
      if (event.act === "Start") {
        const incarnation = Number(event.args["incarnation"]);
        if (!(incarnation > before))
          fault ??= `${eventName(event)}: its incarnation is not above ${String(before)}, that of the life before`;
        before = incarnation;
        const outcome = life.length === 0 ? { lost: [], restoredTo: 0 } : endOf(life, event, received);
        if (typeof outcome === "string") fault ??= outcome;
        else {
          for (const e of outcome.lost) lost.add(e);
          restoredTo.set(event, outcome.restoredTo);
        }
        life = [];
      } else if (life.length === 0) fault ??= `${eventName(event)}: the journal of a life begins with Start`;
      life.push(event);
    }
  }
  return { lost, restoredTo, fault };
};

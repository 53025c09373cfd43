/**
 * Where each life of a replica ended on its disk. An event is recorded when it is taken, and its messages leave when it is
 * on disk; so the last events before a crash may be lost, but none that another replica has heard of. The next start tells
 * what was found, and with it where the life ended.
 */
import { eventName } from "./event.ts";
import type { LogEvent, NodeLog } from "./event.ts";

/** What is on disk, as far as events tell it. */
const durable = ["status", "viewNumber", "lastNormalView", "opNumber", "sentDvc", "sentSv"];
type Variables = Readonly<Record<string, unknown>>;
const durablePart = (post: Variables): Variables => Object.fromEntries(durable.filter((n) => n in post).map((n) => [n, post[n]]));
const same = (a: Variables, b: Variables): boolean => durable.every((name) => a[name] === b[name]);

export interface Lives {
  /** Events that were lost with the memory of a replica. */
  readonly lost: ReadonlySet<LogEvent>;
  /** Start -> the highest commit number in the lives before it. */
  readonly committedBefore: ReadonlyMap<LogEvent, number>;
  /** Why the logs cannot be those of replicas that kept what was on their disks. */
  readonly fault: string | undefined;
}

/** The events of one life that were lost; a text says why none of its states is what `next` found. */
const lostOf = (life: readonly LogEvent[], next: LogEvent, received: ReadonlySet<string>): readonly LogEvent[] | string => {
  let variables: Variables = {};
  let end = -1;
  const heardOf = life.findLastIndex((e) => e.send.some((id) => received.has(id)));
  for (const [i, event] of life.entries()) {
    variables = { ...variables, ...durablePart(event.post) };
    if (i >= heardOf && same(variables, durablePart(next.post))) end = i;
  }
  if (end >= 0) return life.slice(end + 1);
  const heard = life[heardOf];
  const after = heard === undefined ? "" : ` at or after ${eventName(heard)}, which others have heard of`;
  return `${eventName(next)}: what was found on the disk is no state that the replica was in${after}`;
};

/** `logs` have the events of replication only. */
export const livesOf = (logs: readonly NodeLog[]): Lives => {
  const received = new Set(logs.flatMap(({ events }) => events.flatMap((e) => e.recv)));
  const lost = new Set<LogEvent>();
  const committedBefore = new Map<LogEvent, number>();
  let fault: string | undefined;
  for (const { events } of logs) {
    let life: LogEvent[] = [];
    let committed = 0;
    for (const event of events) {
      if (event.act === "Start") {
        const outcome = life.length === 0 ? [] : lostOf(life, event, received);
        if (typeof outcome === "string") fault ??= outcome;
        else for (const e of outcome) lost.add(e);
        committedBefore.set(event, committed);
        life = [];
      } else if (life.length === 0) fault ??= `${eventName(event)}: the journal of a life begins with Start`;
      life.push(event);
      committed = Math.max(committed, Number(event.post["commitNumber"] ?? 0));
    }
  }
  return { lost, committedBefore, fault };
};

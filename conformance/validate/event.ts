/** The events that an engine writes, one JSON object per line, and the order that they have. */
import { z } from "zod";
import { LockstepError } from "../../specs/language/errors.ts";

const MAX_LINE_CHARACTERS = 1_000_000;
export const MAX_EVENTS = 1_000_000;

const id = z.string().min(1).max(200);
const eventSchema = z.strictObject({
  node: id,
  /** Incarnation: how often the node has started. */
  inc: z.int().min(0),
  /** Counts the events of one incarnation, without gaps. */
  seq: z.int().min(0),
  act: id,
  args: z.record(z.string(), z.unknown()).default({}),
  /** What is known of the node's state after the step. */
  post: z.record(z.string(), z.unknown()).default({}),
  /** Messages that the step consumed and sent, by ids that are unique in all logs. */
  recv: z.array(id).max(1000).default([]),
  send: z.array(id).max(1000).default([]),
});
export type LogEvent = z.infer<typeof eventSchema>;

export const eventName = ({ node, inc, seq }: LogEvent): string => `${node}:${String(inc)}:${String(seq)}`;

const eventOf = (line: string, where: string): LogEvent => {
  if (line.length > MAX_LINE_CHARACTERS)
    throw new LockstepError("io", `${where}: ${String(line.length)} characters, at most ${String(MAX_LINE_CHARACTERS)} are read`);
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    throw new LockstepError("io", `${where}: not JSON`, { cause: error });
  }
  const result = eventSchema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new LockstepError("io", `${where}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "malformed"}`);
};

/** Reads newline-delimited JSON. Throws LockstepError "io" that names the line. */
export const readEvents = (text: string, file: string): readonly LogEvent[] => {
  const lines = text.split("\n");
  if (lines.length > MAX_EVENTS + 1) throw new LockstepError("io", `${file}: more than ${String(MAX_EVENTS)} events`);
  return lines.flatMap((line, i) => (line.trim() === "" ? [] : [eventOf(line, `${file}:${String(i + 1)}`)]));
};

export interface NodeLog {
  readonly node: string;
  readonly events: readonly LogEvent[];
}

/** The log of each node in its own order, which is that of incarnation and sequence number, whatever that of the lines. */
export const nodeLogs = (events: readonly LogEvent[]): readonly NodeLog[] => {
  const byNode = new Map<string, LogEvent[]>();
  for (const event of events) {
    const own = byNode.get(event.node);
    if (own === undefined) byNode.set(event.node, [event]);
    else own.push(event);
  }
  return [...byNode].map(([node, own]) => ({ node, events: own.sort((a, b) => a.inc - b.inc || a.seq - b.seq) }));
};

/** Why the logs cannot be whole, before anything is searched. */
export const faultOfLogs = (logs: readonly NodeLog[]): string | undefined => {
  if (logs.length === 0) return "there are no events: an empty log shows nothing";
  for (const { events } of logs)
    for (const [i, event] of events.entries()) {
      const before = events[i - 1];
      if (before?.inc !== event.inc) continue;
      if (before.seq === event.seq) return `${eventName(event)} comes twice`;
      if (before.seq + 1 !== event.seq) return `${eventName({ ...before, seq: before.seq + 1 })} is missing`;
    }
  return undefined;
};

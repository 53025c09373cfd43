/** A trace as a Mermaid sequence diagram: an arrow where a message is delivered (dashed when it comes late), notes for the rest. */
import type { Lanes } from "../../specs/language/instantiate.ts";
import type { Trace } from "../trace.ts";
import { LEFT_OUT } from "../value-text.ts";
import { flowOf } from "./flow.ts";
import type { Event, Flow, FlowOptions, ShortChange } from "./flow.ts";
import { lanesMermaid } from "./lanes.ts";
import { escaped, verdictText } from "./mermaid-text.ts";

const MAX_CHANGES = 5;

/** Of changes beyond those that are shown, at least the places. */
const restOf = (changes: readonly ShortChange[]): readonly string[] =>
  changes.length === 0 ? [] : [`${LEFT_OUT} ${[...new Set(changes.map((c) => c.path))].join(", ")}`];

const noteOf = (event: Event, full: boolean): string => {
  const title = event.details === "" ? event.action : `${event.action}(${event.details})`;
  const room = full ? event.changes.length : MAX_CHANGES;
  return [title, ...event.changes.slice(0, room).map((c) => c.text), ...restOf(event.changes.slice(room))].map(escaped).join("<br/>");
};

const eventLines = (event: Event, ids: ReadonlyMap<string, string>, everyone: string, full: boolean): string[] => {
  const { delivery, process, number } = event;
  const over = process === undefined ? everyone : (ids.get(process) ?? everyone);
  const note = delivery === undefined ? `${String(number)}. ${noteOf(event, full)}` : noteOf(event, full);
  const lines: string[] = [];
  if (delivery !== undefined) {
    const to = ids.get(delivery.to) ?? everyone;
    const when = delivery.late ? ` — late, sent in state ${String(delivery.sentIn)}` : "";
    const label = escaped(`${String(number)}. ${delivery.text}${when}`);
    const from = delivery.from === undefined ? undefined : ids.get(delivery.from);
    lines.push(from === undefined ? `Note over ${to}: ${label}` : `${from}${delivery.late ? "-->>" : "->>"}${to}: ${label}`);
  }
  return [...lines, `Note over ${over}: ${note}`];
};

const names = (flow: Flow): ReadonlyMap<string, string> =>
  new Map(
    flow.participants.map(({ key, label }, i) => [key, /^[A-Za-z]\w*$/.test(label) && !/^end$/i.test(label) ? label : `p${String(i + 1)}`]),
  );

/** The text of a `mermaid` code block: of lanes, where the spec has them, or else of processes and messages. */
export const mermaid = (trace: Trace, lanes?: Lanes, options: FlowOptions = {}): string =>
  lanes === undefined ? flowMermaid(trace, options) : lanesMermaid(trace, lanes, options);

const flowMermaid = (trace: Trace, options: FlowOptions): string => {
  const flow = flowOf(trace, options);
  const ids = names(flow);
  // A trace whose actions name no process still has its story: everything happens to the one participant.
  const shown = flow.participants.length === 0 ? [{ key: "", label: trace.model }] : flow.participants;
  const id = (key: string): string => ids.get(key) ?? "system";
  const [first, last] = [shown[0], shown.at(-1)].map((p) => id(p?.key ?? ""));
  const everyone = first === last ? (first ?? "") : `${first ?? ""},${last ?? ""}`;
  const lines = shown.map(({ key, label }) => (id(key) === label ? `participant ${label}` : `participant ${id(key)} as ${escaped(label)}`));
  for (const event of flow.events) lines.push(...eventLines(event, ids, everyone, options.full === true));
  if (trace.violated !== undefined) lines.push(`Note over ${everyone}: ${verdictText(trace)}`);
  return ["sequenceDiagram", ...lines.map((l) => `    ${l}`)].join("\n");
};

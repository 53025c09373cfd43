/** A trace as a Mermaid sequence diagram: an arrow where a message is delivered (dashed when it comes late), notes for the rest. */
import type { Trace } from "../trace.ts";
import { flowOf } from "./flow.ts";
import type { Event, Flow } from "./flow.ts";

/** Mermaid ends a statement at `;` and reads `#…;` and tags as markup; TLA+'s own angle brackets need no escape. */
const escaped = (text: string): string =>
  text
    .replaceAll("#", "#35;")
    .replaceAll("<<", "⟨")
    .replaceAll(">>", "⟩")
    .replace(/[;<>]/g, (c) => (c === ";" ? "#59;" : c === "<" ? "#lt;" : "#gt;"))
    .replace(/#35#59;/g, "#35;");

const MAX_CHANGES = 5;

const noteOf = (event: Event): string => {
  const title = event.details === "" ? event.action : `${event.action}(${event.details})`;
  const more = event.changes.length > MAX_CHANGES ? ["…"] : [];
  return [title, ...event.changes.slice(0, MAX_CHANGES), ...more].map(escaped).join("<br/>");
};

const eventLines = (event: Event, ids: ReadonlyMap<string, string>, everyone: string): string[] => {
  const { delivery, process, number } = event;
  const over = process === undefined ? everyone : (ids.get(process) ?? everyone);
  const note = delivery === undefined ? `${String(number)}. ${noteOf(event)}` : noteOf(event);
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

/** The text of a `mermaid` code block. */
export const mermaid = (trace: Trace): string => {
  const flow = flowOf(trace);
  const ids = names(flow);
  // A trace whose actions name no process still has its story: everything happens to the one participant.
  const shown = flow.participants.length === 0 ? [{ key: "", label: trace.model }] : flow.participants;
  const id = (key: string): string => ids.get(key) ?? "system";
  const [first, last] = [shown[0], shown.at(-1)].map((p) => id(p?.key ?? ""));
  const everyone = first === last ? (first ?? "") : `${first ?? ""},${last ?? ""}`;
  const lines = shown.map(({ key, label }) => (id(key) === label ? `participant ${label}` : `participant ${id(key)} as ${escaped(label)}`));
  for (const event of flow.events) lines.push(...eventLines(event, ids, everyone));
  if (trace.violated !== undefined) {
    const { kind, property } = trace.violated;
    const verdict =
      kind === "deadlock" ? "no action is enabled" : kind === "witness" ? `${property} is reached` : `${property} is violated`;
    lines.push(`Note over ${everyone}: State ${String(trace.steps.length)}: ${escaped(verdict)}`);
  }
  return ["sequenceDiagram", ...lines.map((l) => `    ${l}`)].join("\n");
};

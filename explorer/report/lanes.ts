/** A trace as a Mermaid sequence diagram of lanes: who acts, and what is kept where, shown whenever it changes. */
import type { Lanes, State } from "../../specs/language/instantiate.ts";
import type { Step, Trace } from "../trace.ts";
import { callText, shortenMiddle } from "../value-text.ts";
import type { FlowOptions } from "./flow.ts";
import { escaped, verdictText } from "./mermaid-text.ts";

/** Characters of a title and of what a store holds. */
interface Room {
  readonly title: number;
  readonly content: number;
}
const ROOM: Room = { title: 60, content: 90 };
const ALL: Room = { title: Infinity, content: Infinity };

const titleOf = (step: Step, number: number, room: Room): string =>
  escaped(`${String(number)}. ${shortenMiddle(callText(step.action ?? "init", step.arguments), room.title)}`);

/** The stores whose content a step changes, with what they hold afterwards. */
const changedStores = (lanes: Lanes, before: State, after: State, room: Room): { readonly name: string; readonly content: string }[] =>
  lanes.stores.flatMap(({ name, content }) => {
    const [was, is] = [content(before), content(after)];
    return was === is ? [] : [{ name, content: shortenMiddle(is, room.content) }];
  });

/** The text of a `mermaid` code block. */
export const lanesMermaid = (trace: Trace, lanes: Lanes, { full = false }: FlowOptions = {}): string => {
  const room = full ? ALL : ROOM;
  const actorOf = (step: Step): string => lanes.actor(step.action ?? "", step.arguments);
  const actors = trace.steps.slice(1).map(actorOf);
  const labels = [...new Set([...actors, ...lanes.stores.map((s) => s.name)])].filter((label) => label !== "");
  const id = (label: string): string => `p${String(labels.indexOf(label) + 1)}`;
  const everyone = labels.length < 2 ? "p1" : `p1,p${String(labels.length)}`;
  const lines = labels.map((label) => `participant ${id(label)} as ${escaped(label)}`);
  trace.steps.forEach((step, at) => {
    const before = trace.steps[at - 1];
    if (before === undefined) return;
    const [actor, title] = [actorOf(step), titleOf(step, at + 1, room)];
    const changed = changedStores(lanes, before.state, step.state, room);
    const [first, ...rest] = changed;
    if (actor === "" || first === undefined) lines.push(`Note over ${actor === "" ? everyone : id(actor)}: ${title}`);
    else {
      lines.push(`${id(actor)}->>${id(first.name)}: ${title}`);
      for (const { name } of rest) lines.push(`${id(actor)}->>${id(name)}: ${String(at + 1)}.`);
    }
    for (const { name, content } of changed) lines.push(`Note over ${id(name)}: ${escaped(content === "" ? "empty" : content)}`);
  });
  if (trace.violated !== undefined) lines.push(`Note over ${everyone}: ${verdictText(trace)}`);
  return ["sequenceDiagram", ...lines.map((l) => `    ${l}`)].join("\n");
};

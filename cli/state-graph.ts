/** The state graph of a small model in the DOT language, as `dot` draws it. */
import { LockstepError } from "../specs/language/errors.ts";
import type { SpecInstance, State } from "../specs/language/instantiate.ts";
import { initialStates, stateText, successors } from "../explorer/interpret/index.ts";
import { callText, shortenMiddle, valueText } from "../explorer/value-text.ts";

const MAX_STATES = 10_000;
const LABEL_WIDTH = 100;

const quoted = (text: string): string => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
const nodeLabel = (state: State, width: number): string =>
  Object.entries(state)
    .map(([name, value]) => shortenMiddle(`${name} = ${valueText(value)}`, width))
    .join("\n");

/** Throws LockstepError "usage" when there are more than 10,000 states: nobody could look at them. */
export const stateGraph = (instance: SpecInstance, full = false): string => {
  const width = full ? Infinity : LABEL_WIDTH;
  const ids = new Map<string, number>();
  const queue: State[] = [];
  const lines: string[] = [];
  const node = (state: State, attributes: string): number => {
    const text = stateText(instance, state);
    const known = ids.get(text);
    if (known !== undefined) return known;
    if (ids.size >= MAX_STATES)
      throw new LockstepError("usage", `${instance.name} has more than ${MAX_STATES} states, too many to draw; make its constants smaller`);
    const id = ids.size;
    ids.set(text, id);
    // States outside a constraint are drawn, and not expanded.
    if (instance.constraints.every((c) => c.test({ now: state, constants: instance.constants, design: instance.design }) === true))
      queue.push(state);
    lines.push(`  ${id} [label=${quoted(nodeLabel(state, width))}${attributes}];`);
    return id;
  };
  for (const state of initialStates(instance)) node(state, ", style=bold");
  for (let state = queue.shift(); state !== undefined; state = queue.shift()) {
    const from = node(state, "");
    for (const s of successors(instance, state)) {
      const to = node(s.state, "");
      lines.push(`  ${from} -> ${to} [label=${quoted(callText(s.action, s.arguments, width))}];`);
    }
  }
  return [`digraph ${quoted(instance.name)} {`, "  node [shape=box, fontname=monospace];", ...lines, "}", ""].join("\n");
};

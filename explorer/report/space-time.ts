/** A trace as a space-time diagram for the terminal: a column for each process, time downwards, an arrow for a delivery. */
import type { Trace } from "../trace.ts";
import { shorten } from "../value-text.ts";
import { flowOf } from "./flow.ts";
import type { Event, Flow, Participant } from "./flow.ts";
import { withNote } from "./left-out.ts";
import { plain } from "./painter.ts";
import type { Painter } from "./painter.ts";

export interface DiagramOptions {
  /** Characters of a line; default 100. What is longer goes on in the next one. */
  readonly width?: number;
  /** Values are whole, however long. */
  readonly full?: boolean;
  readonly painter?: Painter;
}

interface Grid {
  readonly participants: readonly Participant[];
  /** Characters from one column to the next. */
  readonly pitch: number;
  readonly gutter: number;
  readonly labelWidth: number;
}

const MIN_LABEL = 44;
/** More columns than this are drawn only for the participants that do something. */
const MAX_IDLE = 8;

const drawn = (flow: Flow): readonly Participant[] => {
  const active = new Set(flow.events.flatMap((e) => [e.process, e.delivery?.from, e.delivery?.to]));
  return flow.participants.length <= MAX_IDLE ? flow.participants : flow.participants.filter((p) => active.has(p.key));
};

const gridOf = (flow: Flow, width: number, full: boolean): Grid => {
  const participants = drawn(flow);
  const count = participants.length;
  const gutter = String(flow.events.at(-1)?.number ?? 1).length + 2;
  const longest = Math.max(3, ...participants.map((p) => p.label.length));
  const room = Math.floor((width - gutter - MIN_LABEL) / Math.max(1, count));
  const pitch = Math.max(full ? longest + 1 : 4, Math.min(longest + 8, room));
  return { participants, pitch, gutter, labelWidth: Math.max(20, width - gutter - pitch * count - 1) };
};

/** The life lines of one row, with what happens on them drawn over. */
const row = (grid: Grid, event: Event | undefined): string => {
  const columns = new Map(grid.participants.map((p, i) => [p.key, i * grid.pitch]));
  const cells = Array.from({ length: Math.max(1, grid.participants.length * grid.pitch) }, () => " ");
  for (const x of columns.values()) cells[x] = "│";
  const at = event?.process === undefined ? undefined : columns.get(event.process);
  const to = event?.delivery === undefined ? undefined : columns.get(event.delivery.to);
  const from = event?.delivery?.from === undefined ? undefined : columns.get(event.delivery.from);
  if (from !== undefined && to !== undefined && from !== to) {
    const [left, right] = [Math.min(from, to), Math.max(from, to)];
    // A late message is drawn with a broken line.
    for (let x = left + 1; x < right; x++) cells[x] = cells[x] === "│" ? "┼" : event?.delivery?.late === true ? "╌" : "─";
    cells[from] = from < to ? "├" : "┤";
    cells[to + (from < to ? -1 : 1)] = from < to ? "►" : "◄";
  }
  if (at !== undefined) cells[at] = "●";
  if (to !== undefined) cells[to] = "●";
  return cells.join("");
};

const labelOf = (event: Event): string => {
  if (event.delivery === undefined) return event.details === "" ? event.action : `${event.action}(${event.details})`;
  const { text, late, sentIn } = event.delivery;
  return `${event.action} ← ${text}${late ? `, sent in ${String(sentIn)}` : ""}`;
};

const wrap = (text: string, width: number): string[] => {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const cut = rest.lastIndexOf(" ", width);
    const at = cut > width / 3 ? cut : width;
    lines.push(rest.slice(0, at));
    rest = `  ${rest.slice(at).trimStart()}`;
  }
  return [...lines, rest];
};

const eventLines = (grid: Grid, event: Event, paint: Painter): string[] => {
  const [first = "", ...more] = wrap(labelOf(event), grid.labelWidth);
  const changes = event.changes.length === 0 ? [] : wrap(`  ${event.changes.map((c) => c.text).join(", ")}`, grid.labelWidth);
  const number = String(event.number).padStart(grid.gutter - 1);
  const blank = " ".repeat(grid.gutter);
  const split = Math.min(first.length, event.action.length);
  return [
    `${number} ${row(grid, event)} ${paint.action(first.slice(0, split))}${first.slice(split)}`,
    ...more.map((text) => `${blank}${row(grid, undefined)} ${text}`),
    ...changes.map((text) => `${blank}${row(grid, undefined)} ${paint.faint(text)}`),
  ].map((line) => line.trimEnd());
};

export const spaceTimeText = (trace: Trace, options: DiagramOptions = {}): string => {
  const [whole, flow] = [flowOf(trace, { full: true }), flowOf(trace, options)];
  return withNote(diagram(trace, flow, options), () => diagram(trace, whole, { ...options, full: true }));
};

const diagram = (trace: Trace, flow: Flow, options: DiagramOptions): string => {
  const [paint, width] = [options.painter ?? plain, options.width ?? 100];
  const grid = gridOf(flow, width, options.full === true);
  const heads = grid.participants.map((p) => shorten(p.label, grid.pitch - 1).padEnd(grid.pitch)).join("");
  const start = `${"1".padStart(grid.gutter - 1)} ${row(grid, undefined)} ${paint.faint("initial state")}`;
  const verdict = trace.violated;
  const end =
    verdict === undefined
      ? []
      : [
          verdict.kind === "deadlock"
            ? "✗ no action is enabled"
            : verdict.kind === "witness"
              ? `✓ ${verdict.property} is reached`
              : `✗ ${verdict.property} is violated`,
        ];
  return [
    `${" ".repeat(grid.gutter)}${heads}`.trimEnd(),
    start,
    ...flow.events.flatMap((event) => eventLines(grid, event, paint)),
    ...end.map((text) => `${" ".repeat(grid.gutter)}${verdict?.kind === "witness" ? text : paint.bad(text)}`),
  ].join("\n");
};

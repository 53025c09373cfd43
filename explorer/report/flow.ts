/**
 * Who did what to whom in a trace, for diagrams. A trace knows no roles, so they are read from its shape: a message is an
 * argument with a type; the process of a step is the argument that stands first in the actions that handle messages, or
 * in most actions if none does.
 */
import { Counted, equal } from "../../specs/language/collections.ts";
import type { State } from "../../specs/language/instantiate.ts";
import { changesOf, pathText } from "../changes.ts";
import type { Change, Path } from "../changes.ts";
import { contrast } from "../contrast.ts";
import type { Step, Trace } from "../trace.ts";
import { LEFT_OUT, isRecord, shortenMiddle, valueText } from "../value-text.ts";

export interface Delivery {
  /** A participant, or undefined when the sender is none of them (e.g. a client). */
  readonly from: string | undefined;
  readonly to: string;
  /** The type and main fields. */
  readonly text: string;
  /** The number of the state (1 is the initial one) in which the message was first there. */
  readonly sentIn: number | undefined;
  /** Overtaken: the receiver has already received something that was sent later. */
  readonly late: boolean;
}
export interface Event {
  /** The number of the state that the event leads to. */
  readonly number: number;
  readonly action: string;
  /** The participant that acts; undefined for an action of the whole system. */
  readonly process: string | undefined;
  readonly delivery: Delivery | undefined;
  /** What is neither the process nor the message, as text. */
  readonly details: string;
  /** All that changed, short: the fields of the process first, messages that were sent last. */
  readonly changes: readonly ShortChange[];
}
export interface ShortChange {
  readonly path: string;
  /** `status = ViewChange`, `acks + 3`, `messages + 2 Prepare(…)`; what was left out has its mark. */
  readonly text: string;
}
export interface Participant {
  readonly key: string;
  readonly label: string;
}
/** `full`: nothing is left out, however long. */
export interface FlowOptions {
  readonly full?: boolean;
}
export interface Flow {
  readonly participants: readonly Participant[];
  readonly events: readonly Event[];
}

const SENDERS = ["source", "src", "from", "sender"];
const RECEIVERS = ["dest", "destination", "dst", "to", "receiver"];

type Message = Readonly<Record<string, unknown>> & { readonly type: string };
const isScalar = (x: unknown): x is string | number => typeof x === "string" || typeof x === "number";
const isMessage = (x: unknown): x is Message => isRecord(x) && typeof x["type"] === "string";

const fieldOf = (message: Message, names: readonly string[]): string | undefined => {
  const value = names.map((n) => message[n]).find(isScalar);
  return value === undefined ? undefined : String(value);
};

const firstScalar = (step: Step): string | undefined => Object.keys(step.arguments).find((name) => isScalar(step.arguments[name]));

const mostFrequent = (names: readonly string[]): string | undefined => {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
};

/** The parameter that stands for the acting process: the first of those who handle messages, or else the most common first one. */
const processParameter = (trace: Trace): string | undefined => {
  const firsts = (steps: readonly Step[]): string[] => steps.map(firstScalar).filter((name) => name !== undefined);
  const handling = trace.steps.filter((step) => Object.values(step.arguments).some(isMessage));
  return mostFrequent(firsts(handling)) ?? mostFrequent(firsts(trace.steps));
};

/** The keys of the smallest map in a state that has a value for each of the processes, so that idle ones are drawn too. */
const keysAround = (state: State, processes: ReadonlySet<string>): readonly string[] | undefined => {
  const candidates = Object.values(state)
    .filter(isRecord)
    .map((m) => Object.keys(m))
    .filter((keys) => [...processes].every((p) => keys.includes(p)));
  return candidates.sort((a, b) => a.length - b.length)[0];
};

const participantsOf = (trace: Trace, parameter: string): readonly Participant[] => {
  const seen = new Set(
    trace.steps
      .map((s) => s.arguments[parameter])
      .filter(isScalar)
      .map(String),
  );
  const keys = keysAround(trace.steps[0]?.state ?? {}, seen) ?? [...seen].sort();
  // A bare number says little: replica 2 as the parameter r becomes r2.
  return keys.map((key) => ({ key, label: /^\d/.test(key) ? `${parameter}${key}` : key }));
};

/** `viewNumber` as `view`: the long names of fields would not fit on an arrow. */
const shortName = (field: string): string => field.replace(/(?<=[a-z])(?:Number|Num|No)$/, "");

const FIELD_WIDTH = 28;

const messageText = (message: Message, width: number): string => {
  const hidden = ["type", ...SENDERS, ...RECEIVERS];
  const fields = Object.entries(message).filter(([name]) => !hidden.includes(name));
  const texts = fields.map(([name, value]) => `${shortName(name)}=${shortenMiddle(valueText(value), width)}`);
  return texts.length === 0 ? message.type : `${message.type}(${texts.join(", ")})`;
};

const holdsMessage = (state: State, message: Message): boolean => Object.values(state).some((v) => v instanceof Counted && v.has(message));

/** What late means: the receiver has already received something that was sent after this message. */
const overtaken = (delivery: Delivery, earlier: readonly Delivery[]): boolean =>
  earlier.some((d) => d.to === delivery.to && d.sentIn !== undefined && delivery.sentIn !== undefined && d.sentIn > delivery.sentIn);

const deliveryOf = (
  trace: Trace,
  at: number,
  process: string | undefined,
  known: readonly string[],
  width: number,
): Delivery | undefined => {
  const message = Object.values(trace.steps[at]?.arguments ?? {}).find(isMessage);
  if (message === undefined) return undefined;
  const [from, named] = [fieldOf(message, SENDERS), fieldOf(message, RECEIVERS)];
  // A message to anybody is received by whoever acts on it.
  const to = named !== undefined && known.includes(named) ? named : process;
  if (to === undefined) return undefined;
  const sent = trace.steps.findIndex((s) => holdsMessage(s.state, message));
  const sentIn = sent < 0 || sent >= at ? undefined : sent + 1;
  return {
    from: from !== undefined && known.includes(from) ? from : undefined,
    to,
    text: messageText(message, width),
    sentIn,
    late: false,
  };
};

const CHANGE_WIDTH = 40;

/** What a variable holds after a change, in a diagram's room: what is too long is reduced to what changed in it. */
const afterText = ({ before, after }: Extract<Change, { kind: "value" }>, width: number): string => {
  const whole = valueText(after);
  return whole.length <= width ? whole : shortenMiddle(contrast(before, after)[1], width);
};

/** `Prepare(…)`: the arrow of the delivery has the fields. */
const tagText = (message: Message, width: number): string => {
  const whole = valueText(message);
  return whole.length <= width ? whole : `${message.type}(${LEFT_OUT})`;
};

/** Messages that came or went: one line for all of a kind, since they are often sent to everybody at once. */
const messageChanges = (changes: readonly ElementChange[], nameOf: (change: Change) => string, width: number): readonly ShortChange[] => {
  const groups = new Map<string, ElementChange[]>();
  for (const change of changes) {
    const { path, before, after, element } = change;
    const isSolitary = width === Infinity || (before !== undefined && after !== undefined);
    const key = `${pathText(path)} ${isSolitary ? valueText(element) : `${String(before)} ${String(after)} ${isMessage(element) ? element.type : ""}`}`;
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  return [...groups.values()].flatMap((group): ShortChange[] => {
    const [first] = group;
    if (first === undefined || !isMessage(first.element)) return [];
    const many = group.length > 1 ? `${String(group.length)} ${first.element.type}(${LEFT_OUT})` : tagText(first.element, width);
    return [{ path: pathText(first.path), text: elementLine(first, nameOf(first), many) }];
  });
};

type ElementChange = Extract<Change, { kind: "element" }>;

const elementLine = ({ before, after, collection }: ElementChange, name: string, text: string): string => {
  const count = (n: number | undefined): string => String(n ?? 0);
  if (after === undefined) return `${name} - ${text}`;
  if (before === undefined) return `${name} + ${text}${after === 1 || collection === "set" ? "" : ` × ${String(after)}`}`;
  return `${name}: ${text} ${collection === "network" ? "pending" : "×"} ${count(before)} → ${count(after)}`;
};

/** `view = 2`, `acks + 3`. */
const shortChange = (change: Change, name: string, width: number): ShortChange => {
  const path = pathText(change.path);
  if (change.kind === "value") return { path, text: `${name} = ${afterText(change, width)}` };
  return { path, text: elementLine(change, name, shortenMiddle(valueText(change.element), width)) };
};

/** A process's own fields are called by their names alone, unless two of its variables have one of the same name. */
const ownName = ({ path }: Change, own: readonly Change[]): string => {
  const short = (p: Path): string => pathText((p.length > 2 ? p.slice(2) : p.slice(0, 1)).map(shortName));
  const isClear = own.every((other) => pathText(other.path) === pathText(path) || short(other.path) !== short(path));
  return isClear ? short(path) : pathText(path);
};

/** The fields of the process that acts, then everything else; the delivery that the arrow shows is not said again. */
const changesIn = (step: Step, before: State, process: string | undefined, width: number): readonly ShortChange[] => {
  const received = Object.values(step.arguments).find(isMessage);
  const isArrow = (c: Change): boolean =>
    c.kind === "element" &&
    c.collection === "network" &&
    received !== undefined &&
    equal(c.element, received) &&
    (c.after ?? 0) < (c.before ?? 0);
  const all = changesOf(before, step.state).filter((c) => !isArrow(c));
  const isSending = (c: Change): c is ElementChange => c.kind === "element" && isMessage(c.element);
  const isOwn = ({ path }: Change): boolean => process !== undefined && path[1] === process;
  const own = all.filter((c) => isOwn(c) && !isSending(c));
  const others = all.filter((c) => !isOwn(c) && !isSending(c));
  const nameOf = (c: Change): string => pathText(c.path.map(shortName));
  return [
    ...own.map((c) => shortChange(c, ownName(c, own), width)),
    ...others.map((c) => shortChange(c, nameOf(c), width)),
    ...messageChanges(all.filter(isSending), nameOf, width),
  ];
};

const detailsOf = (step: Step, parameter: string, width: number): string => {
  const rest = Object.entries(step.arguments).filter(([name, value]) => name !== parameter && !isMessage(value));
  return rest.map(([, value]) => shortenMiddle(valueText(value), width)).join(", ");
};

export const flowOf = (trace: Trace, { full = false }: FlowOptions = {}): Flow => {
  const [fieldWidth, changeWidth] = full ? [Infinity, Infinity] : [FIELD_WIDTH, CHANGE_WIDTH];
  const parameter = processParameter(trace) ?? "";
  const participants = parameter === "" ? [] : participantsOf(trace, parameter);
  const known = participants.map((p) => p.key);
  const received: Delivery[] = [];
  const events = trace.steps.flatMap((step, at): Event[] => {
    const before = trace.steps[at - 1];
    if (before === undefined || step.action === undefined) return [];
    const acting = step.arguments[parameter];
    const process = isScalar(acting) ? String(acting) : undefined;
    const arrived = deliveryOf(trace, at, process, known, fieldWidth);
    const delivery = arrived && { ...arrived, late: overtaken(arrived, received) };
    if (delivery !== undefined) received.push(delivery);
    const changes = changesIn(step, before.state, process, changeWidth);
    return [{ number: at + 1, action: step.action, process, delivery, details: detailsOf(step, parameter, fieldWidth), changes }];
  });
  return { participants, events };
};

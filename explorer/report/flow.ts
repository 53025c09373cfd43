/**
 * Who did what to whom in a trace, for diagrams. A trace knows no roles, so they are read from its shape: a message is an
 * argument with a type; the process of a step is the argument that stands first in the actions that handle messages, or
 * in most actions if none does.
 */
import { Counted } from "../../specs/language/collections.ts";
import type { State } from "../../specs/language/instantiate.ts";
import { changesOf, pathText } from "../changes.ts";
import type { Change } from "../changes.ts";
import type { Step, Trace } from "../trace.ts";
import { isRecord, shorten, valueText } from "../value-text.ts";

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
  /** What changed, short: `status = ViewChange`; the fields of the process first. */
  readonly changes: readonly string[];
}
export interface Participant {
  readonly key: string;
  readonly label: string;
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

const messageText = (message: Message): string => {
  const hidden = ["type", ...SENDERS, ...RECEIVERS];
  const fields = Object.entries(message).filter(([name]) => !hidden.includes(name));
  const texts = fields.map(([name, value]) => `${shortName(name)}=${shorten(valueText(value), FIELD_WIDTH)}`);
  return texts.length === 0 ? message.type : `${message.type}(${texts.join(", ")})`;
};

const holdsMessage = (state: State, message: Message): boolean => Object.values(state).some((v) => v instanceof Counted && v.has(message));

/** What late means: the receiver has already received something that was sent after this message. */
const overtaken = (delivery: Delivery, earlier: readonly Delivery[]): boolean =>
  earlier.some((d) => d.to === delivery.to && d.sentIn !== undefined && delivery.sentIn !== undefined && d.sentIn > delivery.sentIn);

const deliveryOf = (trace: Trace, at: number, process: string | undefined, known: readonly string[]): Delivery | undefined => {
  const message = Object.values(trace.steps[at]?.arguments ?? {}).find(isMessage);
  if (message === undefined) return undefined;
  const [from, named] = [fieldOf(message, SENDERS), fieldOf(message, RECEIVERS)];
  // A message to anybody is received by whoever acts on it.
  const to = named !== undefined && known.includes(named) ? named : process;
  if (to === undefined) return undefined;
  const sent = trace.steps.findIndex((s) => holdsMessage(s.state, message));
  const sentIn = sent < 0 || sent >= at ? undefined : sent + 1;
  return { from: from !== undefined && known.includes(from) ? from : undefined, to, text: messageText(message), sentIn, late: false };
};

const CHANGE_WIDTH = 40;

/** `view = 2`, `acks + 3`; empty for what is too long or too much for a diagram: messages, bags and networks. */
const shortChange = (change: Change, path: readonly string[]): string => {
  const name = pathText(path.map(shortName));
  const value = change.kind === "value" ? change.after : change.element;
  const text = valueText(value);
  if (text.length > CHANGE_WIDTH) return "";
  if (change.kind === "value") return `${name} = ${text}`;
  return change.collection !== "set" || isMessage(value) ? "" : `${name} ${change.after === undefined ? "-" : "+"} ${text}`;
};

/** The fields of the process that acts, then those that belong to no process. */
const changesIn = (before: State, after: State, process: string | undefined, known: readonly string[]): readonly string[] => {
  const all = changesOf(before, after);
  const own = all.filter(({ path }) => process !== undefined && path[1] === process);
  const shared = all.filter(({ path }) => process === undefined || path[1] === undefined || !known.includes(path[1]));
  const texts = [
    ...own.map((c) => shortChange(c, c.path.length > 2 ? c.path.slice(2) : c.path.slice(0, 1))),
    ...shared.map((c) => shortChange(c, c.path)),
  ];
  return texts.filter((t) => t !== "");
};

const detailsOf = (step: Step, parameter: string): string => {
  const rest = Object.entries(step.arguments).filter(([name, value]) => name !== parameter && !isMessage(value));
  return rest.map(([, value]) => shorten(valueText(value), FIELD_WIDTH)).join(", ");
};

export const flowOf = (trace: Trace): Flow => {
  const parameter = processParameter(trace) ?? "";
  const participants = parameter === "" ? [] : participantsOf(trace, parameter);
  const known = participants.map((p) => p.key);
  const received: Delivery[] = [];
  const events = trace.steps.flatMap((step, at): Event[] => {
    const before = trace.steps[at - 1];
    if (before === undefined || step.action === undefined) return [];
    const acting = step.arguments[parameter];
    const process = isScalar(acting) ? String(acting) : undefined;
    const arrived = deliveryOf(trace, at, process, known);
    const delivery = arrived && { ...arrived, late: overtaken(arrived, received) };
    if (delivery !== undefined) received.push(delivery);
    const changes = changesIn(before.state, step.state, process, known);
    return [{ number: at + 1, action: step.action, process, delivery, details: detailsOf(step, parameter), changes }];
  });
  return { participants, events };
};

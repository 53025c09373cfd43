/** Messages and operations of the engine as values of the spec. An operation is the name of its value, in UTF-8. */
import { canonicalText, rememberText } from "../../specs/language/equality.ts";
import type { Envelope, Message } from "../../engine/replication/messages.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
export const operationOf = (value: string): Uint8Array => encoder.encode(value);
export const valueIn = (operation: Uint8Array): string => decoder.decode(operation);

/** A message of the spec. Its text is what tells two messages apart. */
export interface SpecMessage {
  readonly text: string;
  readonly message: Readonly<Record<string, unknown>>;
}

/** In the order of the spec, so that texts of both can be read side by side. */
const fieldOrder = ["type", "viewNumber", "log", "lastNormalVn", "firstOp", "message", "opNumber", "commitNumber", "dest", "source"];

/** Types of the engine that the spec does not have: heartbeats, their answers, and the hint to a snapshot. */
const beyondTheSpec: ReadonlySet<Message["type"]> = new Set<Message["type"]>(["Commit", "CommitOk", "SnapshotNeeded"]);

const specField = ([name, value]: readonly [string, unknown]): readonly (readonly [string, unknown])[] => {
  // Nothing is dropped below a checkpoint here, so that every log starts at 1.
  if (name === "logStart") return [];
  if (value instanceof Uint8Array) return [[name, valueIn(value)]];
  // Logs are the only arrays in messages.
  return [[name, Array.isArray(value) ? Object.freeze((value as Uint8Array[]).map(valueIn)) : value]];
};

/** Undefined for a message that the spec does not have. */
export const specMessage = (message: Message): SpecMessage | undefined => {
  if (beyondTheSpec.has(message.type)) return undefined;
  const values = Object.fromEntries(Object.entries(message).flatMap(specField));
  const names = fieldOrder.filter((name) => Object.hasOwn(values, name));
  const fields = Object.freeze(Object.fromEntries(names.map((name) => [name, values[name]])));
  rememberText(fields);
  return { text: canonicalText(fields), message: fields };
};

/** The message in an envelope as the network has it. A defective engine sends what the schema refuses, so it is not checked. */
export const messageIn = (raw: unknown): Message => (raw as Envelope).message; // the engine's own

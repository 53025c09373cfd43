/**
 * What the journal says about an action: its arguments, and which variables it changed. Every variable of the spec is among
 * them, so that one which the engine forgot to change shows. A log is told by its ends and a digest, what was collected for
 * a view change by who sent it.
 */
import type { JournalEvent } from "../ports.ts";
import type { Step } from "./actions.ts";
import { peersOf } from "./group.ts";
import type { Envelope } from "./messages.ts";
import type { ReplicaState } from "./state.ts";

export type Variables = Readonly<Record<string, unknown>>;

const sources = (from: Iterable<number>): string => [...from].sort((a, b) => a - b).join(" ");

/** All of them, for replica `r` of a group of `replicas`. */
export const variablesOf = (state: Readonly<ReplicaState>, r: number, replicas: number): Variables => {
  const { status, viewNumber, lastNormalView, commitNumber, committedTo, sentDvc, sentSv, log, peerOpNumber } = state;
  const { opNumber, logStart, digest: logDigest } = log;
  const peers = Object.fromEntries(peersOf(r, replicas).map((peer) => [`peerOpNumber.${peer}`, peerOpNumber.get(peer) ?? 0]));
  const receivedSVCs = sources(state.receivedSVCs);
  const receivedDVCs = sources(state.receivedDVCs.keys());
  const ofLog = { opNumber, logStart, logDigest };
  return { status, viewNumber, lastNormalView, commitNumber, committedTo, sentDvc, sentSv, ...ofLog, receivedSVCs, receivedDVCs, ...peers };
};

/** `before` and `after` are the variables around the action. */
export const eventOf = (
  r: number,
  step: Step,
  before: Variables,
  after: Variables,
  recv: string | undefined,
  sent: readonly Envelope[],
): JournalEvent => ({
  act: step.act,
  args: { r, ...argsOf(step) },
  post: Object.fromEntries(Object.entries(after).filter(([name, value]) => before[name] !== value)),
  ...(recv === undefined ? {} : { recv: [recv] }),
  ...(sent.length === 0 ? {} : { send: sent.map(({ id }) => id) }),
});

/** A message by its type and numbers; an operation by its bytes in hexadecimal digits. */
const argsOf = (step: Step): Variables => {
  if ("operation" in step) return { operation: hex(step.operation) };
  if (!("message" in step)) return Object.fromEntries(Object.entries(step).filter(([name]) => name !== "act"));
  const { message } = step;
  const plain = Object.entries(message).filter(([, value]) => typeof value !== "object");
  return { ...Object.fromEntries(plain), ...(message.type === "Prepare" ? { message: hex(message.message) } : {}) };
};

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

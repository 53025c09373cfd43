/**
 * Proofs that a replica has forgotten what it has promised. None of these can happen while every replica has its disk, whatever
 * the network does: whoever sees one stops, before more is built on what is lost. `engine repair` brings it back.
 */
import { primary } from "./group.ts";
import type { Message } from "./messages.ts";
import type { ReplicaState } from "./state.ts";

/** Somebody has forgotten what was promised; the message says who, and how it shows. */
export class AmnesiaError extends Error {
  override readonly name = "AmnesiaError";
}

const remedy = "it must not take part before `engine repair` has brought it back";

export const forgotten = (replica: number): AmnesiaError =>
  new AmnesiaError(`replica ${replica} has taken part in its group, but its log is not there: its data is lost, and ${remedy}`);

/** What the message shows about this replica or its sender; undefined if all may be well. */
export const amnesiaShownBy = (state: Readonly<ReplicaState>, r: number, replicas: number, message: Message): AmnesiaError | undefined => {
  const { viewNumber, status, log } = state;
  const isOfOwnView = message.viewNumber === viewNumber && status === "Normal";
  if (message.type === "Commit" && isOfOwnView && message.acknowledged > log.opNumber)
    return new AmnesiaError(
      `replica ${r} has forgotten ops ${log.opNumber + 1} to ${message.acknowledged}, which it has acknowledged in view ${viewNumber}: ${remedy}`,
    );
  if (message.type === "PrepareOk" && isOfOwnView && primary(viewNumber, replicas) === r && message.opNumber > log.opNumber)
    return new AmnesiaError(
      `replica ${r} has forgotten ops ${log.opNumber + 1} to ${message.opNumber} of view ${viewNumber}, which it leads: replica ${message.source} has acknowledged them; ${remedy}`,
    );
  const op = contradicted(state, message);
  if (op === undefined) return undefined;
  return new AmnesiaError(
    `replica ${message.source} sent a ${message.type} of view ${message.viewNumber} with another op ${op} than the one that is committed at replica ${r}: one of them has forgotten what it has promised`,
  );
};

/** The first op that both sides call committed and that differs. What a snapshot has brought is not in the log to compare. */
const contradicted = (
  { log, commitNumber, committedTo, viewNumber, status }: Readonly<ReplicaState>,
  message: Message,
): number | undefined => {
  if (message.type === "Prepare") {
    // An op that is committed in a view is the same in all later ones.
    const isChecked = status === "Normal" && message.viewNumber >= viewNumber && message.opNumber <= Math.min(commitNumber, log.opNumber);
    return isChecked && !isSame(log.at(message.opNumber), message.message) ? message.opNumber : undefined;
  }
  if (message.type !== "StartView" && message.type !== "DoViewChange" && message.type !== "NewState") return undefined;
  const firstOp = message.type === "NewState" ? message.firstOp : message.logStart;
  const lastOp = Math.min(committedTo, message.commitNumber, log.opNumber);
  for (let opNumber = Math.max(firstOp, log.logStart); opNumber <= lastOp; opNumber += 1)
    if (!isSame(log.at(opNumber), message.log[opNumber - firstOp])) return opNumber;
  return undefined;
};

/** Ops that were dropped say nothing. */
const isSame = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined || (a.length === b.length && a.every((byte, i) => byte === b[i]));

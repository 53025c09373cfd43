/**
 * Messages as the journal tells of them: a receipt gives everything that the engine can have decided on, and all of it is
 * compared with what was sent. Logs it leaves out: what was taken over from one shows in the digest of the own log.
 */
import type { LogEvent } from "../../../conformance/validate/event.ts";

type Fields = Readonly<Record<string, unknown>>;

const between = ["dest", "source"];
/** Type -> the fields that the spec's message has, without its log; all of them are given. */
export const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  Prepare: ["viewNumber", "message", "opNumber", "commitNumber", ...between],
  PrepareOk: ["viewNumber", "opNumber", ...between],
  StartViewChange: ["viewNumber", ...between],
  DoViewChange: ["viewNumber", "lastNormalVn", "opNumber", "commitNumber", ...between],
  StartView: ["viewNumber", "opNumber", "commitNumber", ...between],
  GetState: ["viewNumber", "opNumber", ...between],
  NewState: ["viewNumber", "firstOp", "opNumber", "commitNumber", ...between],
  // Beyond the spec.
  Commit: ["viewNumber", "opNumber", "commitNumber", "acknowledged", "nonce", ...between],
  CommitOk: ["viewNumber", "status", "nonce", ...between],
  SnapshotNeeded: ["viewNumber", "opNumber", ...between],
};
/** Types with a log, which the journal leaves out. */
export const hasLog = (type: string): boolean => type === "DoViewChange" || type === "StartView" || type === "NewState";

/** Types of messages that say where their log starts. The spec's logs are whole: this is compared with what the sender had. */
export const tellsLogStart = (type: string): boolean => type === "DoViewChange" || type === "StartView";

/** Action beyond the spec -> the types of messages that it may be about. */
const receivesBeyond: Readonly<Record<string, readonly string[]>> = {
  ReceiveCommit: ["Commit"],
  AnswerLaterCommit: ["Commit"],
  ReceiveCommitOk: ["CommitOk"],
  SendGetStateInView: ["Prepare", "Commit"],
  ReceiveNewStateInView: ["NewState"],
  RepeatStartView: ["StartViewChange", "DoViewChange", "CommitOk"],
  AnswerSnapshotNeeded: ["GetState"],
  ReceiveSnapshotNeeded: ["SnapshotNeeded"],
  RequestSnapshotForSV: ["StartView"],
};
export const typesReceived = (action: string, bySpec: Readonly<Record<string, string>>): readonly string[] => {
  const type = bySpec[action];
  return type === undefined ? (receivesBeyond[action] ?? []) : [type];
};

/** The message as the spec has it, without its log. A field that is missing is undefined, and equals none. */
export const messageOf = ({ args }: LogEvent): Fields => {
  const type = String(args["type"]);
  return Object.fromEntries(["type", ...(fieldsOf[type] ?? [])].map((name) => [name, args[name]]));
};

/** Of a nonce `incarnation:round`, both; undefined for anything else. */
const partsOf = (nonce: unknown): readonly [incarnation: number, round: number] | undefined => {
  const parts = /^([1-9]\d*):([1-9]\d*)$/.exec(String(nonce));
  return parts === null ? undefined : [Number(parts[1]), Number(parts[2])];
};
/** Why the nonces of a node's heartbeats are not new ones each: answers to an earlier one would count for a later. */
export const faultOfNonces = (events: readonly LogEvent[], nameOf: (event: LogEvent) => string): string | undefined => {
  let [incarnation, last] = [0, 0];
  for (const event of events) {
    if (event.act === "Start") [incarnation, last] = [Number(event.args["incarnation"]), 0];
    if (event.act !== "SendCommit") continue;
    const [of, round] = partsOf(event.args["nonce"]) ?? [0, 0];
    if (of !== incarnation || round <= last)
      return `${nameOf(event)}: the nonce ${String(event.args["nonce"])} is not a new one of this life`;
    last = round;
  }
  return undefined;
};

/**
 * The messages between replicas. Those of the paper carry the spec's fields under the spec's names, and `logStart` where
 * a log may lack what was dropped below a checkpoint. Commit, CommitOk and SnapshotNeeded are beyond the spec.
 * Whatever arrives is checked here: shape, size, that its parts agree with one another, and who it is from and for.
 */
import { z } from "zod";
import { validated } from "../codec.ts";
import { primary } from "./group.ts";

export const statuses = ["Normal", "ViewChange", "StateTransfer"] as const;
export type Status = (typeof statuses)[number];

/**
 * The largest operation; the operations after which a log takes no more until it is truncated; and the most that a message
 * may carry, which is more because a log may be merged from two.
 */
export const limits = { operationBytes: 4096, logEntries: 16384, messageEntries: 131072 } as const;

const number = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const replica = z.number().int().min(1).max(99);
const viewNumber = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
export const operationSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= limits.operationBytes, {
  error: `an operation is bytes, at most ${limits.operationBytes}`,
});
const log = z.array(operationSchema).max(limits.messageEntries);
const between = { dest: replica, source: replica };
const nonce = z.string().max(64);

const PrepareSchema = z
  .strictObject({ type: z.literal("Prepare"), viewNumber, message: operationSchema, opNumber: number, commitNumber: number, ...between })
  .refine((m) => m.commitNumber < m.opNumber, { error: "the op of a Prepare is not committed yet" });
const PrepareOkSchema = z.strictObject({ type: z.literal("PrepareOk"), viewNumber, opNumber: number, ...between });
const StartViewChangeSchema = z.strictObject({ type: z.literal("StartViewChange"), viewNumber, ...between });

/** Is the log as long as it says? It may start above the commit number: see `ReplicaState`. */
const agrees = (firstOp: number, m: { log: readonly unknown[]; opNumber: number; commitNumber: number }): boolean =>
  firstOp - 1 + m.log.length === m.opNumber && m.commitNumber <= m.opNumber;
const whole = { viewNumber, logStart: viewNumber, log, opNumber: number, commitNumber: number, ...between };
const disagreement = { error: "log, op number and commit number do not agree" };

const DoViewChangeSchema = z
  .strictObject({ type: z.literal("DoViewChange"), lastNormalVn: viewNumber, ...whole })
  .refine((m) => agrees(m.logStart, m), disagreement)
  .refine((m) => m.lastNormalVn < m.viewNumber, { error: "the last normal view is not below the view" });
const StartViewSchema = z.strictObject({ type: z.literal("StartView"), ...whole }).refine((m) => agrees(m.logStart, m), disagreement);
/** To any replica that has the state: whoever gets it may answer. */
const GetStateSchema = z.strictObject({
  type: z.literal("GetState"),
  viewNumber,
  opNumber: number,
  dest: z.literal("any"),
  source: replica,
});
const NewStateSchema = z
  .strictObject({ type: z.literal("NewState"), viewNumber, log, firstOp: viewNumber, opNumber: number, commitNumber: number, ...between })
  .refine((m) => m.firstOp - 1 + m.log.length === m.opNumber && m.commitNumber <= m.opNumber, disagreement);
/** The primary's heartbeat. `acknowledged` is the op number up to which it knows of the receiver's PrepareOks. */
const CommitSchema = z
  .strictObject({ type: z.literal("Commit"), viewNumber, opNumber: number, commitNumber: number, acknowledged: number, nonce, ...between })
  .refine((m) => m.commitNumber <= m.opNumber, { error: "the commit number is above the op number" });
/** The answer to a heartbeat: the view and status in which it was given. */
const CommitOkSchema = z.strictObject({ type: z.literal("CommitOk"), viewNumber, status: z.enum(statuses), nonce, ...between });
/** The answer to a GetState from below the sender's checkpoint, which is `opNumber`. */
const SnapshotNeededSchema = z.strictObject({ type: z.literal("SnapshotNeeded"), viewNumber, opNumber: number, ...between });

export const messageSchema = z.discriminatedUnion("type", [
  PrepareSchema,
  PrepareOkSchema,
  StartViewChangeSchema,
  DoViewChangeSchema,
  StartViewSchema,
  GetStateSchema,
  NewStateSchema,
  CommitSchema,
  CommitOkSchema,
  SnapshotNeededSchema,
]);
export type Message = z.infer<typeof messageSchema>;
export type MessageOf<K extends Message["type"]> = Extract<Message, { type: K }>;

/** `id` is `replica:incarnation:number`: no two messages ever have the same, except a copy that the network makes. */
export const envelopeSchema = z.strictObject({ id: z.string().max(64), message: messageSchema });
export type Envelope = z.infer<typeof envelopeSchema>;

/** A message that is not for this replica, or not from whom it says. */
export class MisdirectedError extends Error {
  override readonly name = "MisdirectedError";
}

/** Throws DecodeError for what is no message, MisdirectedError for what is not from `from` to `self`. */
export const receivedEnvelope = (raw: unknown, from: number, self: number, replicas: number): Envelope => {
  const envelope = validated(envelopeSchema, raw, `a message from replica ${from}`);
  const { source, dest, type } = envelope.message;
  if (source !== from || source === self || source > replicas)
    throw new MisdirectedError(`replica ${from} sent a ${type} that says it is from replica ${source}`);
  if (dest !== "any" && dest !== self) throw new MisdirectedError(`a ${type} for replica ${dest} came to replica ${self}`);
  const { viewNumber } = envelope.message;
  if (fromPrimary.has(type) && source !== primary(viewNumber, replicas))
    throw new MisdirectedError(`replica ${source} sent a ${type} of view ${viewNumber}, which it does not lead`);
  if (toPrimary.has(type) && dest !== primary(viewNumber, replicas))
    throw new MisdirectedError(`a ${type} of view ${viewNumber} came to replica ${self}, which does not lead it`);
  return envelope;
};

/**
 * So many views no group goes through while one of it is away: at two a second it would take 68 years. A view beyond that was
 * made up, and would use up the numbers that are left.
 */
const farthestJump = 2 ** 32;

/** Throws MisdirectedError. */
export const checkJump = ({ type, viewNumber, source }: Message, ownView: number): void => {
  if (viewNumber > ownView + farthestJump)
    throw new MisdirectedError(`replica ${source} sent a ${type} of view ${viewNumber}, absurdly far beyond view ${ownView}`);
};

const fromPrimary: ReadonlySet<Message["type"]> = new Set<Message["type"]>(["Prepare", "StartView", "Commit"]);
const toPrimary: ReadonlySet<Message["type"]> = new Set<Message["type"]>(["PrepareOk", "DoViewChange"]);

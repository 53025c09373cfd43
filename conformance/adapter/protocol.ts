/** The messages of the adapter protocol, version 1. Every line from an adapter is checked against these. */
import { z } from "zod";

export const PROTOCOL_VERSION = 1;
/** What one answer of a node may hold. */
const MAX_OUTPUTS = 1000;

const name = z.string().max(200);
/** A guard or an explanation; longer ones are cut where they are printed. */
const text = z.string().max(10_000);
const reply = { in_reply_to: z.int() };

const file = name.min(1);
const size = z
  .int()
  .min(0)
  .max(2 ** 30);
const io = { type: z.literal("disk"), ioId: z.int(), file };
/** What a node does to the world around it, in the order in which it does it. */
export const output = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("event"), act: name }),
  z.strictObject({ type: z.literal("send"), to: name, message: z.unknown() }),
  z.strictObject({ type: z.literal("timer_set"), timer: name }),
  z.strictObject({ type: z.literal("timer_cancel"), timer: name }),
  z.discriminatedUnion("op", [
    z.strictObject({ ...io, op: z.literal("write"), off: size, data: z.base64() }),
    z.strictObject({ ...io, op: z.literal("truncate"), off: size }),
    z.strictObject({ ...io, op: z.literal("sync") }),
  ]),
  z.strictObject({ type: z.literal("reply"), opId: name, result: z.unknown() }),
]);
export type Output = z.infer<typeof output>;

const refused = z.strictObject({ type: z.literal("refused"), ...reply, guard: text });
const out = z.array(output).max(MAX_OUTPUTS).default([]);
/** The answer of a node to what happens to it. */
const reaction = z.discriminatedUnion("type", [z.strictObject({ type: z.literal("idle"), ...reply, out }), refused]);

export const replies = {
  hello: z.strictObject({
    type: z.literal("hello_ok"),
    ...reply,
    version: z.int(),
    name,
    /** L1: every step is the controller's. L2: real processes, which nobody steps. */
    profile: z.enum(["L1", "L2"]).default("L1"),
    /** All nodes in one process, or one node in each. */
    holds: z.enum(["cluster", "node"]).default("cluster"),
    actions: z.array(name).max(1000).default([]),
    unobserved: z.array(name).max(1000).default([]),
  }),
  init: z.strictObject({ type: z.literal("init_ok"), ...reply, out }),
  action: z.discriminatedUnion("type", [z.strictObject({ type: z.literal("ok"), ...reply }), refused]),
  deliver: reaction,
  fire: reaction,
  client: reaction,
  disk_done: reaction,
  observe: z.strictObject({ type: z.literal("state"), ...reply, state: z.record(z.string(), z.unknown()) }),
  bye: z.strictObject({ type: z.literal("bye_ok"), ...reply }),
} as const;

/** The answer to any message that the adapter cannot do. */
export const errorReply = z.strictObject({ type: z.literal("error"), ...reply, code: name, text });

export type RequestKind = keyof typeof replies;
export type ReplyTo<K extends RequestKind> = z.infer<(typeof replies)[K]>;
/** What happens to a node while it runs. */
export type StimulusKind = "deliver" | "fire" | "client" | "disk_done";
/** What every reply has, whatever it is. */
export const envelope = z.looseObject({ type: z.string(), in_reply_to: z.int() });

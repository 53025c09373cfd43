/** The messages of the adapter protocol, version 1. Every line from an adapter is checked against these. */
import { z } from "zod";

export const PROTOCOL_VERSION = 1;

const name = z.string().max(200);
/** A guard or an explanation; longer ones are cut where they are printed. */
const text = z.string().max(10_000);
const reply = { in_reply_to: z.int() };

export const replies = {
  hello: z.strictObject({
    type: z.literal("hello_ok"),
    ...reply,
    version: z.int(),
    name,
    actions: z.array(name).max(1000),
    unobserved: z.array(name).max(1000).default([]),
  }),
  init: z.strictObject({ type: z.literal("init_ok"), ...reply }),
  action: z.union([
    z.strictObject({ type: z.literal("ok"), ...reply }),
    z.strictObject({ type: z.literal("refused"), ...reply, guard: text }),
  ]),
  observe: z.strictObject({ type: z.literal("state"), ...reply, state: z.record(z.string(), z.unknown()) }),
  bye: z.strictObject({ type: z.literal("bye_ok"), ...reply }),
} as const;

/** The answer to any message that the adapter cannot do. */
export const errorReply = z.strictObject({ type: z.literal("error"), ...reply, code: name, text });

export type RequestKind = keyof typeof replies;
export type ReplyTo<K extends RequestKind> = z.infer<(typeof replies)[K]>;
/** What every reply has, whatever it is. */
export const envelope = z.looseObject({ type: z.string(), in_reply_to: z.int() });

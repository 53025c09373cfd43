/**
 * The constants of the protocol's models, their value sets, and the messages that replicas exchange
 * (VR_STATE_TRANSFER.tla, "Model size" and "Message passing"). A message keeps the TLA+ field names in camelCase.
 */
import { int, names, oneOf, ordered, range, seq, symmetric, union } from "../language/index.ts";
import type { Index, ValueOf } from "../language/index.ts";

export type Constants = {
  /** ReplicaCount. */
  readonly replicas: number;
  /** The size of the set Values. */
  readonly values: number;
  /** StartViewOnTimerLimit: how many view changes a timer may trigger. */
  readonly startViewOnTimerLimit: number;
  /** NoProgressChangeLimit: how often the set of paused replicas may change. */
  readonly noProgressChangeLimit: number;
};

export const replicasOf = (c: Constants): readonly Index[] => range(1, c.replicas);
/** Replicas are numbers because the primary of a view is computed from its number: they are not symmetric. */
export const Replica = ordered("Replica", replicasOf);
/** What clients write. No value is special, so they are symmetric (`symmValues`); none at all is a model without requests. */
export const Value = symmetric("Value", (c: Constants) => names("v", c.values), { mayBeEmpty: true });

/** The most replicas that may fail: `ReplicaCount \div 2`. */
export const minority = (c: Constants): number => Math.floor(c.replicas / 2);
export const majority = (c: Constants): number => minority(c) + 1;
/** Only a timer raises the highest view, by one, so no replica ever passes this view. */
export const lastView = (c: Constants): number => 1 + c.startViewOnTimerLimit;

export const ViewNumber = int(1, lastView);
/** Every entry of a log is a value of its own, so no log is longer than there are values. */
export const OpNumber = int(0, (c: Constants) => c.values);
/** LogEntryType is a record with one field; here an entry is the operation itself. */
export const Log = seq(Value);

const between = { dest: Replica, source: Replica };
export const Message = union({
  Prepare: { viewNumber: ViewNumber, message: Value, opNumber: OpNumber, commitNumber: OpNumber, ...between },
  PrepareOk: { viewNumber: ViewNumber, opNumber: OpNumber, ...between },
  StartViewChange: { viewNumber: ViewNumber, ...between },
  DoViewChange: {
    viewNumber: ViewNumber,
    log: Log,
    /** 0 only in a normal form: see reductions.ts. */
    lastNormalVn: int(0, lastView),
    opNumber: OpNumber,
    commitNumber: OpNumber,
    ...between,
  },
  StartView: { viewNumber: ViewNumber, log: Log, opNumber: OpNumber, commitNumber: OpNumber, ...between },
  /** AnyDest: whichever replica gets to it first may answer. */
  GetState: { viewNumber: ViewNumber, opNumber: OpNumber, dest: oneOf("any"), source: Replica },
  /** `log` is the part of the sender's log from `firstOp` on. */
  NewState: { viewNumber: ViewNumber, log: Log, firstOp: int(1, (c: Constants) => c.values + 1), opNumber: OpNumber, commitNumber: OpNumber, ...between },
});
export type Message = ValueOf<typeof Message>;
export const messageTypes = ["Prepare", "PrepareOk", "StartViewChange", "DoViewChange", "StartView", "GetState", "NewState"] as const satisfies readonly Message["type"][];
export type MessageOf<K extends Message["type"]> = Extract<Message, { type: K }>;

/** Broadcast: the message to every replica but its source. */
export const broadcast = (
  messages: { send(message: Message): void },
  constants: Constants,
  source: Index,
  messageTo: (dest: Index) => Message,
): void => {
  for (const dest of replicasOf(constants)) if (dest !== source) messages.send(messageTo(dest));
};

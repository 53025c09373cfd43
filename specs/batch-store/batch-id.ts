/**
 * The author's batch ids: a counter whose next value is put in the store before a batch of the present value is sent.
 * An id has a nonce, which is drawn when the store holds no counter. The counter's row and the batches' rows share one log.
 * Left out: epochs (a counter belongs to one) and what the batches hold.
 */
import { bool, equal, int, oneOf, optional, record, set, setOf, system } from "../language/index.ts";
import type { ScopeOf } from "../language/index.ts";

type Constants = { readonly batches: number; readonly processCrashes: number; readonly machineCrashes: number };
const starts = (c: Constants): number => 1 + c.processCrashes + c.machineCrashes;
/** A start skips an id, and a batch takes one. */
const number = int(0, (c: Constants) => c.batches + 2 * starts(c));
const Id = record({ nonce: int(0, (c: Constants) => starts(c)), number });

const author = system({
  name: "batch-store-batch-id",
  constants: {
    batches: { default: 4, min: 1, max: 5 },
    processCrashes: { default: 1, min: 0, max: 2 },
    machineCrashes: { default: 1, min: 0, max: 2 },
  },
  design: {
    /** The put of the counter waits for its fsync, or for nothing (the code). */
    batchId: ["sync", "relaxed"],
    /** The author's own row of the batch, put before the batch is sent: relaxed (the code), or synced, and with it the log before it. */
    ownPersist: ["relaxed", "sync"],
    /** Without a counter in the store: a nonce that was never used (the code: random, or the clock), or always the same one. */
    start: ["newNonce", "sameNonce"],
  },
  variables: {
    pc: oneOf("down", "syncAtStart", "idle", "sync", "persist", "send"),
    /** The id of the next batch. */
    id: Id,
    /** The counter as the process reads it, and as the disk has it. */
    written: optional(Id),
    durable: optional(Id),
    /** How many nonces were drawn. */
    nonces: int(0, (c: Constants) => starts(c)),
    sent: set(Id),
    isRepeated: bool,
    batchesLeft: int(0, (c: Constants) => c.batches),
    processCrashesLeft: int(0, (c: Constants) => c.processCrashes),
    machineCrashesLeft: int(0, (c: Constants) => c.machineCrashes),
  },
});

type Scope = ScopeOf<typeof author>;
type IdValue = Scope["now"]["id"];
const after = (id: IdValue): IdValue => ({ nonce: id.nonce, number: id.number + 1 });

/** Reads the counter and goes one further, or draws a nonce; puts the value after that. */
const Start = author.action({}, {
  when: [({ now }) => now.pc === "down"],
  then: ({ now, next, design }) => {
    const nonce = design.start === "newNonce" ? now.nonces : 0;
    const id = now.written === null ? { nonce, number: 0 } : after(now.written);
    if (now.written === null) next.nonces = now.nonces + 1;
    next.id = id;
    next.written = after(id);
    next.pc = design.batchId === "sync" ? "syncAtStart" : "idle";
  },
});

const SyncAtStart = author.action({}, {
  when: [({ now }) => now.pc === "syncAtStart"],
  then: ({ now, next }) => {
    next.durable = now.written;
    next.pc = "idle";
  },
});

/** `save_batch_id` of the next id. */
const SaveNextId = author.action({}, {
  when: [({ now }) => now.pc === "idle", ({ now }) => now.batchesLeft > 0],
  then: ({ now, next, design }) => {
    next.batchesLeft = now.batchesLeft - 1;
    next.written = after(now.id);
    next.pc = design.batchId === "sync" ? "sync" : "persist";
  },
});

const SyncNextId = author.action({}, {
  when: [({ now }) => now.pc === "sync"],
  then: ({ now, next }) => {
    next.durable = now.written;
    next.pc = "persist";
  },
});

const PersistOwnBatch = author.action({}, {
  when: [({ now }) => now.pc === "persist"],
  then: ({ now, next, design }) => {
    if (design.ownPersist === "sync") next.durable = now.written;
    next.pc = "send";
  },
});

const SendBatch = author.action({}, {
  when: [({ now }) => now.pc === "send"],
  then: ({ now, next }) => {
    if (now.sent.has(now.id)) next.isRepeated = true;
    next.sent.add(now.id);
    next.id = after(now.id);
    next.pc = "idle";
  },
});

const WriteBack = author.action({}, {
  when: [({ now }) => !equal(now.written, now.durable)],
  then: ({ now, next }) => {
    next.durable = now.written;
  },
});

const ProcessCrash = author.action({}, {
  when: [({ now }) => now.pc !== "down", ({ now }) => now.processCrashesLeft > 0],
  then: ({ now, next }) => {
    next.pc = "down";
    next.id = { nonce: 0, number: 0 };
    next.processCrashesLeft = now.processCrashesLeft - 1;
  },
});

/** It may come while the process is down. */
const MachineCrash = author.action({}, {
  when: [({ now }) => now.machineCrashesLeft > 0],
  then: ({ now, next }) => {
    next.pc = "down";
    next.id = { nonce: 0, number: 0 };
    next.written = now.durable;
    next.machineCrashesLeft = now.machineCrashesLeft - 1;
  },
});

const NoIdIsSentTwice = ({ now }: Scope): boolean => !now.isRepeated;

const text = (id: IdValue | null): string => (id === null ? "" : `${String(id.nonce)}.${String(id.number)}`);

export const batchIdSpec = author.spec({
  init: ({ constants: c }) => ({
    pc: "down",
    id: { nonce: 0, number: 0 },
    written: null,
    durable: null,
    nonces: 0,
    sent: setOf(),
    isRepeated: false,
    batchesLeft: c.batches,
    processCrashesLeft: c.processCrashes,
    machineCrashesLeft: c.machineCrashes,
  }),
  actions: { Start, SyncAtStart, SaveNextId, SyncNextId, PersistOwnBatch, SendBatch, WriteBack, ProcessCrash, MachineCrash },
  invariants: { NoIdIsSentTwice },
  witnesses: { EveryBatchIsSent: ({ now, constants }) => now.sent.size === constants.batches },
  lanes: {
    actor: (action) => (action === "WriteBack" ? "Operating system" : action.endsWith("Crash") ? "" : "Author"),
    stores: {
      "Page cache": ({ now }) => text(now.written),
      Disk: ({ now }) => text(now.durable),
      Peers: ({ now }) => now.sent.toArray().map((id) => text(id)).join(" "),
    },
  },
});

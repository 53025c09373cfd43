/**
 * The parallel restore of a state snapshot: variables, switches and shared helpers. A snapshot of `chunks` chunks with
 * `keysPerChunk` keys each is restored into a key-value store (KV) and a Merkle tree. Keys are numbered in hash order.
 * The tree has a leaf per key, an inner node over the two keys of a chunk (none over a single key), and a root over these.
 * What a value or a hash is does not matter, only whether it is that of the snapshot ("good") or not ("bad").
 * Left out: the usage record and torn KV writes (torn-writes.ts), the modes KvOnly and TreeOnly (modes.ts), the indexer.
 */
import { bool, index, int, map, oneOf, ordered, range, system } from "../language/index.ts";
import type { Index, NextOf, ScopeOf } from "../language/index.ts";

export type Constants = {
  readonly chunks: number;
  readonly keysPerChunk: number;
  /** How often the machine may crash. */
  readonly crashes: number;
  /** How many asynchronous writes of the tree may fail. */
  readonly failedWrites: number;
  /** How many chunks the backup may serve with one wrong value. */
  readonly badChunks: number;
  /** By how many chunks KV may be ahead of the tree on disk when an error is returned (KvLeadIsBounded). */
  readonly lead: number;
};

export const keyCount = (c: Constants): number => c.chunks * c.keysPerChunk;
export const keysOf = (c: Constants): readonly Index[] => range(1, keyCount(c));
export const Key = ordered("Key", keysOf);
export const Chunk = ordered("Chunk", (c: Constants) => range(1, c.chunks));
/** "none": not there. */
const Content = oneOf("none", "good", "bad");
/** A key, or 0 for none. */
const KeyOrNone = int(0, keyCount);

export const restore = system({
  name: "snapshot-restore",
  constants: {
    chunks: { default: 2, min: 1, max: 5 },
    keysPerChunk: { default: 2, min: 1, max: 2 },
    crashes: { default: 2, min: 0, max: 4 },
    failedWrites: { default: 1, min: 0, max: 3 },
    badChunks: { default: 1, min: 0, max: 3 },
    lead: { default: 5, min: 0, max: 5 },
  },
  /** The first choice of each is a design that holds. The audited code: true, noneIsOther, no, sameObject or reopen, none, false, false. */
  design: {
    /** Is a chunk's tree write left running when the chunk is reported as added? */
    asyncCommit: [true, false],
    /** Where to go on when one side has no progress: from the start, or from the progress of the other. */
    resume: ["noneIsStart", "noneIsOther"],
    /** Does KV wait for the proof check? `newKeys`: for the check as it is, which leaves out what the tree already has; `whole`: for one of every value. */
    verifyBeforeKv: ["whole", "newKeys", "no"],
    /** What the driver does after a chunk that failed: open a new restore object, or offer the chunk to the same object again. */
    retry: ["reopen", "sameObject"],
    /** What finish looks at before it writes the root: nothing; both progresses are equal (option 3); the root hash; all of KV, read again. */
    finishCheck: ["none", "progress", "rootHash", "kvRecount"],
    /** Option 1: wait for the previous tree write before either side starts on a chunk. */
    waitBeforeKv: [false, true],
    /** Option 2: KV's progress is written only when the tree's write of the same chunk is on disk. */
    atomicCommit: [false, true],
  },
  variables: {
    /** The driver. "failed": add_chunk has returned an error; "finishFailed": finish has; "unopenable": opening finds a wrong root. */
    pc: oneOf("down", "ready", "adding", "failed", "finishing", "rooting", "finishFailed", "finished", "unopenable"),
    /** The chunk that is being added or comes next; chunks + 1 when only finish is left. */
    at: int(1, (c: Constants) => c.chunks + 1),
    /** The key with the wrong value in the chunk that is being added; 0 if there is none. */
    badKey: KeyOrNone,
    /** No chunk was bad and no write failed since the restore was opened, or since a chunk was offered again; nor is a failure yet to be seen. */
    faultless: bool,
    kvPc: oneOf("idle", "start", "progress", "done", "aborted"),
    treePc: oneOf("idle", "add", "hand", "flush", "done", "refused", "failed"),
    /** The tree object: which value the hash in memory of each key's leaf, or of a node above it, stands for. */
    hashed: map(Key, Content),
    /** The tree object: the last leaf added; the last key of all when it was opened on a finished tree. */
    previous: KeyOrNone,
    /** The tree object found a root on disk when it was opened. */
    complete: bool,
    /** Up to here frozen leaves have been handed to a write. */
    handed: KeyOrNone,
    /** The keys whose leaves the running write has yet to write: from, to. */
    writing: map(oneOf("from", "to"), int(0, (c: Constants) => keyCount(c) + 1)),
    /** The tree write that has not been waited for; none also when it went well. */
    write: oneOf("none", "pending", "failed"),
    /** On disk: KV's values and the key in its progress record. */
    kv: map(Key, Content),
    kvProgress: KeyOrNone,
    /** On disk: the tree's nodes. The root of a tree without leaves is "empty". */
    leaf: map(Key, Content),
    inner: map(Chunk, Content),
    root: oneOf("none", "good", "bad", "empty"),
    /** Faults that may still happen. */
    crashesLeft: int(0, (c: Constants) => c.crashes),
    failedWritesLeft: int(0, (c: Constants) => c.failedWrites),
    badChunksLeft: int(0, (c: Constants) => c.badChunks),
  },
});

export type Scope = ScopeOf<typeof restore>;
export type Next = NextOf<typeof restore>;

export const lastOf = (chunk: number, c: Constants): number => chunk * c.keysPerChunk;
export const chunkOf = (key: number, c: Constants): Index => index(Math.ceil(key / c.keysPerChunk));
/** The keys from `from` to `to`, which may be none. */
export const between = (from: number, to: number): readonly Index[] => (from > to ? [] : range(from, to));
/** The keys of the chunk that is being added. */
export const offered = ({ now, constants: c }: Scope): readonly Index[] => between(lastOf(now.at - 1, c) + 1, lastOf(now.at, c));
export const offeredLast = ({ now, constants: c }: Scope): number => lastOf(now.at, c);
export const offeredContent = ({ now }: Scope, key: Index): "good" | "bad" => (key === now.badKey ? "bad" : "good");

/** An inner node is good when both leaves are; without leaves there is none. */
export const innerOf = (hashed: Scope["now"]["hashed"], chunk: number, c: Constants): "none" | "good" | "bad" => {
  const leaves = keysOf(c).flatMap((k) => (chunkOf(k, c) === chunk ? [hashed[k]] : []));
  if (leaves.every((l) => l === "none")) return "none";
  return leaves.every((l) => l === "good") ? "good" : "bad";
};

/** What is in memory only is gone. */
export const loseMemory = (next: Next, c: Constants): void => {
  next.pc = "down";
  next.at = 1;
  next.badKey = 0;
  next.faultless = false;
  next.kvPc = "idle";
  next.treePc = "idle";
  for (const k of keysOf(c)) next.hashed[k] = "none";
  next.previous = 0;
  next.complete = false;
  next.handed = 0;
  next.writing.from = 0;
  next.writing.to = 0;
  next.write = "none";
};

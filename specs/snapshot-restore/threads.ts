/**
 * The two threads that add a chunk, and the writer behind the tree. KV: skip what is below its progress, write the values,
 * write the progress. Tree: skip what is not above the previous leaf, add, check the range proof, wait for the previous
 * write, hand over what is frozen. A leaf is frozen when the next one is added; an inner node with its last leaf.
 */
import type { Index } from "../language/index.ts";
import { between, chunkOf, innerOf, lastOf, offered, offeredContent, offeredLast, restore } from "./state.ts";
import type { Scope } from "./state.ts";

const kvIsAt =
  (pc: Scope["now"]["kvPc"]) =>
  ({ now }: Scope): boolean =>
    now.kvPc === pc;
const treeIsAt =
  (pc: Scope["now"]["treePc"]) =>
  ({ now }: Scope): boolean =>
    now.treePc === pc;

/** Without `verifyBeforeKv` KV waits for nothing. */
const mayWriteKv = ({ now, design }: Scope): boolean => design.verifyBeforeKv === "no" || !["add", "refused"].includes(now.treePc);
/** Option 2. */
const mayCommitKv = ({ now, design }: Scope): boolean => !design.atomicCommit || (now.treePc === "done" && now.write === "none");

export const KvSkip = restore.action({}, {
  when: [kvIsAt("start"), mayWriteKv, (scope) => scope.now.kvProgress >= offeredLast(scope)],
  then: ({ next }) => {
    next.kvPc = "done";
  },
});

export const KvValues = restore.action({}, {
  when: [kvIsAt("start"), mayWriteKv, (scope) => scope.now.kvProgress < offeredLast(scope)],
  then: (scope) => {
    const { now, next } = scope;
    for (const k of offered(scope)) if (k > now.kvProgress) next.kv[k] = offeredContent(scope, k);
    next.kvPc = "progress";
  },
});

export const KvProgress = restore.action({}, {
  when: [kvIsAt("progress"), mayCommitKv],
  then: (scope) => {
    scope.next.kvProgress = offeredLast(scope);
    scope.next.kvPc = "done";
  },
});

/** KV was waiting for a tree that will not come. */
export const KvAborts = restore.action({}, {
  when: ({ now, design }) =>
    now.kvPc === "start"
      ? design.verifyBeforeKv !== "no" && now.treePc === "refused"
      : now.kvPc === "progress" && design.atomicCommit && (["refused", "failed"].includes(now.treePc) || (now.treePc === "done" && now.write === "failed")),
  then: ({ now, next }) => {
    next.kvPc = "aborted";
    if (now.treePc === "done") next.write = "none";
  },
});

/** What the tree adds of the chunk: it skips the keys that are not above its previous leaf. */
const fresh = (scope: Scope): readonly Index[] => offered(scope).filter((k) => k > scope.now.previous);
/** The proof as it is: of the keys up to the chunk's last one, as they are hashed in memory afterwards; none is needed when nothing is new. */
const proofHolds = (scope: Scope): boolean => {
  const added = fresh(scope);
  const hash = (k: Index) => (added.includes(k) ? offeredContent(scope, k) : scope.now.hashed[k]);
  return added.length === 0 || between(1, offeredLast(scope)).every((k) => hash(k) === "good");
};
/** `whole`: what is skipped is compared with what the tree has. */
const skippedIsTheSame = (scope: Scope): boolean =>
  scope.design.verifyBeforeKv !== "whole" ||
  offered(scope).every((k) => k > scope.now.previous || scope.now.hashed[k] === offeredContent(scope, k));

export const TreeAdd = restore.action({}, {
  when: treeIsAt("add"),
  then: (scope) => {
    const { now, next } = scope;
    /** Memory changes before the proof is checked, and stays changed when it fails. */
    for (const k of fresh(scope)) next.hashed[k] = offeredContent(scope, k);
    next.previous = Math.max(now.previous, offeredLast(scope));
    if (!proofHolds(scope) || !skippedIsTheSame(scope)) next.treePc = "refused";
    else next.treePc = fresh(scope).length === 0 ? "done" : "hand";
  },
});

export const TreeHand = restore.action({}, {
  when: [treeIsAt("hand"), ({ now }) => now.write === "none"],
  then: ({ now, next, design }) => {
    const to = now.previous - 1;
    if (to > now.handed) {
      next.writing.from = now.handed + 1;
      next.writing.to = to;
      next.write = "pending";
      /** An asynchronous write takes the nodes with it; a synchronous one keeps them until it has gone well. */
      if (design.asyncCommit) next.handed = to;
    }
    next.treePc = design.asyncCommit ? "done" : "flush";
  },
});

/** The failure of the previous chunk's write is seen only here. That chunk's nodes went with the write. */
export const TreeWaitFails = restore.action({}, {
  when: [treeIsAt("hand"), ({ now }) => now.write === "failed"],
  then: ({ next }) => {
    next.write = "none";
    next.treePc = "failed";
  },
});

/** Synchronous: the chunk ends with its own write. */
export const TreeFlush = restore.action({}, {
  when: [treeIsAt("flush"), ({ now }) => now.write !== "pending"],
  then: ({ now, next }) => {
    next.treePc = now.write === "none" ? "done" : "failed";
    if (now.write === "none") next.handed = Math.max(now.handed, now.previous - 1);
    next.write = "none";
  },
});

/** Shards are written one after the other in the order of the keys; here a shard is what lies below one inner node. */
export const WriteShard = restore.action({}, {
  when: ({ now }) => now.write === "pending",
  then: ({ now, next, constants: c }) => {
    const chunk = chunkOf(now.writing.from, c);
    const to = Math.min(now.writing.to, lastOf(chunk, c));
    for (const k of between(now.writing.from, to)) next.leaf[k] = now.hashed[k];
    if (c.keysPerChunk > 1 && to === lastOf(chunk, c)) next.inner[chunk] = innerOf(now.hashed, chunk, c);
    const isLast = to === now.writing.to;
    next.writing.from = isLast ? 0 : to + 1;
    if (isLast) next.writing.to = 0;
    if (isLast) next.write = "none";
  },
});

export const WriteFails = restore.action({}, {
  when: [({ now }) => now.write === "pending", ({ now }) => now.failedWritesLeft > 0],
  then: ({ now, next }) => {
    next.write = "failed";
    next.writing.from = 0;
    next.writing.to = 0;
    next.failedWritesLeft = now.failedWritesLeft - 1;
    next.faultless = false;
  },
});

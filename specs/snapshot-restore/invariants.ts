/** What a restore promises: in what it leaves on disk, in what it skips, and in what it reports. */
import { between, chunkOf, keysOf, lastOf, restore } from "./state.ts";
import type { Scope } from "./state.ts";

const isFinished = ({ now }: Scope): boolean => now.pc === "finished";
const hasInner = ({ constants }: Scope): boolean => constants.keysPerChunk > 1;

export const FinishedRootIsExpected = restore.predicate((scope) => !isFinished(scope) || scope.now.root === "good");

/** No hole below the root: a proof can be served for every key. */
export const FinishedTreeIsComplete = restore.predicate((scope) => {
  const { now, constants: c } = scope;
  return !isFinished(scope) || keysOf(c).every((k) => now.leaf[k] === "good" && (!hasInner(scope) || now.inner[chunkOf(k, c)] === "good"));
});

export const FinishedKvIsSnapshot = restore.predicate((scope) => !isFinished(scope) || keysOf(scope.constants).every((k) => scope.now.kv[k] === "good"));

/** Up to its progress KV holds the snapshot. */
export const KvProgressIsEarned = restore.predicate(({ now }) => between(1, now.kvProgress).every((k) => now.kv[k] === "good"));

/** Every chunk that the driver leaves behind is in KV and in the tree object. */
export const NothingIsSkipped = restore.predicate(
  ({ now, constants: c }) => now.pc !== "ready" || lastOf(now.at - 1, c) <= Math.min(now.kvProgress, now.previous),
);

/** A leaf on disk has all leaves before it on disk, an inner node its leaves, a root all. */
export const TreeOnDiskIsClosed = restore.predicate(({ now, constants: c }) =>
  keysOf(c).every((k) => now.leaf[k] !== "none" || (keysOf(c).every((j) => j < k || now.leaf[j] === "none") && now.inner[chunkOf(k, c)] === "none" && now.root === "none")),
);

/** The chunks whose nodes, as far as they freeze with them, are on disk. */
export const chunksInTree = ({ now, constants: c }: Scope): number => {
  const missing = keysOf(c).find((k) => now.leaf[k] === "none");
  return missing === undefined ? c.chunks : between(1, c.chunks).filter((chunk) => lastOf(chunk, c) <= missing).length;
};

/** Of designs without a bad chunk: how far KV is ahead on disk when add_chunk or finish returns an error. */
export const KvLeadIsBounded = restore.predicate((scope) => {
  const { now, constants: c } = scope;
  const isError = now.pc === "failed" || now.pc === "finishFailed";
  return !isError || now.kvProgress / c.keysPerChunk - chunksInTree(scope) <= c.lead;
});

/** A restore that is opened or goes on after an error, and then meets no fault, does not fail: so once faults stop, the next attempt completes. */
export const FaultlessRunsSucceed = restore.predicate(
  ({ now }) => !(now.faultless && ["failed", "finishFailed", "unopenable"].includes(now.pc)),
);

/**
 * The driver: opens the restore object, fetches chunk after chunk, joins the two threads, retries, finishes; and the crash.
 * Recovery is part of Open: the tree's partial nodes are rebuilt from its rightmost leaf and the nodes beside its path.
 */
import type { Index } from "../language/index.ts";
import { chunkOf, innerOf, keyCount, keysOf, loseMemory, offered, restore } from "./state.ts";
import type { Scope } from "./state.ts";

const isAt =
  (pc: Scope["now"]["pc"]) =>
  ({ now }: Scope): boolean =>
    now.pc === pc;
const hasChunkLeft = ({ now, constants }: Scope): boolean => now.at <= constants.chunks;

/** A finished tree counts as having everything. */
const rightmostLeaf = ({ now, constants: c }: Scope): number =>
  now.root === "good" ? keyCount(c) : Math.max(0, ...keysOf(c).filter((k) => now.leaf[k] !== "none"));

/** `previous_key_hash`: 0 is None. */
const resumePoint = ({ now, design }: Scope, tree: number): number => {
  if (now.kvProgress > 0 && tree > 0) return Math.min(now.kvProgress, tree);
  return design.resume === "noneIsOther" ? Math.max(now.kvProgress, tree) : 0;
};

/** The hash of an inner node that is on disk stands for its leaves, whether these are there or not. */
const hashFound = ({ now, constants: c }: Scope, key: Index): "none" | "good" | "bad" => {
  const above = now.inner[chunkOf(key, c)];
  return above === "none" ? now.leaf[key] : above;
};

export const Open = restore.action({}, {
  when: [isAt("down"), ({ now }) => now.root === "none" || now.root === "good"],
  then: (scope) => {
    const { now, next, constants: c } = scope;
    const tree = rightmostLeaf(scope);
    next.pc = "ready";
    next.faultless = true;
    /** The driver skips the chunks whose last key is not above the resume point. */
    next.at = Math.floor(resumePoint(scope, tree) / c.keysPerChunk) + 1;
    next.complete = now.root === "good";
    next.previous = tree;
    next.handed = tree;
    for (const k of keysOf(c)) next.hashed[k] = k <= tree ? hashFound(scope, k) : "none";
  },
});

/** A root that is not the expected one is found, and there is no way on but by hand. */
export const OpenRefuses = restore.action({}, {
  when: [isAt("down"), ({ now }) => now.root === "bad" || now.root === "empty"],
  then: ({ next }) => {
    next.faultless = true;
    next.pc = "unopenable";
  },
});

/** Option 1 waits for the previous write here; the code as it is does so in the tree thread. */
const previousWriteIsSettled = ({ now, design }: Scope): boolean => !design.waitBeforeKv || now.write === "none";

const start = ({ next }: { readonly next: { pc: string; kvPc: string; treePc: string } }): void => {
  next.pc = "adding";
  next.kvPc = "start";
  next.treePc = "add";
};

export const FetchChunk = restore.action({}, {
  when: [isAt("ready"), hasChunkLeft, previousWriteIsSettled],
  then: start,
});

/** The backup serves the chunk with a wrong value for one key. */
export const FetchBadChunk = restore.action({ k: restore.domain({}, (scope) => (hasChunkLeft(scope) ? offered(scope) : [])) }, {
  when: [isAt("ready"), previousWriteIsSettled, ({ now }) => now.badChunksLeft > 0],
  then: (scope) => {
    const { now, next, k } = scope;
    start(scope);
    next.badKey = k;
    next.badChunksLeft = now.badChunksLeft - 1;
    next.faultless = false;
  },
});

/** Option 1: the failure of the previous write is seen before KV starts. */
export const WaitFails = restore.action({}, {
  when: [isAt("ready"), hasChunkLeft, ({ design }) => design.waitBeforeKv, ({ now }) => now.write === "failed"],
  then: ({ next }) => {
    next.write = "none";
    next.pc = "failed";
  },
});

/** Both threads have come to an end. */
export const Join = restore.action({}, {
  when: [({ now }) => ["done", "aborted"].includes(now.kvPc), ({ now }) => ["done", "refused", "failed"].includes(now.treePc)],
  then: ({ now, next }) => {
    const isAdded = now.kvPc === "done" && now.treePc === "done";
    next.pc = isAdded ? "ready" : "failed";
    if (isAdded) next.at = now.at + 1;
    next.badKey = 0;
    next.kvPc = "idle";
    next.treePc = "idle";
  },
});

/** The driver gives the chunk to the same object again, or ends; then a new one is opened, and a running write is cut off. */
export const Retry = restore.action({}, {
  when: isAt("failed"),
  then: ({ now, next, design, constants }) => {
    if (design.retry === "sameObject") {
      next.pc = "ready";
      next.faultless = now.write !== "failed";
    } else loseMemory(next, constants);
  },
});

export const BeginFinish = restore.action({}, {
  when: [isAt("ready"), (scope) => !hasChunkLeft(scope)],
  then: ({ next }) => {
    next.pc = "finishing";
  },
});

/** What the root will be: the hashes in memory decide. */
const rootToWrite = ({ now, constants: c }: Scope): "good" | "bad" | "empty" => {
  if (now.complete) return "good";
  if (now.previous === 0) return "empty";
  return keysOf(c).every((k) => now.hashed[k] === "good") ? "good" : "bad";
};

const passesCheck = (scope: Scope): boolean => {
  const { now, design, constants: c } = scope;
  switch (design.finishCheck) {
    case "none":
      return true;
    case "progress":
      return now.kvProgress === now.previous;
    case "rootHash":
      return rootToWrite(scope) === "good";
    case "kvRecount":
      return keysOf(c).every((k) => now.kv[k] === "good");
  }
};

export const FinishFails = restore.action({}, {
  when: [isAt("finishing"), (scope) => scope.now.write === "failed" || (scope.now.write === "none" && !passesCheck(scope))],
  then: ({ next }) => {
    next.pc = "finishFailed";
  },
});

/** The rest of the tree is frozen and written, all but the root. */
export const FinishNodes = restore.action({}, {
  when: [isAt("finishing"), ({ now }) => now.write === "none", passesCheck],
  then: ({ now, next, constants: c }) => {
    next.pc = "rooting";
    next.handed = now.previous;
    for (const k of keysOf(c)) {
      if (k <= now.handed || k > now.previous) continue;
      next.leaf[k] = now.hashed[k];
      if (c.keysPerChunk > 1) next.inner[chunkOf(k, c)] = innerOf(now.hashed, chunkOf(k, c), c);
    }
  },
});

export const FinishRoot = restore.action({}, {
  when: isAt("rooting"),
  then: (scope) => {
    scope.next.root = rootToWrite(scope);
    scope.next.pc = "finished";
  },
});

/** finish consumes the object, so a new one has to be opened; so it is when the restore is run again although it has finished. */
export const RunAgain = restore.action({}, {
  when: ({ now }) => now.pc === "finishFailed" || now.pc === "finished",
  then: ({ next, constants }) => loseMemory(next, constants),
});

export const Crash = restore.action({}, {
  when: [({ now }) => now.pc !== "down", ({ now }) => now.crashesLeft > 0],
  then: ({ now, next, constants }) => {
    loseMemory(next, constants);
    next.crashesLeft = now.crashesLeft - 1;
  },
});

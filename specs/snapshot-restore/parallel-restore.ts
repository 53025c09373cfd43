/** The parallel restore of a state snapshot, assembled; state.ts says what is in it. */
import { mapOf } from "../language/index.ts";
import { BeginFinish, Crash, FetchBadChunk, FetchChunk, FinishFails, FinishNodes, FinishRoot, Join, Open, OpenRefuses, Retry, RunAgain, WaitFails } from "./driver.ts";
import {
  FaultlessRunsSucceed,
  FinishedKvIsSnapshot,
  FinishedRootIsExpected,
  FinishedTreeIsComplete,
  KvLeadIsBounded,
  KvProgressIsEarned,
  NothingIsSkipped,
  TreeOnDiskIsClosed,
} from "./invariants.ts";
import { between, keysOf, restore } from "./state.ts";
import type { Scope } from "./state.ts";
import { KvAborts, KvProgress, KvSkip, KvValues, TreeAdd, TreeFlush, TreeHand, TreeWaitFails, WriteFails, WriteShard } from "./threads.ts";

const kvActions = ["KvSkip", "KvValues", "KvProgress", "KvAborts"];
const treeActions = ["TreeAdd", "TreeHand", "TreeWaitFails", "TreeFlush"];

const actor = (action: string): string => {
  if (action === "Crash") return "";
  if (kvActions.includes(action)) return "KV thread";
  if (treeActions.includes(action)) return "Tree thread";
  return action.startsWith("Write") ? "Writer" : "Driver";
};

/** `1 2! 4`: keys that are there, "!" marks a wrong one. */
const keysText = (of: Scope["now"]["kv"], c: Scope["constants"]): string =>
  keysOf(c)
    .filter((k) => of[k] !== "none")
    .map((k) => `${k}${of[k] === "bad" ? "!" : ""}`)
    .join(" ");

const memoryText = ({ now, constants: c }: Scope): string => {
  if (now.pc === "down") return "";
  const pending = now.write === "none" ? "" : `, write ${now.write}${now.write === "pending" ? ` ${now.writing.from}–${now.writing.to}` : ""}`;
  return `hashed ${keysText(now.hashed, c) || "none"}, previous leaf ${now.previous}${pending}`;
};

const treeText = ({ now, constants: c }: Scope): string => {
  const inner = between(1, c.chunks).filter((chunk) => now.inner[chunk] !== "none");
  return [`leaves ${keysText(now.leaf, c) || "none"}`, ...inner.map((chunk) => `inner ${chunk}${now.inner[chunk] === "bad" ? "!" : ""}`), ...(now.root === "none" ? [] : [`root ${now.root}`])].join(", ");
};

const nothing = (c: Scope["constants"]) => mapOf(keysOf(c), () => "none" as const);

export const parallelRestore = restore.spec({
  init: ({ constants: c }) => ({
    pc: "down",
    at: 1,
    badKey: 0,
    faultless: false,
    kvPc: "idle",
    treePc: "idle",
    hashed: nothing(c),
    previous: 0,
    complete: false,
    handed: 0,
    writing: { from: 0, to: 0 },
    write: "none",
    kv: nothing(c),
    kvProgress: 0,
    leaf: nothing(c),
    inner: mapOf(between(1, c.chunks), () => "none" as const),
    root: "none",
    crashesLeft: c.crashes,
    failedWritesLeft: c.failedWrites,
    badChunksLeft: c.badChunks,
  }),
  actions: {
    Open,
    OpenRefuses,
    FetchChunk,
    FetchBadChunk,
    WaitFails,
    KvSkip,
    KvValues,
    KvProgress,
    KvAborts,
    TreeAdd,
    TreeHand,
    TreeWaitFails,
    TreeFlush,
    WriteShard,
    WriteFails,
    Join,
    Retry,
    BeginFinish,
    FinishFails,
    FinishNodes,
    FinishRoot,
    RunAgain,
    Crash,
  },
  invariants: {
    FinishedRootIsExpected,
    FinishedTreeIsComplete,
    FinishedKvIsSnapshot,
    KvProgressIsEarned,
    NothingIsSkipped,
    TreeOnDiskIsClosed,
    KvLeadIsBounded,
    FaultlessRunsSucceed,
  },
  /** Without crashes, failed writes or bad chunks in the bounds, it just finishes. */
  witnesses: {
    FinishesAfterEveryCrash: ({ now }) => now.pc === "finished" && now.crashesLeft === 0,
    FinishesAfterEveryFailedWrite: ({ now }) => now.pc === "finished" && now.failedWritesLeft === 0,
    FinishesAfterEveryBadChunk: ({ now }) => now.pc === "finished" && now.badChunksLeft === 0,
  },
  lanes: {
    actor,
    stores: {
      Memory: memoryText,
      "KV on disk": ({ now, constants }) => `values ${keysText(now.kv, constants) || "none"}, progress ${now.kvProgress === 0 ? "none" : now.kvProgress}`,
      "Tree on disk": treeText,
    },
  },
});

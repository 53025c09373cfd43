/**
 * Runs of the restore in the modes Default, KvOnly and TreeOnly, one after the other on the same disk. A run may stop after
 * any chunk. Here a chunk is added in one step, and KV waits for the proof check, if there is one: what happens within a
 * chunk is in state.ts. Usage is counted in chunks.
 */
import { int, map, mapOf, oneOf, ordered, range, system } from "../language/index.ts";
import type { Index, ScopeOf } from "../language/index.ts";

type Constants = { readonly chunks: number; readonly runs: number; readonly badChunks: number };
const chunksOf = (c: Constants): readonly Index[] => range(1, c.chunks);
const Chunk = ordered("Chunk", chunksOf);
const Mode = ordered("Mode", ["Default", "KvOnly", "TreeOnly"]);
const ModeOrNone = oneOf("none", "Default", "KvOnly", "TreeOnly");
const Progress = int(0, (c: Constants) => c.chunks);

const modes = system({
  name: "restore-modes",
  constants: { chunks: { default: 2, min: 1, max: 4 }, runs: { default: 3, min: 1, max: 5 }, badChunks: { default: 1, min: 0, max: 2 } },
  design: {
    /** Where to go on: each mode by the progress of its own sides; the minimum, and the start if a side has none; or the progress of the other side then. */
    resume: ["perMode", "noneIsStart", "noneIsOther"],
    /** Who checks a chunk that KV is about to write: always someone, or only a tree thread to which it is new. */
    chunkCheck: ["always", "byTreeThread"],
    /** Does TreeOnly leave KV alone, or write its progress record, for the usage, without values (as an earlier version of the code did)? */
    treeOnly: ["treeAlone", "kvProgressToo"],
  },
  variables: {
    /** The mode of the run; none between runs. */
    mode: ModeOrNone,
    at: int(1, (c: Constants) => c.chunks + 1),
    /** The mode of the run that has just reported success. */
    success: ModeOrNone,
    /** On disk. */
    kv: map(Chunk, oneOf("none", "good", "bad")),
    kvProgress: Progress,
    usage: Progress,
    tree: Progress,
    root: oneOf("none", "good", "empty"),
    runsLeft: int(0, (c: Constants) => c.runs),
    badChunksLeft: int(0, (c: Constants) => c.badChunks),
  },
});

type Scope = ScopeOf<typeof modes>;
type RunMode = "Default" | "KvOnly" | "TreeOnly";

const resumePoint = ({ now, design, constants: c }: Scope, mode: RunMode): number => {
  const [kv, tree] = [now.kvProgress, now.root === "good" ? c.chunks : now.tree];
  if (design.resume === "perMode" && mode !== "Default") return mode === "KvOnly" ? kv : tree;
  if (design.resume === "noneIsOther" && (kv === 0 || tree === 0)) return Math.max(kv, tree);
  return Math.min(kv, tree);
};

const StartRun = modes.action({ mode: Mode }, {
  when: [({ now }) => now.mode === "none", ({ now }) => now.runsLeft > 0, ({ now }) => now.root !== "empty"],
  then: (scope) => {
    const { now, next, mode } = scope;
    next.mode = mode;
    next.at = resumePoint(scope, mode) + 1;
    next.success = "none";
    next.runsLeft = now.runsLeft - 1;
  },
});

const isRunning = ({ now }: Scope): boolean => now.mode !== "none";
const hasChunkLeft = ({ now, constants }: Scope): boolean => now.at <= constants.chunks;
/** The tree thread runs and has not had this chunk. */
const isNewToTree = ({ now }: Scope): boolean => now.mode !== "KvOnly" && now.root === "none" && now.at > now.tree;
/** Its proof needs all that is on the left. */
const treeRefuses = (scope: Scope): boolean => isNewToTree(scope) && scope.now.tree !== scope.now.at - 1;

const addToKv = ({ now, next, design, at }: Scope & { readonly next: { kv: Record<number, string>; kvProgress: number; usage: number }; readonly at: Index }, content: "good" | "bad"): void => {
  if (now.kvProgress >= at || (now.mode === "TreeOnly" && design.treeOnly === "treeAlone")) return;
  if (now.mode !== "TreeOnly") next.kv[at] = content;
  next.usage = now.usage + 1;
  next.kvProgress = at;
};

/** The chunk that comes next; none when only finish is left. */
const nextChunk = modes.domain({}, ({ now, constants }) => chunksOf(constants).filter((chunk) => chunk === now.at));

const AddChunk = modes.action({ at: nextChunk }, {
  when: [isRunning, (scope) => !treeRefuses(scope)],
  then: (scope) => {
    const { next, at } = scope;
    addToKv(scope, "good");
    if (isNewToTree(scope)) next.tree = at;
    next.at = at + 1;
  },
});

/** A chunk with a wrong value that nobody checks. One that is checked is refused, and nothing happens. */
const AddBadChunk = modes.action({ at: nextChunk }, {
  when: [isRunning, ({ design }) => design.chunkCheck === "byTreeThread", (scope) => !isNewToTree(scope), ({ now }) => now.badChunksLeft > 0],
  then: (scope) => {
    const { now, next, at } = scope;
    addToKv(scope, "bad");
    next.at = at + 1;
    next.badChunksLeft = now.badChunksLeft - 1;
  },
});

/** The process ends, by a crash or by an error. */
const StopRun = modes.action({}, {
  when: isRunning,
  then: ({ next }) => {
    next.mode = "none";
    next.at = 1;
  },
});

/** Between runs `at` is 1, and a chunk is left. */
const FinishRun = modes.action({}, {
  when: (scope) => !hasChunkLeft(scope),
  then: ({ now, next }) => {
    if (now.mode !== "KvOnly" && now.root === "none") next.root = now.tree === 0 ? "empty" : "good";
    next.success = now.mode;
    next.mode = "none";
    next.at = 1;
  },
});

const isFor =
  (side: "KvOnly" | "TreeOnly") =>
  ({ now }: Scope): boolean =>
    now.success === "Default" || now.success === side;

const kvIsGood = ({ now, constants }: Scope): boolean => chunksOf(constants).every((chunk) => now.kv[chunk] === "good");
const KvOnlyMeansKv = modes.predicate((scope) => scope.now.success !== "KvOnly" || kvIsGood(scope));
const DefaultMeansKv = modes.predicate((scope) => scope.now.success !== "Default" || kvIsGood(scope));
const SuccessMeansUsage = modes.predicate((scope) => !isFor("KvOnly")(scope) || scope.now.usage === scope.constants.chunks);
const SuccessMeansTree = modes.predicate((scope) => !isFor("TreeOnly")(scope) || scope.now.root === "good");

export const restoreModes = modes.spec({
  init: ({ constants: c }) => ({
    mode: "none",
    at: 1,
    success: "none",
    kv: mapOf(chunksOf(c), () => "none"),
    kvProgress: 0,
    usage: 0,
    tree: 0,
    root: "none",
    runsLeft: c.runs,
    badChunksLeft: c.badChunks,
  }),
  actions: { StartRun, AddChunk, AddBadChunk, FinishRun, StopRun },
  invariants: { KvOnlyMeansKv, DefaultMeansKv, SuccessMeansUsage, SuccessMeansTree },
  witnesses: {
    KvOnlyAfterTreeOnly: ({ now, constants }) => now.success === "KvOnly" && now.root === "good" && now.kvProgress === constants.chunks,
  },
  lanes: {
    actor: () => "Operator",
    stores: {
      Run: ({ now }) => (now.mode === "none" ? (now.success === "none" ? "" : `${now.success} succeeded`) : `${now.mode}, next chunk ${now.at}`),
      "KV on disk": ({ now, constants }) =>
        `chunks ${chunksOf(constants).filter((chunk) => now.kv[chunk] !== "none").map((chunk) => `${chunk}${now.kv[chunk] === "bad" ? "!" : ""}`).join(" ") || "none"}, progress ${now.kvProgress}, usage ${now.usage}`,
      "Tree on disk": ({ now }) => `chunks ${now.tree === 0 ? "none" : `1–${now.tree}`}${now.root === "none" ? "" : `, root ${now.root}`}`,
    },
  },
});

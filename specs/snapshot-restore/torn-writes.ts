/**
 * What a crash in the middle of one chunk's writes leaves behind, for KV and for the tree, each restoring the whole snapshot
 * on its own. A chunk has two keys that lie in two shards, each shard's batch is atomic and synced. KV writes its shards in
 * parallel, in any order, and then one record with the progress and the usage; the tree writes its shards one by one.
 * Usage is counted in keys. Left out: the other side, asynchrony, proofs, and that a chunk's last leaf is written later.
 */
import { int, oneOf, ordered, range, set, setOf, system } from "../language/index.ts";
import type { Index, ScopeOf } from "../language/index.ts";
import { between } from "./state.ts";

type Constants = { readonly chunks: number; readonly crashes: number };
const KEYS_PER_CHUNK = 2;
const keyCount = (c: Constants): number => c.chunks * KEYS_PER_CHUNK;
const keysOf = (c: Constants): readonly Index[] => range(1, keyCount(c));
const Key = ordered("Key", keysOf);
/** What is left of the chunk that comes after `key`. */
const rest = (key: number): readonly Index[] => between(key + 1, Math.floor(key / KEYS_PER_CHUNK + 1) * KEYS_PER_CHUNK);

const torn = system({
  name: "torn-writes",
  constants: { chunks: { default: 2, min: 1, max: 4 }, crashes: { default: 2, min: 0, max: 4 } },
  design: {
    /** Is KV's progress written after the values that it stands for? */
    kvOrder: ["valuesThenProgress", "progressThenValues"],
    /** Is the usage so far part of the progress record, or a counter of its own, raised before? */
    usage: ["inProgress", "ownCounter"],
    /** The order of the tree's shards: that of the keys, or any. */
    treeOrder: ["ascending", "any"],
  },
  variables: {
    kvPc: oneOf("idle", "values", "usage", "progress"),
    /** What the running chunk has yet to write. */
    kvPending: set(Key),
    treePending: set(Key),
    /** The tree's previous leaf, in memory; after a crash the rightmost one on disk. */
    treePrevious: int(0, keyCount),
    /** On disk. */
    values: set(Key),
    kvProgress: int(0, keyCount),
    usage: int(0, (c: Constants) => keyCount(c) + KEYS_PER_CHUNK * c.crashes),
    leaves: set(Key),
    crashesLeft: int(0, (c: Constants) => c.crashes),
  },
});

type Scope = ScopeOf<typeof torn>;
const kvIsAt =
  (pc: Scope["now"]["kvPc"]) =>
  ({ now }: Scope): boolean =>
    now.kvPc === pc;

const KvBegin = torn.action({}, {
  when: [kvIsAt("idle"), ({ now, constants }) => now.kvProgress < keyCount(constants)],
  then: ({ now, next, design }) => {
    next.kvPending.assign([...rest(now.kvProgress)]);
    next.kvPc = design.kvOrder === "valuesThenProgress" ? "values" : "progress";
  },
});

/** The shards are written by a thread each. */
const KvShard = torn.action({ k: Key }, {
  when: [kvIsAt("values"), ({ now, k }) => now.kvPending.has(k)],
  then: ({ next, k }) => {
    next.values.add(k);
    next.kvPending.delete(k);
  },
});

/** The scope that the threads belong to ends with the last of them. */
const KvShardsEnd = torn.action({}, {
  when: [kvIsAt("values"), ({ now }) => now.kvPending.size === 0],
  then: ({ next, design }) => {
    const isLast = design.kvOrder === "progressThenValues";
    next.kvPc = isLast ? "idle" : design.usage === "ownCounter" ? "usage" : "progress";
  },
});

const KvUsage = torn.action({}, {
  when: kvIsAt("usage"),
  then: ({ now, next }) => {
    next.usage = now.usage + rest(now.kvProgress).length;
    next.kvPc = "progress";
  },
});

const KvProgress = torn.action({}, {
  when: kvIsAt("progress"),
  then: ({ now, next, design }) => {
    const added = rest(now.kvProgress).length;
    next.kvProgress = now.kvProgress + added;
    if (design.usage === "inProgress") next.usage = now.usage + added;
    next.kvPc = design.kvOrder === "valuesThenProgress" ? "idle" : "values";
  },
});

const TreeBegin = torn.action({}, {
  when: [({ now }) => now.treePending.size === 0, ({ now, constants }) => now.treePrevious < keyCount(constants)],
  then: ({ now, next }) => {
    next.treePending.assign([...rest(now.treePrevious)]);
    next.treePrevious = now.treePrevious + rest(now.treePrevious).length;
  },
});

const TreeShard = torn.action({ k: Key }, {
  when: [
    ({ now, k }) => now.treePending.has(k),
    ({ now, design, k }) => design.treeOrder === "any" || now.treePending.every((j) => k <= j),
  ],
  then: ({ next, k }) => {
    next.leaves.add(k);
    next.treePending.delete(k);
  },
});

const Crash = torn.action({}, {
  when: ({ now }) => now.crashesLeft > 0,
  then: ({ now, next }) => {
    next.kvPc = "idle";
    next.kvPending.assign([]);
    next.treePending.assign([]);
    next.treePrevious = Math.max(0, ...now.leaves.toArray());
    next.crashesLeft = now.crashesLeft - 1;
  },
});

const isInProgress = ({ now, design }: Scope): boolean => design.kvOrder === "progressThenValues" && now.kvPc === "values";

/** Between two chunks, and after a crash, KV has every value up to its progress. */
const ValuesReachProgress = torn.predicate((scope) => isInProgress(scope) || between(1, scope.now.kvProgress).every((k) => scope.now.values.has(k)));
/** Nothing is counted twice or not at all. */
const UsageIsSum = torn.predicate(({ now, constants }) => now.kvProgress < keyCount(constants) || now.usage === keyCount(constants));
/** While no batch is being written there is no hole below the previous leaf. */
const LeavesAreAPrefix = torn.predicate(({ now }) => now.treePending.size > 0 || between(1, now.treePrevious).every((k) => now.leaves.has(k)));

export const tornWrites = torn.spec({
  init: ({ constants }) => ({
    kvPc: "idle",
    kvPending: setOf(),
    treePending: setOf(),
    treePrevious: 0,
    values: setOf(),
    kvProgress: 0,
    usage: 0,
    leaves: setOf(),
    crashesLeft: constants.crashes,
  }),
  actions: { KvBegin, KvShard, KvShardsEnd, KvUsage, KvProgress, TreeBegin, TreeShard, Crash },
  invariants: { ValuesReachProgress, UsageIsSum, LeavesAreAPrefix },
  witnesses: {
    EverythingIsRestoredAfterACrash: ({ now, constants }) =>
      now.crashesLeft < constants.crashes && now.kvProgress === keyCount(constants) && now.leaves.size === keyCount(constants),
  },
  lanes: {
    actor: (action) => (action === "Crash" ? "" : action.startsWith("Kv") ? "KV thread" : "Tree thread"),
    stores: {
      "KV on disk": ({ now }) => `values ${now.values.toArray().join(" ") || "none"}, progress ${now.kvProgress}, usage ${now.usage}`,
      "Tree on disk": ({ now }) => `leaves ${now.leaves.toArray().join(" ") || "none"}`,
    },
  },
});

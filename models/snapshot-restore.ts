/**
 * The parallel snapshot restore: the two sides and the driver, then two aspects of their own. Every variant runs in the
 * smallest model that shows its verdict: few chunks, and only the faults that it needs.
 */
import type { Constants } from "../specs/language/schema.ts";
import type { Design } from "../specs/language/instantiate.ts";
import { restoreModes } from "../specs/snapshot-restore/modes.ts";
import { parallelRestore } from "../specs/snapshot-restore/parallel-restore.ts";
import { tornWrites } from "../specs/snapshot-restore/torn-writes.ts";
import type { Expectation, Model, Variant } from "../explorer/model.ts";

const holds: Expectation = { verdict: "holds" };
/** Checks only the property that the variant is about: others may fail earlier. */
const violates = (property: string, length: number): Pick<Variant, "invariants" | "expected"> => ({
  invariants: [property],
  expected: { verdict: "violated", property, length },
});

const onlyHolds = (property: string): Pick<Variant, "invariants" | "expected"> => ({ invariants: [property], expected: holds });

type Faults = { readonly crashes?: number; readonly failedWrites?: number; readonly badChunks?: number; readonly lead?: number };
/** Chunks and keys of each, and which faults there are. */
const bounds = (chunks: number, keysPerChunk: number, faults: Faults): Constants => ({
  chunks,
  keysPerChunk,
  crashes: faults.crashes ?? 0,
  failedWrites: faults.failedWrites ?? 0,
  badChunks: faults.badChunks ?? 0,
  ...(faults.lead === undefined ? {} : { lead: faults.lead }),
});
const crash = { crashes: 1 };
const failedWrite = { failedWrites: 1 };
const badChunk = { badChunks: 1 };
const root = "FinishedRootIsExpected";
const tree = "FinishedTreeIsComplete";
const kv = "FinishedKvIsSnapshot";
const lead = "KvLeadIsBounded";
const faultless = "FaultlessRunsSucceed";

/** What the document looks at; the driver opens the restore anew after an error. */
const audited: Design = { asyncCommit: true, resume: "noneIsOther", verifyBeforeKv: "no", retry: "reopen" };
/** The same, and the driver offers the chunk to the same object again. */
const auditedSame: Design = { ...audited, retry: "sameObject" };
const [option1, option2, option3]: readonly Design[] = [{ waitBeforeKv: true }, { atomicCommit: true }, { finishCheck: "progress" }];
const allOptions: Design = { ...option1, ...option2, ...option3 };

const variant = (label: string, constants: Constants, design: Design, outcome: Pick<Variant, "invariants" | "expected">): Variant => ({
  label,
  constants,
  design,
  ...outcome,
});

/** Every change of one switch that matters. */
const mutations: readonly Variant[] = [
  variant("resume at the other's progress, one chunk", bounds(1, 2, crash), { resume: "noneIsOther" }, violates(root, 11)),
  variant("resume at the other's progress, two chunks", bounds(2, 2, crash), { resume: "noneIsOther" }, violates(root, 17)),
  variant(
    "resume at the other's progress: what is skipped",
    bounds(1, 2, crash),
    { resume: "noneIsOther" },
    violates("NothingIsSkipped", 8),
  ),
  variant("resume at the other's progress: stuck", bounds(2, 2, crash), { resume: "noneIsOther" }, violates(faultless, 12)),
  variant("KV does not wait for the proof", bounds(1, 2, badChunk), { verifyBeforeKv: "no" }, violates(kv, 18)),
  variant("KV does not wait: its progress", bounds(1, 2, badChunk), { verifyBeforeKv: "no" }, violates("KvProgressIsEarned", 5)),
  variant("KV waits for the proof as it is", bounds(1, 2, { ...crash, ...badChunk }), { verifyBeforeKv: "newKeys" }, violates(kv, 17)),
  variant("retry on the same object", bounds(2, 2, failedWrite), { retry: "sameObject" }, violates(tree, 23)),
  variant(
    "retry on the same object: order on disk",
    bounds(2, 2, failedWrite),
    { retry: "sameObject" },
    violates("TreeOnDiskIsClosed", 22),
  ),
];

/** How far KV is ahead of the tree on disk when an error is returned, in chunks; nothing is wrong but one write that fails. */
const leads: readonly Variant[] = [
  variant("asynchronous: more than one chunk", bounds(2, 2, { ...failedWrite, lead: 1 }), { atomicCommit: false }, violates(lead, 15)),
  variant("asynchronous: not more than two", bounds(3, 2, { ...failedWrite, lead: 2 }), { atomicCommit: false }, onlyHolds(lead)),
  variant("option 1: one chunk", bounds(2, 2, { ...failedWrite, lead: 0 }), { atomicCommit: false, ...option1 }, violates(lead, 10)),
  variant("option 1: not more", bounds(3, 2, { ...failedWrite, lead: 1 }), { atomicCommit: false, ...option1 }, onlyHolds(lead)),
  variant(
    "synchronous: one chunk",
    bounds(2, 2, { ...failedWrite, lead: 0 }),
    { atomicCommit: false, asyncCommit: false },
    violates(lead, 10),
  ),
  variant("synchronous: not more", bounds(3, 2, { ...failedWrite, lead: 1 }), { atomicCommit: false, asyncCommit: false }, onlyHolds(lead)),
  variant("no option", bounds(3, 2, { ...failedWrite, lead: 0 }), { atomicCommit: false }, violates(lead, 15)),
  variant("option 2: none", bounds(3, 2, { ...failedWrite, lead: 0 }), {}, { expected: holds }),
  variant("same object", bounds(1, 2, failedWrite), { retry: "sameObject" }, violates(tree, 18)),
];

/** The audited code, and the document's options, which do not suffice. */
const options: readonly Variant[] = [
  variant("audited: empty root", bounds(1, 2, crash), audited, violates(root, 10)),
  variant("audited: empty root, three chunks", bounds(3, 2, crash), audited, violates(root, 23)),
  variant("audited: stuck", bounds(2, 2, crash), audited, violates(faultless, 12)),
  variant("audited: next run cannot open", bounds(1, 2, crash), audited, {
    invariants: ["KvProgressIsEarned"],
    expected: { verdict: "violated", property: "deadlock", length: 12 },
  }),
  variant("audited: bad value in KV", bounds(1, 2, badChunk), audited, violates(kv, 12)),
  variant("audited: empty root after a bad chunk, no crash", bounds(1, 2, badChunk), audited, violates(root, 12)),
  variant("audited, same object: wrong root", bounds(1, 2, badChunk), auditedSame, violates(root, 15)),
  variant("audited, same object: hole", bounds(2, 2, failedWrite), auditedSame, violates(tree, 23)),
  variant("option 1: empty root", bounds(1, 2, crash), { ...audited, ...option1 }, violates(root, 10)),
  variant("option 1: bad value in KV", bounds(1, 2, badChunk), { ...audited, ...option1 }, violates(kv, 12)),
  variant("option 1, same object: hole", bounds(2, 2, failedWrite), { ...auditedSame, ...option1 }, violates(tree, 22)),
  variant("option 2: stuck, chunks of one key", bounds(2, 1, crash), { ...audited, ...option2 }, violates(faultless, 14)),
  variant("option 2: bad value in KV", bounds(1, 2, { ...crash, ...badChunk }), { ...audited, ...option2 }, violates(kv, 17)),
  variant("option 2, same object: hole", bounds(1, 2, failedWrite), { ...auditedSame, ...option2 }, violates(tree, 18)),
  variant("option 3: stuck", bounds(1, 2, crash), { ...audited, ...option3 }, violates(faultless, 9)),
  variant("option 3: bad value in KV", bounds(2, 2, badChunk), { ...audited, ...option3 }, violates(kv, 31)),
  variant("option 3, same object: hole", bounds(2, 2, failedWrite), { ...auditedSame, ...option3 }, violates(tree, 23)),
  variant("all three options: stuck, chunks of one key", bounds(2, 1, crash), { ...audited, ...allOptions }, violates(faultless, 14)),
  variant("all three options, same object: hole", bounds(1, 2, failedWrite), { ...auditedSame, ...allOptions }, violates(tree, 18)),
  variant("all three options: bad value in KV", bounds(1, 2, { ...crash, ...badChunk }), { ...audited, ...allOptions }, violates(kv, 17)),
];

/** One of the necessary repairs alone, stronger checks at finish instead of them, and other sets. */
const fixes: readonly Variant[] = [
  variant("only the resume point fixed", bounds(1, 2, badChunk), { ...audited, resume: "noneIsStart" }, violates(kv, 18)),
  variant("only the proof before KV fixed", bounds(1, 2, crash), { ...audited, verifyBeforeKv: "whole" }, violates(root, 11)),
  variant("synchronous: empty root", bounds(1, 2, crash), { ...audited, asyncCommit: false }, violates(root, 10)),
  variant("root hash checked at finish: stuck", bounds(1, 2, crash), { ...audited, finishCheck: "rootHash" }, violates(faultless, 9)),
  variant(
    "root hash checked at finish: bad value in KV",
    bounds(2, 2, badChunk),
    { ...audited, finishCheck: "rootHash" },
    violates(kv, 31),
  ),
  variant(
    "root hash checked, same object: hole",
    bounds(2, 2, failedWrite),
    { ...auditedSame, finishCheck: "rootHash" },
    violates(tree, 23),
  ),
  variant("KV read again at finish: stuck", bounds(1, 2, badChunk), { ...audited, finishCheck: "kvRecount" }, violates(faultless, 11)),
  variant(
    "synchronous, same object: refused for ever",
    bounds(1, 2, badChunk),
    { asyncCommit: false, retry: "sameObject" },
    violates(faultless, 11),
  ),
  variant("all three repairs, synchronous", {}, { asyncCommit: false }, { expected: holds }),
  variant("all three repairs, all else changed", {}, { asyncCommit: false, ...allOptions }, { expected: holds }),
  variant("all three repairs, option 1", {}, { ...option1 }, { expected: holds }),
  variant("all three repairs, option 2", {}, { ...option2 }, { expected: holds }),
  variant("all three repairs, option 3", {}, { ...option3 }, { expected: holds }),
  variant("all three repairs, three chunks", bounds(3, 2, { crashes: 2, failedWrites: 2, badChunks: 2 }), {}, { expected: holds }),
  variant(
    "all three repairs, four chunks of one key",
    bounds(4, 1, { crashes: 2, failedWrites: 2, badChunks: 2 }),
    {},
    { expected: holds },
  ),
];

const checkMore = "it checks more and breaks nothing; what it would find does not arise in this design";

const parallel: Model = {
  name: "snapshot-restore/parallel",
  system: "snapshot-restore",
  title: "Parallel snapshot restore: key-value store and tree, chunk by chunk",
  spec: parallelRestore,
  expected: holds,
  variants: [...mutations, ...options, ...fixes],
  harmless: {
    "asyncCommit=false": "waiting for the tree's write within the chunk only takes away behaviours: KV is ahead by less",
    "finishCheck=progress": checkMore,
    "finishCheck=rootHash": checkMore,
    "finishCheck=kvRecount": checkMore,
    "waitBeforeKv=true": "it only delays KV",
    "atomicCommit=true": "it only delays KV's progress",
  },
};

const noSuchFault = "the fault against which it helps does not arise in this model";

const kvLead: Model = {
  name: "snapshot-restore/kv-lead",
  system: "snapshot-restore",
  title: "Snapshot restore: how far KV is ahead of the tree when a write has failed",
  spec: parallelRestore,
  constants: bounds(3, 2, { ...failedWrite, lead: 0 }),
  design: { ...option2 },
  expected: holds,
  variants: leads,
  harmless: {
    "asyncCommit=false": "KV's progress waits for the write in any case",
    "resume=noneIsOther": "with two keys a chunk, the tree has a leaf whenever KV has progress",
    "verifyBeforeKv=newKeys": noSuchFault,
    "verifyBeforeKv=no": noSuchFault,
    "finishCheck=progress": checkMore,
    "finishCheck=rootHash": checkMore,
    "finishCheck=kvRecount": checkMore,
    "waitBeforeKv=true": "it only delays KV",
  },
};

const torn: Model = {
  name: "snapshot-restore/torn-writes",
  system: "snapshot-restore",
  title: "Snapshot restore: a crash in the middle of a chunk's writes",
  spec: tornWrites,
  allowDeadlock: true,
  expected: holds,
  variants: [
    ...[
      { label: "progress before the values", design: { kvOrder: "progressThenValues" }, ...violates("ValuesReachProgress", 4) },
      { label: "usage in a counter of its own", design: { usage: "ownCounter" }, ...violates("UsageIsSum", 13) },
      { label: "tree shards in any order", design: { treeOrder: "any" }, ...violates("LeavesAreAPrefix", 4) },
    ].map((v) => ({ ...v, constants: { chunks: 1, crashes: 1 } })),
    { label: "three chunks, three crashes", constants: { chunks: 3, crashes: 3 }, design: {}, expected: holds },
  ],
};

const modes: Model = {
  name: "snapshot-restore/modes",
  system: "snapshot-restore",
  title: "Snapshot restore: runs in the modes Default, KvOnly and TreeOnly",
  spec: restoreModes,
  allowDeadlock: true,
  expected: holds,
  variants: [
    ...["KvOnlyMeansKv", "DefaultMeansKv", "SuccessMeansUsage", "SuccessMeansTree"].map((property) => ({
      label: `resume at the other's progress: ${property}`,
      constants: { chunks: 1, runs: 2, badChunks: 0 },
      design: { resume: "noneIsOther" },
      ...violates(property, 6),
    })),
    {
      label: "only a tree thread checks: KvOnly",
      constants: { chunks: 1, runs: 1 },
      design: { chunkCheck: "byTreeThread" },
      ...violates("KvOnlyMeansKv", 4),
    },
    {
      label: "only a tree thread checks: Default",
      constants: { chunks: 1, runs: 2 },
      design: { chunkCheck: "byTreeThread" },
      ...violates("DefaultMeansKv", 7),
    },
    {
      label: "TreeOnly writes KV's progress",
      constants: { chunks: 1, runs: 2, badChunks: 0 },
      design: { treeOnly: "kvProgressToo" },
      ...violates("KvOnlyMeansKv", 6),
    },
    {
      label: "only a tree thread checks, and no chunk is bad",
      constants: { badChunks: 0 },
      design: { chunkCheck: "byTreeThread" },
      expected: holds,
    },
    {
      label: "resume at the other's progress, two chunks: SuccessMeansTree",
      constants: { chunks: 2, runs: 2, badChunks: 0 },
      design: { resume: "noneIsOther" },
      ...violates("SuccessMeansTree", 7),
    },
    { label: "start over when a side has none", constants: { chunks: 3, runs: 4 }, design: { resume: "noneIsStart" }, expected: holds },
    { label: "three chunks, four runs", constants: { chunks: 3, runs: 4, badChunks: 2 }, design: {}, expected: holds },
  ],
  harmless: { "resume=noneIsStart": "a side skips what it has by itself, so starting over costs time and nothing else" },
  redundantConjuncts: {
    "StartRun 3":
      "the tree is empty only where SuccessMeansTree has just failed, which ends the search; without it nothing could be started",
  },
};

export const snapshotRestoreModels: readonly Model[] = [parallel, kvLead, torn, modes];

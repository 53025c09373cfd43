/** The audit of the parallel snapshot restore, claim by claim. */
import type { Constants } from "../specs/language/schema.ts";
import type { Design } from "../specs/language/instantiate.ts";
import type { Check, Claim, ClaimsTable } from "./claim.ts";

const parallel = "snapshot-restore/parallel";
const kvLead = "snapshot-restore/kv-lead";
const modes = "snapshot-restore/modes";
const torn = "snapshot-restore/torn-writes";
const root = "FinishedRootIsExpected";
const tree = "FinishedTreeIsComplete";
const kv = "FinishedKvIsSnapshot";
const lead = "KvLeadIsBounded";
const faultless = "FaultlessRunsSucceed";

const holds = (model: string, property: string, constants: Constants = {}, design: Design = {}): Check => ({
  model,
  constants,
  design,
  property,
  expected: { verdict: "holds" },
});
const fails = (model: string, property: string, length: number, constants: Constants, design: Design, shown?: string): Check => ({
  model,
  constants,
  design,
  property,
  expected: { verdict: "violated", property, length },
  ...(shown === undefined ? {} : { counterexample: `snapshot-restore/${shown}` }),
});

const crash: Constants = { crashes: 1, failedWrites: 0, badChunks: 0 };
const failedWrite: Constants = { crashes: 0, failedWrites: 1, badChunks: 0 };
const badChunk: Constants = { crashes: 0, failedWrites: 0, badChunks: 1 };
const crashAndBadChunk: Constants = { crashes: 1, failedWrites: 0, badChunks: 1 };
const one: Constants = { chunks: 1 };

const audited: Design = { resume: "noneIsOther", verifyBeforeKv: "no" };
const auditedSame: Design = { ...audited, retry: "sameObject" };
/** Of the model kv-lead, which has option 2: neither side waits for the other. */
const noWait: Design = { atomicCommit: false, verifyBeforeKv: "no" };
const option1: Design = { waitBeforeKv: true };
const option2: Design = { atomicCommit: true };
const option3: Design = { finishCheck: "progress" };

const emptyRoot = fails(parallel, root, 10, { ...one, ...crash }, audited, "empty-root");
const leadOfTwo = fails(kvLead, lead, 15, { chunks: 2, lead: 1 }, { ...audited, atomicCommit: false }, "kv-leads-by-two-chunks");
/** The document's own scenario, crashes included, with the one repair that a side without progress starts over. */
const raceAlone = holds(parallel, "everything", { badChunks: 0 }, { verifyBeforeKv: "no" });

const description: readonly Claim[] = [
  {
    place: "Finding, scenario 1–3; Summary; to decide (a)",
    claim: "When chunk N's asynchronous tree write fails, KV may already have chunk N+1, with its progress, and the tree only N−1.",
    verdict: "Holds: KV is ahead by two chunks when the error is returned, and never by three.",
    checks: [leadOfTwo, holds(kvLead, lead, { lead: 2 }, noWait)],
  },
  {
    place: "Finding, “exists when async_commit=true”; Proof of Concept, last sentence",
    claim: "The inconsistency comes from the asynchronous tree writes.",
    verdict:
      "Only in part: with synchronous writes KV is still ahead by one chunk after an error, and the restore still ends with an empty root.",
    checks: [
      fails(kvLead, lead, 10, { chunks: 2 }, { ...noWait, asyncCommit: false }),
      fails(parallel, root, 10, { ...one, ...crash }, { ...audited, asyncCommit: false }),
    ],
  },
  {
    place: "Finding, write_kv_batch and StateKvDb::commit",
    claim: "The KV write is synchronous: all shards are waited for before the progress is written.",
    verdict: "Holds, and matters: after a crash every value up to the progress is there. With the progress first it would not be.",
    checks: [
      holds(torn, "ValuesReachProgress"),
      fails(torn, "ValuesReachProgress", 4, { chunks: 1, crashes: 1 }, { kvOrder: "progressThenValues" }),
    ],
  },
  {
    place: "Finding, wait_for_async_commit",
    claim: "The failure of a tree write is seen only while the next chunk is processed.",
    verdict:
      "Holds, but for the last chunk, whose failure finish sees: a run with a failed write never reports success if the driver then opens the restore anew.",
    checks: [
      holds(parallel, tree, { ...failedWrite, ...one }),
      fails(parallel, tree, 23, failedWrite, { retry: "sameObject" }, "hole-below-the-root"),
    ],
  },
  {
    place: "Finding, previous_key_hash; to decide (b)",
    claim: "Progress is the minimum of both sides.",
    verdict: "Wrong when one side has none: then it is the other's, and the driver skips chunks that the tree does not have.",
    checks: [
      fails(parallel, "NothingIsSkipped", 7, { ...one, ...crash }, audited),
      fails(parallel, "NothingIsSkipped", 8, { ...one, ...crash }, { resume: "noneIsOther" }),
      holds(parallel, "NothingIsSkipped"),
    ],
  },
  {
    place: "Finding, finish",
    claim: "There is no validation at finish that would see the inconsistency.",
    verdict:
      "True of the code, but the document's inconsistency never gets to finish: with the resume point repaired nothing is wrong at the end, without any validation. What finish would need to see are other defects: an empty root, a hole, wrong values.",
    checks: [raceAlone, emptyRoot, holds(parallel, root, { ...one, ...crash }, { ...audited, finishCheck: "rootHash" })],
  },
];

const impact: readonly Claim[] = [
  {
    place: "Impact, 1",
    claim: "KV contains more recent chunks than the tree.",
    verdict: "Holds after an error and after a crash, and is harmless there: the resumed run adds the same chunks to the tree.",
    checks: [leadOfTwo, raceAlone],
  },
  {
    place: "Impact, 2",
    claim: "The root hash no longer corresponds to the KV data.",
    verdict:
      "Vacuous for the scenario, in which no root is written. It does happen otherwise: a chunk with a wrong value leaves wrong KV data under the right root.",
    checks: [raceAlone, fails(parallel, kv, 18, { ...one, ...badChunk }, { verifyBeforeKv: "no" }, "bad-value-under-the-right-root")],
  },
  {
    place: "Impact, 3",
    claim: "The node cannot serve Merkle proofs for the stored state.",
    verdict: "Not by the scenario. A retry on the same object does it: a leaf is missing under the right root; so does the empty root.",
    checks: [raceAlone, fails(parallel, tree, 23, failedWrite, { retry: "sameObject" }, "hole-below-the-root"), emptyRoot],
  },
  {
    place: "Impact, 4 and last paragraph",
    claim: "Resuming recovers by itself; if the restore cannot be completed, the database must be cleaned by hand.",
    verdict:
      "Holds only if both sides had progress, or a side without starts over. As audited a run without any new fault is refused, and after the empty root the restore cannot be opened again.",
    checks: [
      fails(parallel, faultless, 12, crash, audited),
      fails(parallel, "deadlock", 12, { ...one, ...crash }, audited),
      holds(parallel, faultless),
    ],
  },
  {
    place: "Impact, 5",
    claim: "A validator with the inconsistent state would compute wrong state roots and disagree with the others.",
    verdict:
      "out of reach: consensus is not modelled. What the model shows is the premise: a restore that reports success with an empty tree.",
    checks: [],
  },
  { place: "Impact", claim: "The severity is medium.", verdict: "out of reach: a severity is a judgement, not a behaviour.", checks: [] },
  {
    place: "Likelihood",
    claim: "Medium: I/O failures during asynchronous writes, exhausted resources, hundreds of thousands of chunks.",
    verdict:
      "out of reach: the model says what can happen, not how often. It does say that no I/O failure is needed: one crash does it, or one bad chunk.",
    checks: [],
  },
];

const recommendation: readonly Claim[] = [
  {
    place: "Recommendation, option 1; to decide (c)",
    claim: "Waiting for the previous tree write before the next KV write solves it.",
    verdict: "Does not suffice: the lead shrinks from two chunks to one. The empty root, the wrong value in KV and the hole stay.",
    checks: [
      fails(kvLead, lead, 10, { chunks: 2 }, { ...noWait, ...option1 }),
      holds(kvLead, lead, { lead: 1 }, { ...noWait, ...option1 }),
      fails(parallel, root, 10, { ...one, ...crash }, { ...audited, ...option1 }, "option-1-empty-root"),
      fails(parallel, kv, 18, { ...one, ...badChunk }, { ...option1, verifyBeforeKv: "no" }),
      fails(parallel, tree, 22, failedWrite, { ...auditedSame, ...option1 }),
    ],
  },
  {
    place: "Recommendation, option 2",
    claim: "Writing KV's progress only when both sides are on disk solves it.",
    verdict:
      "Removes the lead, and with two keys a chunk the empty root. With a first chunk of one key, which freezes nothing in the tree, the restore is stuck; a wrong value still gets into KV, and a retry on the same object still makes a hole.",
    checks: [
      holds(kvLead, lead, {}, { verifyBeforeKv: "no" }),
      holds(parallel, root, { ...crash, chunks: 3 }, { ...audited, ...option2 }),
      fails(parallel, faultless, 14, { ...crash, keysPerChunk: 1 }, { ...audited, ...option2 }, "option-2-stuck"),
      fails(parallel, kv, 17, { ...one, ...crashAndBadChunk }, { ...audited, ...option2 }),
      fails(parallel, tree, 18, { ...one, ...failedWrite }, { ...auditedSame, ...option2 }),
    ],
  },
  {
    place: "Recommendation, option 3",
    claim: "Comparing the two progresses at finish solves it.",
    verdict:
      "Turns the false success into a restore that can never finish. It sees neither a wrong value in KV nor a hole: both progresses are at the end.",
    checks: [
      holds(parallel, root, { ...one, ...crash }, { ...audited, ...option3 }),
      fails(parallel, faultless, 9, { ...one, ...crash }, { ...audited, ...option3 }, "option-3-stuck"),
      fails(parallel, kv, 31, badChunk, { ...audited, ...option3 }),
      fails(parallel, tree, 23, failedWrite, { ...auditedSame, ...option3 }),
    ],
  },
  {
    place: "Recommendation, all three",
    claim: "The options together solve it.",
    verdict:
      "They do not: chunks of one key still leave the restore stuck, a wrong value still gets into KV, and a retry on the same object still makes a hole.",
    checks: [
      fails(parallel, faultless, 14, { ...crash, keysPerChunk: 1 }, { ...audited, ...option1, ...option2, ...option3 }),
      fails(parallel, kv, 17, { ...one, ...crashAndBadChunk }, { ...audited, ...option1, ...option2, ...option3 }),
      fails(parallel, tree, 18, { ...one, ...failedWrite }, { ...auditedSame, ...option1, ...option2, ...option3 }),
    ],
  },
  {
    place: "Beside the recommendation",
    claim:
      "What does suffice: start over when a side has no progress, check all of a chunk before KV has it, open a new object after an error.",
    verdict: "Holds, with or without asynchronous writes, the three options, and a check at finish; each of the three is necessary.",
    checks: [
      holds(parallel, "everything"),
      holds(parallel, "everything", { chunks: 3, failedWrites: 2, badChunks: 2 }),
      holds(parallel, "everything", {}, { asyncCommit: false, ...option1, ...option2, ...option3 }),
      fails(parallel, root, 11, { ...one, ...crash }, { resume: "noneIsOther" }),
      fails(parallel, kv, 18, { ...one, ...badChunk }, { verifyBeforeKv: "no" }, "bad-value-under-the-right-root"),
      fails(parallel, tree, 23, failedWrite, { retry: "sameObject" }, "hole-below-the-root"),
    ],
  },
  {
    place: "Proof of Concept, 1–4",
    claim: "With a failed write after chunk N, KV has N+1 and the tree N−1.",
    verdict: "Holds: as the scenario.",
    checks: [leadOfTwo],
  },
  {
    place: "Proof of Concept, 5",
    claim: "The resume point allows to go on, but KV stays ahead of the tree until someone intervenes.",
    verdict: "Wrong: the resumed run brings the tree to where KV is. Intervention is needed only where a side had no progress.",
    checks: [raceAlone],
  },
];

const toDecide: readonly Claim[] = [
  {
    place: "To decide (b), up to two chunks",
    claim: "KV has progress, the tree nothing; after a crash all is skipped, and the restore reports success with an empty root.",
    verdict: "Holds for one chunk without a failed write or a race, and for two.",
    checks: [emptyRoot, fails(parallel, root, 16, crash, audited)],
  },
  {
    place: "To decide (b), more chunks",
    claim: "A longer snapshot can then never complete.",
    verdict:
      "Wrong of the audited code: each refused run moves KV one chunk on, until all is skipped and the restore reports success with an empty root. Right once KV waits for the proof.",
    checks: [
      fails(parallel, root, 23, { ...crash, chunks: 3 }, audited, "empty-root-after-three-chunks"),
      holds(parallel, root, { ...crash, chunks: 3 }, { resume: "noneIsOther" }),
      fails(parallel, faultless, 12, { ...crash, chunks: 3 }, { resume: "noneIsOther" }),
    ],
  },
  {
    place: "To decide (d)",
    claim: "Values of a chunk that fails its proof stay in KV: right root, wrong KV.",
    verdict: "Holds. As audited the restore may even end, without a crash, with the wrong values and an empty root.",
    checks: [
      fails(parallel, kv, 18, { ...one, ...badChunk }, { verifyBeforeKv: "no" }, "bad-value-under-the-right-root"),
      fails(parallel, root, 12, { ...one, ...badChunk }, audited, "one-bad-chunk-no-tree"),
    ],
  },
  {
    place: "To decide (d), the repair",
    claim: "KV is right if it waits for the proof check.",
    verdict:
      "Holds only if the check covers the whole chunk: after a crash the tree skips the leaves that it has, and the proof does not cover their values.",
    checks: [
      fails(parallel, kv, 17, { ...one, ...crashAndBadChunk }, { verifyBeforeKv: "newKeys" }, "unchecked-overlap"),
      holds(parallel, kv),
    ],
  },
  {
    place: "To decide (e), failed write",
    claim: "Offering the chunk to the same object after a failed asynchronous write leaves a hole under a verifying root.",
    verdict: "Holds, and comparing the root hash does not see it. With synchronous writes there is no hole.",
    checks: [
      fails(parallel, tree, 23, failedWrite, { retry: "sameObject" }, "hole-below-the-root"),
      fails(parallel, tree, 23, failedWrite, { retry: "sameObject", finishCheck: "rootHash" }),
      holds(parallel, tree, {}, { retry: "sameObject", asyncCommit: false }),
    ],
  },
  {
    place: "To decide (e), failed proof",
    claim: "Offering the chunk to the same object after a failed proof skips it, with a hole under a verifying root.",
    verdict:
      "The chunk is skipped, but the root does not verify: it is that of the wrong value, and success is reported. With the whole chunk checked against the object's memory, the right chunk is refused for ever.",
    checks: [
      fails(parallel, root, 15, { ...one, ...badChunk }, auditedSame, "wrong-root-on-the-same-object"),
      fails(parallel, root, 15, { ...one, ...badChunk }, { ...auditedSame, asyncCommit: false }),
      holds(parallel, root, { ...one, ...badChunk }, { ...auditedSame, finishCheck: "rootHash" }),
      fails(parallel, faultless, 11, { ...one, ...badChunk }, { retry: "sameObject" }),
    ],
  },
  {
    place: "To decide (f)",
    claim: "KvOnly after a finished tree skips everything and reports success.",
    verdict:
      "Holds, and so do TreeOnly after KvOnly, which writes an empty root, and Default after TreeOnly. Starting over, or each mode by its own sides, repairs all.",
    checks: [
      fails(modes, "KvOnlyMeansKv", 6, { chunks: 1, runs: 2, badChunks: 0 }, { resume: "noneIsOther" }, "kv-only-after-the-tree"),
      fails(modes, "SuccessMeansTree", 6, { chunks: 1, runs: 2, badChunks: 0 }, { resume: "noneIsOther" }),
      fails(modes, "DefaultMeansKv", 6, { chunks: 1, runs: 2, badChunks: 0 }, { resume: "noneIsOther" }),
      holds(modes, "everything"),
      holds(modes, "everything", {}, { resume: "noneIsStart" }),
    ],
  },
  {
    place: "Code beside (f)",
    claim: "In the mode KvOnly nothing checks a chunk.",
    verdict: "Holds: one bad chunk is enough. The same in Default after TreeOnly: a finished tree ignores every chunk.",
    checks: [
      fails(modes, "KvOnlyMeansKv", 4, { chunks: 1, runs: 1 }, { chunkCheck: "byTreeThread" }),
      fails(modes, "DefaultMeansKv", 7, { chunks: 1, runs: 2 }, { chunkCheck: "byTreeThread" }),
    ],
  },
  {
    place: "Code beside (f), an earlier version",
    claim: "TreeOnly writes KV's progress record, for the usage, but no values.",
    verdict: "Then KvOnly afterwards finds nothing left to do, wherever it starts, and reports success without any value.",
    checks: [
      fails(modes, "KvOnlyMeansKv", 6, { chunks: 1, runs: 2, badChunks: 0 }, { treeOnly: "kvProgressToo" }),
      fails(modes, "KvOnlyMeansKv", 6, { chunks: 1, runs: 2, badChunks: 0 }, { treeOnly: "kvProgressToo", resume: "noneIsStart" }),
    ],
  },
  {
    place: "Code, usage",
    claim: "Usage lives in the progress record, so nothing is counted twice.",
    verdict: "Holds; a counter of its own would count a chunk twice after a crash.",
    checks: [holds(torn, "UsageIsSum"), fails(torn, "UsageIsSum", 13, { chunks: 1, crashes: 1 }, { usage: "ownCounter" })],
  },
  {
    place: "Code, tree shards",
    claim: "The tree's shards are written in the order of the keys, so a torn batch leaves a prefix.",
    verdict: "Holds; in any other order a crash leaves a hole that the rightmost leaf hides.",
    checks: [holds(torn, "LeavesAreAPrefix"), fails(torn, "LeavesAreAPrefix", 4, { chunks: 1, crashes: 1 }, { treeOrder: "any" })],
  },
];

export const snapshotRestoreClaims: ClaimsTable = {
  system: "snapshot-restore",
  document: "the audit report “Race Condition in Parallel State Restore Causing KV-Tree Inconsistency with Async Commits”",
  claims: [...description, ...impact, ...recommendation, ...toDecide],
};

/** The section of the snapshot restore in the index. */
import { assignmentsText } from "../cli/command-line.ts";
import type { Constants } from "../specs/language/schema.ts";
import type { Design } from "../specs/language/instantiate.ts";
import type { Collection, Counterexample } from "./counterexample.ts";
import type { LessonText } from "./lesson.ts";
import { badValueUnderTheRightRoot, oneBadChunkNoTree, uncheckedOverlap } from "./lessons/snapshot-restore/bad-chunk.ts";
import { kvLeadsByTwoChunks } from "./lessons/snapshot-restore/lead.ts";
import { kvOnlyAfterTheTree } from "./lessons/snapshot-restore/modes.ts";
import { emptyRoot, emptyRootAfterThreeChunks, option1EmptyRoot, option2Stuck, option3Stuck } from "./lessons/snapshot-restore/resume.ts";
import { holeBelowTheRoot, wrongRootOnTheSameObject } from "./lessons/snapshot-restore/same-object.ts";

const audited: Design = { resume: "noneIsOther", verifyBeforeKv: "no" };
const noFaults: Constants = { crashes: 0, failedWrites: 0, badChunks: 0 };
const crash: Constants = { ...noFaults, crashes: 1 };
const failedWrite: Constants = { ...noFaults, failedWrites: 1 };
const badChunk: Constants = { ...noFaults, badChunks: 1 };
const one: Constants = { chunks: 1 };

const of = (name: string, constants: Constants, design: Design, invariant: string, length: number, lesson: LessonText): Counterexample => ({
  name: `snapshot-restore/${name}`,
  model: "snapshot-restore/parallel",
  constants,
  design,
  invariant,
  length,
  lesson,
});
const root = "FinishedRootIsExpected";
const kv = "FinishedKvIsSnapshot";
const faultless = "FaultlessRunsSucceed";

const all: readonly Counterexample[] = [
  {
    ...of("kv-leads-by-two-chunks", { chunks: 2, lead: 1 }, { ...audited, atomicCommit: false }, "KvLeadIsBounded", 15, kvLeadsByTwoChunks),
    model: "snapshot-restore/kv-lead",
  },
  of("empty-root", { ...one, ...crash }, audited, root, 10, emptyRoot),
  of("empty-root-after-three-chunks", { ...crash, chunks: 3 }, audited, root, 23, emptyRootAfterThreeChunks),
  of("option-1-empty-root", { ...one, ...crash }, { ...audited, waitBeforeKv: true }, root, 10, option1EmptyRoot),
  of("option-2-stuck", { ...crash, keysPerChunk: 1 }, { ...audited, atomicCommit: true }, faultless, 14, option2Stuck),
  of("option-3-stuck", { ...one, ...crash }, { ...audited, finishCheck: "progress" }, faultless, 9, option3Stuck),
  of("bad-value-under-the-right-root", { ...one, ...badChunk }, { verifyBeforeKv: "no" }, kv, 18, badValueUnderTheRightRoot),
  of("one-bad-chunk-no-tree", { ...one, ...badChunk }, audited, root, 12, oneBadChunkNoTree),
  of("unchecked-overlap", { ...one, ...badChunk, crashes: 1 }, { verifyBeforeKv: "newKeys" }, kv, 17, uncheckedOverlap),
  of("hole-below-the-root", failedWrite, { retry: "sameObject" }, "FinishedTreeIsComplete", 23, holeBelowTheRoot),
  of("wrong-root-on-the-same-object", { ...one, ...badChunk }, { ...audited, retry: "sameObject" }, root, 15, wrongRootOnTheSameObject),
  {
    ...of(
      "kv-only-after-the-tree",
      { chunks: 1, runs: 2, badChunks: 0 },
      { resume: "noneIsOther" },
      "KvOnlyMeansKv",
      6,
      kvOnlyAfterTheTree,
    ),
    model: "snapshot-restore/modes",
  },
];

export const snapshotRestoreCollection: Collection = {
  introduction: `## Snapshot restore

A snapshot is restored chunk by chunk into a key-value store (KV) and a Merkle tree, by two threads. The audited code is
\`resume=noneIsOther\`, \`verifyBeforeKv=no\`; what a design does not name is as in the design that holds. The claims of the audit and what became
of them are in [the notes](../specs/snapshot-restore/NOTES.md).`,
  counterexamples: all,
  header: ["Design", "Bounds"],
  row: (c) => [assignmentsText(c.design), assignmentsText(Object.fromEntries(Object.entries(c.constants).filter(([, v]) => v !== 0)))],
  conclusions: `The race that the audit describes is real and harmless by itself. Three repairs are necessary, and together they suffice within the
bounds: a side without progress starts over, KV waits for a check of the whole chunk, and an error ends the restore object. None of the audit's
three options is among them, and all three options together do not suffice.`,
};

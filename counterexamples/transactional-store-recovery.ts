/** The counterexamples of the transactional store's log, recovery and vectors. */
import type { Counterexample } from "./counterexample.ts";
import { applyFailure } from "./lessons/transactional-store/apply-failure.ts";
import { badRecordStays } from "./lessons/transactional-store/bad-record-stays.ts";
import { checkpointMark } from "./lessons/transactional-store/checkpoint-mark.ts";
import { checkpointUnread } from "./lessons/transactional-store/checkpoint-unread.ts";
import { crossedUpdates } from "./lessons/transactional-store/crossed-updates.ts";
import { cutWithoutSync } from "./lessons/transactional-store/cut-without-sync.ts";
import { emptyStart } from "./lessons/transactional-store/empty-start.ts";
import { ghostCommit } from "./lessons/transactional-store/ghost-commit.ts";
import { hole } from "./lessons/transactional-store/hole.ts";
import { moreThanABatch } from "./lessons/transactional-store/more-than-a-batch.ts";
import { recoveredUnsynced } from "./lessons/transactional-store/recovered-unsynced.ts";
import { replayOrder } from "./lessons/transactional-store/replay-order.ts";
import { tornTail } from "./lessons/transactional-store/torn-tail.ts";
import { twoVectorIds } from "./lessons/transactional-store/two-vector-ids.ts";
import type { LessonText } from "./lesson.ts";

type Rest = Pick<Counterexample, "constants" | "design" | "invariant" | "length">;
const shown = (name: string, aspect: string, lesson: LessonText, rest: Rest): Counterexample => ({
  name: `transactional-store/${name}`,
  model: `transactional-store/${aspect}`,
  lesson,
  ...rest,
});
const calm = { failures: 0, crashes: 0, deletes: 0 };

export const recoveryCounterexamples: readonly Counterexample[] = [
  shown("ghost-commit", "durability", ghostCommit, {
    constants: {},
    design: { walFailure: "ignore" },
    invariant: "AbortedNeverAppears",
    length: 10,
  }),
  shown("cut-without-sync", "durability", cutWithoutSync, {
    constants: {},
    design: { walFailure: "truncate" },
    invariant: "AbortedNeverAppears",
    length: 11,
  }),
  shown("recovered-unsynced", "durability", recoveredUnsynced, {
    constants: {},
    design: { recoverySync: "serveAtOnce" },
    invariant: "VersionMeansOneWrite",
    length: 17,
  }),
  shown("more-than-a-batch", "durability", moreThanABatch, {
    constants: {},
    design: { durability: "batched", recoverySync: "serveAtOnce" },
    invariant: "LossWithinBatch",
    length: 23,
  }),
  shown("torn-tail", "torn-tail", tornTail, {
    constants: { spoilt: 0 },
    design: { tail: "appendAfterTorn" },
    invariant: "AcknowledgedSurvives",
    length: 12,
  }),
  shown("hole", "torn-tail", hole, {
    constants: { spoilt: 0, transactions: 3 },
    design: { tail: "appendAfterTorn", segments: "continueAfterBad" },
    invariant: "RecoveredIsPrefix",
    length: 15,
  }),
  shown("bad-record-stays", "torn-tail", badRecordStays, {
    constants: {},
    design: { tail: "truncateLast" },
    invariant: "AcknowledgedSurvives",
    length: 20,
  }),
  shown("replay-order", "recovery", replayOrder, {
    constants: { repeats: 0, failures: 0, commits: 1 },
    design: { replayOrder: "putsThenDeletes" },
    invariant: "StoreMatchesLog",
    length: 9,
  }),
  shown("apply-failure", "recovery", applyFailure, {
    constants: {},
    design: { applyFailure: "reportOk" },
    invariant: "AcknowledgedIsVisible",
    length: 5,
  }),
  shown("checkpoint-mark", "checkpoint", checkpointMark, {
    constants: {},
    design: { mark: "version" },
    invariant: "AcknowledgedSurvives",
    length: 14,
  }),
  shown("checkpoint-unread", "checkpoint", checkpointUnread, {
    constants: { threads: 1 },
    design: { recovery: "logOnly" },
    invariant: "AcknowledgedSurvives",
    length: 14,
  }),
  shown("empty-start", "recovery", emptyStart, {
    constants: {},
    design: { recoveryFailure: "startEmpty" },
    invariant: "AcknowledgedIsVisible",
    length: 9,
  }),
  shown("two-vector-ids", "vector-insert", twoVectorIds, {
    constants: calm,
    design: { vectorInsert: "checkOutside" },
    invariant: "OneIdPerKey",
    length: 13,
  }),
  shown("crossed-updates", "vector-insert", crossedUpdates, {
    constants: { ...calm, existing: 1 },
    design: { vectorInsert: "checkOutside" },
    invariant: "IndexEqualsStore",
    length: 13,
  }),
];

/** Told of counterexamples/transactional-store/checkpoint-mark.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const checkpointMark: LessonText = {
  title: "A checkpoint that skips an older transaction",
  setting: `Two threads commit on two branches. A transaction gets its id when it begins and its
version when it commits. A checkpoint copies the store, and its mark is the version counter (\`mark=version\`); recovery loads the copy
and replays the records whose transaction id is above the mark.`,
  chapters: [
    {
      steps: ["Begin 1", "Begin 2"],
      text: `Transaction 1 begins, then transaction 2.`,
    },
    {
      steps: ["Log 2", "Apply 2"],
      text: `Transaction 2 is faster: it is in the log and in the store.`,
    },
    {
      steps: ["CopyStore"],
      text: `The checkpoint takes its copy: transaction 2, which has version 1, so the mark is 1. No commit is under way between log and store, so the copy is sound.`,
    },
    {
      steps: ["Log 1", "Apply 1", "Acknowledge 1"],
      text: `Now transaction 1 commits and is acknowledged. Its record stands behind that of transaction 2, and its id is 1:
not above the mark.`,
    },
    {
      steps: ["WriteCopy", "SyncCopy", "Publish"],
      text: `The copy is written, synced, and made the current one.`,
    },
    {
      steps: ["CrashProcess", "Recover"],
      text: `Recovery loads the copy and skips every record with an id up to 1. It takes the record of transaction 1 for a part of the copy.`,
    },
  ],
  wrong: `Transaction 1 is acknowledged, is whole in the log, and is lost. Compaction would delete its segment for the same reason.`,
  missingRule: `The mark must count in the order in which transactions commit: a place in the log, not an id that is given at the beginning.`,
  besideTheSource: `The audit does not speak of checkpoints. In the code behind it the watermark is the version counter, and compaction
deletes the segments whose highest transaction id is not above it: two counters that count different things.`,
  bounds: `One thread alone commits in the order of its ids: all properties hold. With the highest transaction id in the copy as the
mark (\`mark=transactionId\`) the same happens in the same 14 states.`,
};

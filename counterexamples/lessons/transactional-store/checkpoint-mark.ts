/** Told of counterexamples/transactional-store/checkpoint-mark.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const checkpointMark: LessonText = {
  title: "A checkpoint that skips an older transaction",
  setting: `Two threads commit on two branches. A transaction gets its id when it begins. A checkpoint copies the store, and its mark is the
highest transaction id in the copy (\`mark=transactionId\`); recovery loads the copy and replays the records with a higher id.`,
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
      text: `The checkpoint takes its copy: transaction 2, mark 2. No commit is under way between log and store, so the copy is sound.`,
    },
    {
      steps: ["Log 1", "Apply 1", "Acknowledge 1"],
      text: `Now transaction 1 commits and is acknowledged. Its record stands behind that of transaction 2, and its id is lower than the mark.`,
    },
    {
      steps: ["WriteCopy", "SyncCopy", "Publish"],
      text: `The copy is written, synced, and made the current one.`,
    },
    {
      steps: ["CrashProcess", "Recover"],
      text: `Recovery loads the copy and skips every record with an id up to 2. It takes the record of transaction 1 for a part of the copy.`,
    },
  ],
  wrong: `Transaction 1 is acknowledged, is whole in the log, and is lost. Compaction would delete its segment for the same reason.`,
  missingRule: `The mark must count in the order in which transactions commit: a place in the log, not an id that is given at the beginning.`,
  besideTheSource: `The audit does not speak of checkpoints. In the code the watermark of a checkpoint is a transaction id, records at or below it are
skipped, and segments whose highest id is not above it are deleted.`,
  bounds: `One thread alone commits in the order of its ids: nothing goes wrong.`,
};

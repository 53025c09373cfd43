/** Told of counterexamples/transactional-store/checkpoint-unread.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const checkpointUnread: LessonText = {
  title: "A checkpoint that nobody reads",
  setting: `One thread commits. A checkpoint copies the store to disk, and after that compaction deletes the log segments that the copy
covers; here every record is a segment. Recovery replays the log and does not look at the copy (\`recovery=logOnly\`).`,
  chapters: [
    { steps: ["Begin 1", "Log 1", "Apply 1", "Acknowledge 1"], text: `Transaction 1 commits and is acknowledged.` },
    {
      steps: ["Begin 1", "CopyStore", "Log 1"],
      text: `The checkpoint takes its copy of the store, with transaction 1 in it. Transaction 2 is logged, so that the record of
transaction 1 is no longer in the last segment.`,
    },
    {
      steps: ["WriteCopy", "SyncCopy", "Publish", "DeleteSegment 1"],
      text: `The copy is written, synced and made the current one, as it should be. Then the record of transaction 1 is deleted: it is
covered.`,
    },
    { steps: ["CrashProcess", "Recover"], text: `Recovery replays what is left of the log: transaction 2.` },
  ],
  wrong: `Transaction 1 is acknowledged, is safe on disk, and is not in the store. Every restart after a compaction loses what was
compacted; it takes no crash at a bad moment.`,
  missingRule: `Delete from the log only what recovery will find elsewhere: recovery must load the copy first
(\`recovery=snapshotAndLog\`).`,
  besideTheSource: `The audit does not speak of checkpoints. The code behind it refuses to compact before there is a checkpoint, and the
engine's recovery reads the log only.`,
  bounds: `Without any copy (\`checkpoint=compactWithoutSnapshot\`) the same loss takes 10 states.`,
};

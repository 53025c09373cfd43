/** Told of counterexamples/transactional-store/more-than-a-batch.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const moreThanABatch: LessonText = {
  title: "Batched mode loses more than a batch",
  setting: `Batched mode: the log is synced at the latest when the process has written two records since its last sync
(\`batch=2\`). So a crash should cost at most one acknowledged transaction. Recovery serves what it reads without a sync
(\`recoverySync=serveAtOnce\`). Read \`t1@1\` as transaction 1 at version 1; in the page cache, \`+\` is a change that is not on disk yet.`,
  chapters: [
    {
      steps: ["Begin", "Validate", "AllocateVersion", "WriteRecord", "GoOnUnsynced", "ApplyKey", "ApplyKey", "Acknowledge"],
      text: `Transaction 1 is written, not synced, and acknowledged. One record is open, as the mode allows.`,
    },
    {
      steps: ["CrashProcess", "CutTail", "Replay"],
      text: `The process dies. The page cache survives, so nothing is lost: transaction 1 is back. But it is still not on disk, and the new
process counts from zero.`,
    },
    {
      steps: ["Begin", "Validate", "AllocateVersion", "WriteRecord", "GoOnUnsynced", "ApplyKey", "ApplyKey", "Acknowledge"],
      text: `Transaction 2 is the first record of this process. It needs no sync, and is acknowledged.`,
    },
    {
      steps: ["CrashMachine", "CutTail", "Replay"],
      text: `The machine crashes. Neither record had reached the disk.`,
    },
  ],
  wrong: `Two acknowledged transactions are lost in one machine crash, where the mode promises one. Every process crash before it adds
another batch.`,
  missingRule: `What a recovery finds in the page cache is not synced. Sync it before anything is served
(\`recoverySync=syncFirst\`), or let the count begin with it.`,
  besideTheSource: `The audit gives the bound as batch size - 1 records. It holds from one sync to the next within one process.`,
  bounds: `With \`recoverySync=syncFirst\` the bound holds for three transactions and two machine crashes.`,
};

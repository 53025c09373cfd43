/** Told of counterexamples/transactional-store/cut-without-sync.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const cutWithoutSync: LessonText = {
  title: "Cutting the record off is not enough",
  setting: `As in the ghost commit, but the engine repairs the file: after a failed sync it cuts the record off again, and then reports the
abort (\`walFailure=truncate\`). Read \`t1@1\` as transaction 1 at version 1; in the page cache, \`+\` is a change that is not on
disk yet.`,
  chapters: [
    {
      steps: ["Begin", "Validate", "AllocateVersion", "WriteRecord"],
      text: `Transaction 1 is written; its record is in the page cache.`,
    },
    {
      steps: ["SyncFails", "CutRecord"],
      text: `The sync fails, the file is cut back to its old length, and the client hears of an abort. Both changes, the record and the cut,
are in the page cache only.`,
    },
    {
      steps: ["CrashMachine"],
      text: `The machine crashes. Of the changes that were under way, the record had reached the disk, the cut had not.`,
    },
    {
      steps: ["CutTail", "SyncRecovered", "Replay"],
      text: `Recovery finds a whole record and replays it.`,
    },
  ],
  wrong: `An aborted transaction is in the store. The repair itself was a change that nobody made durable.`,
  missingRule: `Report the abort only when the cut is on disk (\`walFailure=truncateAndSync\`). If that sync fails, too, nothing true can be said
any more: stop, with an unknown outcome.`,
  besideTheSource: `The audit does not speak of repairs. This is the first repair that one would think of.`,
  bounds: `With \`walFailure=truncateAndSync\` all properties hold, with up to two failures.`,
};

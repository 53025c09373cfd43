/** Told of counterexamples/transactional-store/ghost-commit.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const ghostCommit: LessonText = {
  title: "Ghost commit: aborted, and there after the restart",
  setting: `One writer in strict mode: a transaction is written to the log, the log is synced, and only then is the store changed. A failed
sync is reported to the client as an abort, and nothing else is done (\`walFailure=ignore\`). Read \`t1@1\` as transaction 1 at
version 1; in the page cache, \`+\` is a change that is not on disk yet.`,
  chapters: [
    {
      steps: ["Begin", "Validate", "AllocateVersion", "WriteRecord"],
      text: `Transaction 1 passes validation, gets version 1, and its whole record is written. It is in the page cache, not yet on disk.`,
    },
    {
      steps: ["SyncFails"],
      text: `The sync fails. The engine tells the client: aborted. The record stays where it is. Nobody takes it out of the file.`,
    },
    {
      steps: ["CrashProcess"],
      text: `The process dies for any reason. The page cache belongs to the operating system, so it survives.`,
    },
    {
      steps: ["CutTail", "SyncRecovered", "Replay"],
      text: `Recovery reads the log. The record is whole, its checksum is right: it looks like every committed transaction. It is synced and
replayed.`,
    },
  ],
  wrong: `The client was told that the transaction did not happen, and may have done it again. Now it has happened, perhaps twice. A process
that does not die makes it no better: the next commit syncs the file, the old record with it.`,
  missingRule: `A record whose sync has failed is neither committed nor aborted. Either it is cut off and the cut is synced before the client
hears of an abort, or the engine stops and says that the outcome is unknown (\`walFailure=poison\`).`,
  besideTheSource: `The audit has no such row: its crash-point table knows crashes during the append, but no append that fails and returns. The code
says "WAL write failed", sets the transaction to aborted, and goes on.`,
  bounds: `One transaction is enough. No machine crash is needed.`,
};

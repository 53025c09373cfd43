/** Told of counterexamples/transactional-store/recovered-unsynced.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const recoveredUnsynced: LessonText = {
  title: "Strict mode, and yet one version with two meanings",
  setting: `Strict mode: no commit returns before its record is synced. Recovery reads the log and serves what it says at once
(\`recoverySync=serveAtOnce\`). Every transaction writes both keys. Read \`t1@1\` as transaction 1 at version 1; in the page
cache, \`+\` is a change that is not on disk yet.`,
  chapters: [
    {
      steps: ["Begin", "Validate", "AllocateVersion", "WriteRecord"],
      text: `Transaction 1 is written. The sync is next.`,
    },
    {
      steps: ["CrashProcess"],
      text: `The process dies between write and sync. The record is in the page cache.`,
    },
    {
      steps: ["CutTail", "Replay"],
      text: `Recovery reads the file through the page cache, finds transaction 1, and puts it into the store. From here on every reader sees
it, at version 1. A client may note: "I have read version 1". **But no byte of it is on disk,** and nothing will sync it before
the next commit.`,
    },
    {
      steps: ["CrashMachine", "CutTail", "Replay"],
      text: `The machine crashes, and the record is gone. Recovery finds an empty log; the version counter starts at 0.`,
    },
    {
      steps: ["Begin", "Validate", "AllocateVersion", "WriteRecord", "Sync", "ApplyKey"],
      text: `Transaction 2 commits, as strictly as one can wish, and gets version 1.`,
    },
  ],
  wrong: `Version 1 has meant two different values. A client that read the first one and now says "replace it if the version is still 1"
succeeds, against a value that it has never seen. And a reader has seen a state that a crash took back.`,
  missingRule: `Recovery must sync the log that it has read before anyone sees what is in it (\`recoverySync=syncFirst\`). A log that was read is
not a log that is durable.`,
  besideTheSource: `The audit marks both "durability before visibility" and "strict: no gap" as correct. They are, for the path through commit.
Recovery is a second path to visibility, and it does not sync: the writer that is opened after recovery assumes that nothing is
left to sync.`,
  bounds: `Without the last six steps the trace of 8 states already breaks "what is visible is durable". The same reuse needs only a machine
crash in batched mode.`,
};

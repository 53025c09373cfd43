/** Told of counterexamples/transactional-store/crossed-updates.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const crossedUpdates: LessonText = {
  title: "Two updates cross, and index and store never agree again",
  setting: `The key has a vector, with id 1. Two threads replace it. The check is not the problem: both find the record, and both keep its id
(\`vectorInsert=checkOutside\`; with \`checkInside\` it is the same).`,
  chapters: [
    {
      steps: ["Begin 1", "Check 1", "Lock 1", "ChangeIndex 1", "Unlock 1"],
      text: `Thread 1 replaces the embedding in the index. Its record is still to be stored.`,
    },
    {
      steps: ["Begin 2", "Check 2", "Lock 2", "ChangeIndex 2", "Unlock 2"],
      text: `Thread 2 does the same: the index now has the embedding of thread 2.`,
    },
    {
      steps: ["Store 2", "Store 1"],
      text: `Thread 2 stores its record first, thread 1 last: the store has the embedding of thread 1.`,
    },
  ],
  wrong: `Index and record disagree about the vector of the key, with nobody at work, without a crash, without a failure. A search ranks the
key by an embedding that a read of the key does not return. A restart turns the ranking over.`,
  missingRule: `Index and store must be changed in the same order: hold the lock over both.`,
  besideTheSource: `The audit says that the store provides eventual consistency and that an orphan is what remains of the race. For updates there is
no orphan, but the wrong embedding under the right id.`,
  bounds: `Two threads, one key, no failures.`,
};

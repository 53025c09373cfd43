/** Told of counterexamples/transactional-store/late-version.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const lateVersion: LessonText = {
  title: "Late version: an old transaction arrives in a new snapshot",
  setting: `Two branches with a key each. Here a transaction publishes its version once, after all its keys are written
(\`publish=onceAfterAll\`): the repair that the torn snapshot suggests. Each branch has its own lock; the WAL's is held around an append only.`,
  chapters: [
    {
      steps: ["Lock w1", "Allocate w1", "Append w1"],
      text: `w1 commits on b1: it has v1 and is in the WAL. Its thread is slow to write the key.`,
    },
    {
      steps: ["Lock w2", "Allocate w2", "Append w2", "Apply w2", "Finish w2"],
      text: `w2 commits on b2, in parallel, as it may. It has v2, writes its key and publishes: snapshots now take v2.`,
    },
    {
      steps: ["Begin r1", "Read r1"],
      text: `r1 begins on b1 with the snapshot v2, and finds the key absent. That is already the wrong answer: v1 is committed, and v1 is not
above v2.`,
    },
    {
      steps: ["Apply w1", "Read r1"],
      text: `w1 writes its key at last. r1 reads the same key from the same snapshot again, and now there is a value: v1 passes its filter.`,
    },
  ],
  wrong: `The same read of the same snapshot has two answers. A snapshot was taken above a version that was not finished, so the past of that
snapshot still changes.`,
  missingRule: `With commits in parallel, versions do not finish in their order. Snapshots may take only versions below the lowest one that is
still pending (\`publish=lowestPending\`); or commits must not overlap at all (\`walLock=wholeCommit\`, which costs all parallelism).`,
  besideTheSource: `Section 3 derives immutability from the version filter, section 2 lets branches commit in parallel. Each is fine alone. The
combination is what breaks. In the code that the document describes a caller may hold the WAL's lock over the whole commit: then this cannot
happen, but neither is there parallelism; a store without a WAL has no such lock.`,
  bounds: `With one branch, publishing once is enough: the branch's lock makes versions finish in their order.`,
};

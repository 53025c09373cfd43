/** Told of counterexamples/transactional-store/map-entry-kept.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const mapEntryKept: LessonText = {
  title: "Map entry kept: branches in one shard wait for each other",
  setting: `Two threads commit on two branches. The map in which their mutexes are found has both in one shard, and a commit keeps the entry that it
looked up until it ends (\`mapEntry=kept\`).`,
  chapters: [
    {
      steps: ["Start t1", "Take t1", "Take t1"],
      text: `t1 looks up the mutex of branch 1, which takes the shard's lock, and locks the mutex. It will now validate, append and apply.`,
    },
    { steps: ["Start t2"], text: `t2 commits on branch 2 and looks up its mutex.` },
  ],
  wrong: `t2 waits for the shard, and so for the whole commit of t1, which has nothing to do with branch 2.`,
  missingRule: `Let go of the entry before the commit begins (\`mapEntry=letGo\`).`,
  besideTheSource: `Section 2 lists parallelism of branches as correct, because each has a mutex of its own, and section 4 says that the map's lock is
taken briefly. It would be so if the entry were dropped. The code quoted in section 5 keeps it. This is no loss of safety, and no deadlock.`,
  bounds: `With each branch in a shard of its own nobody waits.`,
};

/** Told of counterexamples/transactional-store/waits-for-itself.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const waitsForItself: LessonText = {
  title: "Waits for itself: one thread is enough",
  setting: `The branches' mutexes are found in a concurrent map whose entries lie in shards, each with a lock. The commit keeps the entry, and with
it the lock of the shard, until it ends (\`mapEntry=kept\`). It takes the locks of all branches that it touches, in their order. Both branches
are in one shard.`,
  chapters: [
    {
      steps: ["Start t1", "Take t1", "Take t1"],
      text: `t1 touches branches 1 and 2. It looks up branch 1, which takes the lock of shard 1, and locks the mutex that it finds. Next it looks up
branch 2.`,
    },
  ],
  wrong: `Branch 2 is in shard 1, too. Its entry needs the lock that t1 has, and t1 waits for itself.`,
  missingRule: `Let go of the map's entry once the mutex is found: keep the mutexes in shared pointers and clone the pointer (\`mapEntry=letGo\`).`,
  besideTheSource: `Section 4 says that the map's lock is taken briefly. The code in section 5 calls lock() on the entry that the map returned, and
the guard borrows from it: in Rust the entry then lives as long as the guard. With one branch a commit this costs parallelism only (see
map-entry-kept); a fix that locks several branches would hang.`,
  bounds: ``,
};

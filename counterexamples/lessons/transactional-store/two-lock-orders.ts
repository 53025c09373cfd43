/** Told of counterexamples/transactional-store/two-lock-orders.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const twoLockOrders: LessonText = {
  title: "Two lock orders: each is safe, both together are not",
  setting: `A commit needs two locks, its branch's and the WAL's. There are two ways into the commit, and they take the locks in different orders
(\`lockOrder=either\`). Both threads commit on branch 1.`,
  chapters: [
    { steps: ["Start t1", "Take t1"], text: `t1 comes by the way that takes the WAL's lock first. It has it, and will ask for branch 1.` },
    {
      steps: ["Start t2", "Take t2", "Validate t2"],
      text: `t2 comes by the other way: it takes branch 1, validates, and will ask for the WAL.`,
    },
  ],
  wrong: `t1 has the WAL's lock and waits for branch 1, t2 has branch 1 and waits for the WAL's lock. Neither will ever go on, and soon nobody
else, on any branch: everybody needs the WAL.`,
  missingRule: `One order for all. Which one does not matter for deadlock: with \`branchThenWal\` everywhere, or \`walThenBranch\` everywhere, the search
finds none.`,
  besideTheSource: `Section 4 calls deadlock impossible, because no commit takes two branch locks and "hold and wait" is absent. The verdict holds
for the order that it describes, the reason does not: a commit waits for the WAL while it has its branch, so hold and wait is present. What
prevents deadlock is the one order alone, and the first caller that holds the WAL's lock when it calls the commit breaks it.`,
  bounds: `Within one branch and with two threads already.`,
};

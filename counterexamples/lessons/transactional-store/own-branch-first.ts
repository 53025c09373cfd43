/** Told of counterexamples/transactional-store/own-branch-first.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const ownBranchFirst: LessonText = {
  title: "Own branch first: all the locks, in the wrong order",
  setting: `To make transactions across branches safe, a commit takes the locks of all branches that it touches (\`crossBranch=allLocks\`), its own
first (\`branchOrder=ownFirst\`).`,
  chapters: [
    { steps: ["Start t1", "Take t1"], text: `t1, of branch 1, also writes to branch 2. It has branch 1.` },
    { steps: ["Start t2", "Take t2"], text: `t2, of branch 2, also writes to branch 1. It has branch 2.` },
  ],
  wrong: `Each waits for the lock that the other has.`,
  missingRule: `Take them in an order that all share, such as that of the branches' ids (\`branchOrder=sorted\`).`,
  besideTheSource: `Section 4 rests its verdict on "no code path acquires two branch locks". It is right about that, and the trace shows how much
hangs on it: the obvious repair of section 10 ends the guarantee unless it sorts. If the WAL's lock is taken before all others, the order of the
branches does not matter, since only one thread at a time takes any.`,
  bounds: ``,
};

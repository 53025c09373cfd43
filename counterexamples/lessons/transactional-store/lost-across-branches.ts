/** Told of counterexamples/transactional-store/lost-across-branches.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const lostAcrossBranches: LessonText = {
  title: "Across branches: a validated read is stale before the commit ends",
  setting: `Two branches and one key, which belongs to branch 1. A transaction may write to any branch, and commits under the lock of its own
only (\`crossBranch=oneLock\`). Everything else is as it should be: validation under the lock, ordered chains, sound snapshots.`,
  chapters: [
    {
      steps: ["Begin t1", "Read t1", "Write t1", "Lock t1", "Validate t1"],
      text: `t1, of branch 1, reads the key (absent), wants to write it, and passes validation under the lock of branch 1.`,
    },
    {
      steps: ["Begin t2", "Write t2", "Lock t2", "Validate t2", "AllocateAndLog t2"],
      text: `t2, of branch 2, writes the same key without reading it. It takes the lock of branch 2, which nobody has, and commits as v1.`,
    },
    { steps: ["AllocateAndLog t1", "Apply t1", "Finish t1"], text: `t1 goes on and commits as v2.` },
    { steps: ["Apply t2", "Finish t2"], text: `t2 applies and finishes. The chain is in order: v2, then v1.` },
  ],
  wrong: `t1 says that the key was absent, so it comes before t2. Its version is the higher one and its value the one that stays, so it comes
after t2. There is no order in which the two happened: t2's write is lost, and t1 did not know of it.`,
  missingRule: `Validate and apply under the locks of every branch that the transaction has read or written (\`crossBranch=allLocks\`), taken in one
fixed order; or refuse such transactions (\`crossBranch=reject\`).`,
  besideTheSource: `Section 10 shows that writes to the other branch are not protected, and calls it by design. It speaks of atomicity only. The
trace shows more: what row 1 promises, that nothing changes between validation and apply, is lost as well, for well-behaved transactions of the
branch that is written to. Here t1 never leaves its own branch.`,
  bounds: ``,
};

/** Told of counterexamples/transactional-store/old-version-in-front.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const oldVersionInFront: LessonText = {
  title: "Old version in front: the newest is not where everybody looks",
  setting: `As before a transaction may write to another branch under its own lock (\`crossBranch=oneLock\`). A version is pushed to the front of
its chain (\`chainInsert=pushFront\`), and a read takes the first entry that its snapshot allows.`,
  chapters: [
    {
      steps: ["Begin t1", "Write t1", "Lock t1", "Validate t1", "AllocateAndLog t1"],
      text: `t1, of branch 1, commits a write of key 1 as v1, and is slow to apply it.`,
    },
    {
      steps: ["Begin t2", "Write t2", "Lock t2", "Validate t2", "AllocateAndLog t2", "Apply t2"],
      text: `t2, of branch 2, writes the same key as v2, and applies it.`,
    },
    { steps: ["Apply t1"], text: `Now t1 applies, and v1 goes to the front, before v2.` },
  ],
  wrong: `The chain is v1, v2. Every snapshot from v2 on finds v1 first and takes it: v2 is lost to readers, although it is the newer one and is
still in the chain. Validation compares with the front, too.`,
  missingRule: `Either insert a version at its place (\`chainInsert=ordered\`), or see to it that versions of a key can only arrive in their order:
every writer holds the lock of the key's branch. The first keeps the chain in order but not the transactions serialisable; only the second does both.`,
  besideTheSource: `The document counts push_front among the reasons for immutability. It holds as long as nobody writes to a branch without its
lock, which section 10 allows. Within one branch the order is safe.`,
  bounds: ``,
};

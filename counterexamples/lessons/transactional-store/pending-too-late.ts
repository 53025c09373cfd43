/** Told of counterexamples/transactional-store/pending-too-late.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const pendingTooLate: LessonText = {
  title: "Pending too late: the repair with a gap of one step",
  setting: `Snapshots take the highest version below everything pending (\`publish=lowestPending\`). But a thread allocates its version in one
step and enters it into the set of pending ones in the next (\`markPending=afterAllocation\`).`,
  chapters: [
    { steps: ["Lock w1", "Allocate w1", "MarkPending w1"], text: `w1 commits on b1; v1 is pending.` },
    { steps: ["Lock w2", "Allocate w2"], text: `w2 commits on b2 and has v2. It has not yet said that v2 is pending.` },
    {
      steps: ["AppendFails w1"],
      text: `w1's append fails. v1 will never exist and is taken out of the set, which is empty now. So everything allocated seems to be
finished, and snapshots may take v2.`,
    },
    { steps: ["MarkPending w2", "Append w2"], text: `Too late, w2 marks v2 as pending, and appends: v2 is committed.` },
    { steps: ["Begin r1", "Read r1"], text: `r1 takes the snapshot v2 and reads a key of b2, which w2 has not written yet.` },
  ],
  wrong: `r1's snapshot includes v2, its read does not. Between the two steps v2 was neither finished nor pending.`,
  missingRule: `Allocating a version and marking it as pending must be one step, under one lock. \`fetch_add\` alone is not enough any more.`,
  besideTheSource: `The document has no set of pending versions. This is about the repair that its parallel branches need.`,
  bounds: ``,
};

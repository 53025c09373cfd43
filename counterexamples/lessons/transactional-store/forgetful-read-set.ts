/** Told of counterexamples/transactional-store/forgetful-read-set.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const forgetfulReadSet: LessonText = {
  title: "Forgetful read set: validation checks only what was read last",
  setting: `One branch, two keys. Snapshots may be torn, as in the torn snapshot (\`publish=perKey\`). And when a transaction reads a key a second
time, the second version replaces the first in its read set (\`readSet=overwrite\`).`,
  chapters: [
    {
      steps: ["Begin t1", "Write t1", "Write t1", "Lock t1", "Validate t1", "AllocateAndLog t1", "Apply t1"],
      text: `t1 writes both keys, commits as v1, and has applied key 1. Snapshots take v1.`,
    },
    { steps: ["Begin t2", "Read t2"], text: `t2 begins with the snapshot v1 and reads key 2: absent. Its read set says "key 2, absent".` },
    { steps: ["Apply t1", "Finish t1"], text: `t1 applies key 2 and is done.` },
    { steps: ["Read t2"], text: `t2 reads key 2 again and gets v1. The read set says "key 2, v1": the first answer is forgotten.` },
    {
      steps: ["Write t2", "Lock t2", "Validate t2", "AllocateAndLog t2", "Apply t2", "Finish t2"],
      text: `t2 writes key 1. Validation finds key 2 at v1, as the read set says, and t2 commits.`,
    },
  ],
  wrong: `t2 acted on two answers for key 2. By the first it comes before t1, by the second after it. No order of the two explains both.`,
  missingRule: `Keep the first version that was read of each key (\`readSet=keepFirst\`): then validation finds that it is out of date, and t2 aborts.
Or give t2 a sound snapshot, in which the second read cannot differ.`,
  besideTheSource: `Section 3 records "key to version" for each read and does not say what a second read does. Two weaknesses meet here. With
sound snapshots overwriting does no harm; with torn ones and \`keepFirst\`, validation still protects every transaction that writes.`,
  bounds: `With \`publish=onceAfterAll\` the same needs two branches and three transactions, and 24 states.`,
};

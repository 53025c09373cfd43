/** Told of counterexamples/transactional-store/newest-version-collected.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const newestVersionCollected: LessonText = {
  title: "Newest version collected: a key that was not written lately vanishes",
  setting: `One key. The collector takes the lowest open snapshot, or the store's version if none is open, as its minimum, and drops every version
below it (\`gc=dropBelowMin\`).`,
  chapters: [
    { steps: ["Commit", "CommitElsewhere"], text: `v1 writes the key, v2 writes another key.` },
    {
      steps: ["ChooseMinimum", "Drop"],
      text: `No snapshot is open, so the minimum is 2. The key's only version is v1, which is below, and is dropped.`,
    },
    { steps: ["Begin r1", "Read r1"], text: `r1 takes the snapshot v2 and reads the key: absent.` },
  ],
  wrong: `The value of the key at version 2 is what v1 wrote. It was below the minimum, but it was still the newest one, and now nobody has it.`,
  missingRule: `Keep the newest version that is not above the minimum, and drop what is older (\`gc=keepNewestAtMin\`).`,
  besideTheSource: `The document does not speak of collection; chains there only grow.`,
  bounds: ``,
};

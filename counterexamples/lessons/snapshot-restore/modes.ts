/** Told of counterexamples/snapshot-restore/kv-only-after-the-tree.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const kvOnlyAfterTheTree: LessonText = {
  title: "KvOnly after the tree restores nothing",
  setting: `The restore has modes: both sides, only KV, or only the tree. Whatever the mode, the resume point is computed from both sides, and a
side without progress leaves it to the other (\`resume=noneIsOther\`). One chunk.`,
  chapters: [
    {
      steps: ["StartRun TreeOnly", "AddChunk 1", "FinishRun"],
      text: `A first run restores the tree only, and finishes it. KV is empty, as intended.`,
    },
    {
      steps: ["StartRun KvOnly"],
      text: `A second run shall restore KV. KV has no progress, and a finished tree counts as having every key: the resume point is the end.`,
    },
    { steps: ["FinishRun"], text: `No chunk is left. The run reports success.` },
  ],
  wrong: `A run whose only task was to fill KV has written nothing, and says that it succeeded.`,
  missingRule: `A mode resumes by the progress of the sides that it restores (\`resume=perMode\`). Starting over when a side has no progress is enough,
too, because each side skips what it has.`,
  besideTheSource: `The document does not look at the modes. The reverse fails as well: TreeOnly after KvOnly writes an empty root.`,
  bounds: "",
};

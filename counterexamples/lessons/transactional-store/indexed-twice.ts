/** Told of counterexamples/transactional-store/indexed-twice.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const indexedTwice: LessonText = {
  title: "Indexed twice: a benign race that counts double",
  setting: `The full-text index removes a document before it indexes it anew, if it is indexed already. Two threads index the same new document.
Every step is atomic in its map; nothing spans the steps (\`documentLock=none\`).`,
  chapters: [
    {
      steps: ["Check t1", "AddPostings t1", "CountDocument t1"],
      text: `t1 finds that the document is not indexed, adds its postings and counts it.`,
    },
    { steps: ["Check t2"], text: `t2 looks too: there is no length yet, so it sees nothing to remove.` },
    { steps: ["RecordLength t1"], text: `t1 records the length and is done.` },
    { steps: ["AddPostings t2", "CountDocument t2", "RecordLength t2"], text: `t2 adds the postings again and counts the document again.` },
  ],
  wrong: `One document, listed twice for its term and counted twice. Searches score it double, and every score depends on the number of documents.
A later removal takes the length once, and the count stays one too high for ever.`,
  missingRule: `Index a document in one thread at a time, from the look to the record (\`documentLock=held\`).`,
  besideTheSource: `Section 5 calls the race between the look and the removal benign, since the removal is atomic. It considers a removal that finds
nothing to remove. The harm is the other one: a removal that should have happened and did not.`,
  bounds: ``,
};

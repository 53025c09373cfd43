/** Told of counterexamples/batch-store/notified-before-durable.itf.json and answered-from-the-cache.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const notifiedBeforeDurable: LessonText = {
  title: "A reader is told before the row is durable",
  setting: `One node, one batch d1, one reader. The put is relaxed (\`sync=relaxed\`): it ends when the row is in the operating system's page
cache. The call notifies as its next step (\`notify=before\`), as in the document's \`persist()\`.`,
  chapters: [
    {
      steps: ["Insert c1", "Put c1"],
      text: `The call c1 puts d1 into the cache, and then its row into the page cache. The disk has nothing yet.`,
    },
    {
      steps: ["Subscribe d1", "Notify c1"],
      text: `A reader has subscribed to d1 and is told by c1. It hands the payload on to consensus.`,
    },
    {
      steps: ["MachineCrash", "Restart"],
      text: `The machine loses power: the page cache is gone, and with it the only copy of the row. The new process finds no row, and its
cache stays empty.`,
    },
  ],
  wrong: `The reader acted on a batch that its own node no longer has. Nobody else was promised anything, though: no signature has left
the node in this behaviour.`,
  missingRule: `Whoever says "persisted" has to know where the row is. Here that is: notify when the row is on the disk. After a crash of the
process alone nothing is lost, since the page cache belongs to the operating system; the same design holds in that crash model.`,
  besideTheSource: `This is the document's scenario, steps 1 to 4. Its proof of concept drops the store and opens the files again, which is a
crash of the process: that cannot lose the row.`,
  bounds: "",
};

export const answeredFromTheCache: LessonText = {
  title: "A reader that looks for itself gets what nobody has written",
  setting: `The document's option 2: a flush comes before the notification and the signature (\`sync=groupFlush\`, \`notify=after\`). A reader that
subscribes looks into the store once itself, because the persist may have come first; it looks into the cache (\`recheck=cache\`).
The only crash is one of the process.`,
  chapters: [
    { steps: ["Insert c1"], text: `The call c1 puts d1 into the cache. Its put is the next step, and will not happen.` },
    {
      steps: ["Subscribe d1", "Recheck d1"],
      text: `A reader subscribes, and finds d1 in the cache. It takes that for a persisted batch and goes ahead.`,
    },
    { steps: ["ProcessCrash", "Restart"], text: `The process dies before the put. There is no row in the page cache or on the disk.` },
  ],
  wrong: `The reader was answered for a batch of which nothing was written. Deferring the notification does not help, for this answer is no
notification: it is the other door to the same promise.`,
  missingRule: `The cache entry is visible from the moment of the insert, so a look into the cache says "arrived", not "persisted". Either the look
waits for the row as the notification does (\`recheck=durable\`), or the entry carries a mark that its row is durable.`,
  besideTheSource: `The document does not mention the look of \`subscribe()\` into the cache. Neither option 1 nor option 2 changes it, so
neither makes "a notified batch is durable" true, not even for crashes of the process.`,
  bounds: "",
};

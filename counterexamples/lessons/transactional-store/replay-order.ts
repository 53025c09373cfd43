/** Told of counterexamples/transactional-store/replay-order.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const replayOrder: LessonText = {
  title: "The replay deletes what the commit kept",
  setting: `A transaction deletes a key and compares-and-sets it. The two are buffered apart. The commit applies puts, then deletes, then
compare-and-sets; the log record has a list of puts, with the compare-and-sets among them, and a list of deletes
(\`replayOrder=putsThenDeletes\`). In a chain, \`v1\` is a value at version 1 and \`x1\` a deletion.`,
  chapters: [
    {
      steps: ["Begin 1", "StartWrite 1", "FinishWrite 1"],
      text: `The transaction is logged. The commit would now apply the delete and then the compare-and-set, so that the key has a value.`,
    },
    {
      steps: ["Crash", "StartReplay"],
      text: `The process dies first. The record is whole, so the replay has to do what the commit would have done.`,
    },
    {
      steps: ["ReplayOperation", "ReplayOperation", "Open"],
      text: `The replay goes by its two lists: first the value, then the deletion, both at version 1. The later one is in front.`,
    },
  ],
  wrong: `After the replay the key is deleted. Had the process lived, it would have a value. The same record means two things, so that the
state depends on whether the engine was restarted. A client that saw the value before a crash does not find it afterwards.`,
  missingRule: `A log record must keep the order of the operations, or at most one operation a key: a compare-and-set must cancel a buffered
delete, as a put does.`,
  besideTheSource: `The audit says that put and delete of one key cancel each other; that is so, and for these two nothing is wrong. It does not
mention compare-and-set, which is kept in a third buffer.`,
  bounds: `One transaction, one key, one crash.`,
};

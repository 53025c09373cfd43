/** Told of counterexamples/transactional-store/hole.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const hole: LessonText = {
  title: "A hole in the history",
  setting: `As the code has it: the torn record stays in the file, and after a bad record recovery goes on with the next segment
(\`tail=appendAfterTorn\`, \`segments=continueAfterBad\`). Segments hold two records.`,
  chapters: [
    {
      steps: ["Begin", "CrashTearing", "StartRecovery", "Replay", "Open"],
      text: `A crash tears the record of transaction 1; recovery skips it.`,
    },
    {
      steps: ["Begin", "Write", "Acknowledge"],
      text: `Transaction 2 is appended behind it and acknowledged. The first segment is full.`,
    },
    {
      steps: ["Begin", "Rotate", "Write"],
      text: `Transaction 3 goes to a new segment. It may have read what transaction 2 wrote.`,
    },
    {
      steps: ["Crash", "StartRecovery", "Replay"],
      text: `Recovery stops in the first segment at the torn record, and goes on with the second.`,
    },
  ],
  wrong: `Transaction 3 is in the store, transaction 2 is not, though it came first. The store is in a state that never existed: a later
transfer without the earlier deposit.`,
  missingRule: `A bad record ends the log. Whatever stands in later segments was written on top of what is missing. And it must go: recovery has
to drop the later segments, or the next recovery meets them again.`,
  besideTheSource: `The audit says that a wrong checksum "stops reading". It stops reading the segment.`,
  bounds: `With a record that the disk spoils, the hole appears even if every torn tail is cut off (\`segments=continueAfterBad\` alone, 15
states).`,
};

/** Told of counterexamples/transactional-store/torn-tail.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const tornTail: LessonText = {
  title: "Torn tail: what is written behind it is never read",
  setting: `A log in segments of two records. Recovery reads up to the first bad record; the writer then reopens the file at its end and
appends (\`tail=appendAfterTorn\`).`,
  chapters: [
    {
      steps: ["Begin", "CrashTearing"],
      text: `Transaction 1 is being written when the process dies. Half of its record is in the file. This is the case that the checksum is
for.`,
    },
    {
      steps: ["StartRecovery", "Replay", "Open"],
      text: `Recovery finds the bad record, stops there, and takes nothing from the log. That is right. But the half record stays in the file.`,
    },
    {
      steps: ["Begin", "Write", "Acknowledge"],
      text: `Transaction 2 is appended at the end of the file, behind the half record, synced, and acknowledged.`,
    },
    {
      steps: ["Crash", "StartRecovery", "Replay"],
      text: `The next recovery stops at the same bad record.`,
    },
  ],
  wrong: `Transaction 2 was written, synced and acknowledged, and is lost. So is everything that will be appended to this segment.`,
  missingRule: `Recovery cuts the torn record off before the writer appends. (In the
code behind the audit the reader computes where the valid part of the last segment ends; the engine's recovery does not use it.)`,
  besideTheSource: `The audit says "partial WAL record at EOF: discarded". It is skipped, not discarded: it is at the end of the file only until the
next append.`,
  bounds: `The trace needs one segment and no damage to the disk. Stopping at the first bad record or going on with the next segment makes no
difference here.`,
};

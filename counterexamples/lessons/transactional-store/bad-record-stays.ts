/** Told of counterexamples/transactional-store/bad-record-stays.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const badRecordStays: LessonText = {
  title: "Stopping at the bad record, and writing behind it for ever",
  setting: `Recovery ends the log at the first bad record (\`segments=stopAtFirstBad\`) and cuts bad records off, but only at the end of the
last segment, where a crash leaves them (\`tail=truncateLast\`). Segments hold two records. Between crash and recovery a disk may
spoil a record.`,
  chapters: [
    {
      steps: ["Begin", "Write", "Acknowledge", "Begin", "Write", "Acknowledge", "Begin", "Rotate"],
      text: `Two transactions fill the first segment, a third has just opened the second.`,
    },
    {
      steps: ["Crash", "Spoil"],
      text: `The process dies, and the disk damages the first record. Transactions 1 and 2 may be lost now: no software can promise otherwise.`,
    },
    {
      steps: ["StartRecovery", "Replay", "Open"],
      text: `Recovery stops at the damage. The last segment is empty and sound, so nothing is cut off.`,
    },
    {
      steps: ["Begin", "Write", "Acknowledge"],
      text: `Transaction 4 is appended to the last segment, synced and acknowledged.`,
    },
    {
      steps: ["Crash", "StartRecovery", "Replay"],
      text: `The next recovery stops at the old damage again. The second segment is never read.`,
    },
  ],
  wrong: `Transaction 4 was acknowledged long after the damage, on a disk that did nothing wrong with it, and is lost. This goes on with
every commit until someone repairs the log.`,
  missingRule: `After damage, recovery must leave a log in which reading reaches the end: drop the segments behind the damage, the last one first,
and then cut the bad record off; or refuse to open. In the other order (\`dropOrder=cutThenDrop\`) a crash in between leaves a
clean log with a hole.`,
  besideTheSource: `The audit counts "corrupted WAL record: discarded" as a property. It is half of a fix.`,
  bounds: `Without spoilt records \`tail=truncateLast\` suffices: all properties hold.`,
};

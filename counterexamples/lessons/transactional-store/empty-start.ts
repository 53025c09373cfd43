/** Told of counterexamples/transactional-store/empty-start.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const emptyStart: LessonText = {
  title: "Recovery fails, and the database is empty",
  setting: `Recovery may fail: a record has a right checksum but cannot be decoded, or a file cannot be read. The engine then writes a
warning and starts with an empty store (\`recoveryFailure=startEmpty\`).`,
  chapters: [
    {
      steps: ["Begin 1", "StartWrite 1", "FinishWrite 1", "Apply 1", "Acknowledge 1"],
      text: `A transaction commits at version 1 and is acknowledged.`,
    },
    { steps: ["Crash", "StartReplay"], text: `The process dies and is started again.` },
    {
      steps: ["RecoveryFails"],
      text: `The replay fails. The engine opens all the same, with nothing in it; the version counter is 0.`,
    },
  ],
  wrong: `What was acknowledged is not there, though the log still has it. And the engine takes new transactions: the next one gets
version 1 again and is appended to the same log, where a later recovery finds two meanings of version 1.`,
  missingRule: `An engine that cannot read its log must not open (\`recoveryFailure=refuse\`).`,
  besideTheSource: `The audit counts recovery as correct and does not say what happens when it fails. The code behind it starts empty.`,
  bounds: `The second use of version 1 takes 10 states.`,
};

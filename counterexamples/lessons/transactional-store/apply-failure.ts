/** Told of counterexamples/transactional-store/apply-failure.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const applyFailure: LessonText = {
  title: "Acknowledged, and not there",
  setting: `The log record is written, then applying it to the store fails. Since the log is what counts, the engine notes an error and
reports success (\`applyFailure=reportOk\`).`,
  chapters: [
    {
      steps: ["Begin 1", "StartWrite 1", "FinishWrite 1"],
      text: `The transaction is in the log, synced.`,
    },
    {
      steps: ["ApplyFails 1"],
      text: `The apply fails. The client is told: committed, at version 1.`,
    },
  ],
  wrong: `The client reads its own write and does not find it. Other transactions validate against the old value and commit on top of it;
after a restart the lost value appears beneath theirs. A failure halfway through shows half of a transaction.`,
  missingRule: `An engine whose memory no longer matches its log must stop serving and replay the log (\`applyFailure=stopAndRecover\`). To answer
"durable but not visible" is honest, but the store is as wrong as before.`,
  besideTheSource: `Not in the audit, whose commit protocol has no failures after the flush.`,
  bounds: `Validation is not in this model: that later transactions build on the old value follows from the commit protocol, not from this
trace. With \`applyFailure=durableButNotVisible\` no client is told a falsehood, and the store differs from its log in the same five
states.`,
};

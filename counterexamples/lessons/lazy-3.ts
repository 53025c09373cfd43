/** Told of counterexamples/lazy-3.itf.json. */
import type { LessonText } from "../lesson.ts";

export const lazy3: LessonText = {
  title: "Lazy 3: a late NewState undoes a view change",
  setting: `Two fixes are in: StartView is guarded (\`startViewGuard=strict\`), and logs are not truncated but overwritten. A lazy replica takes
state of a view that is not lower than its own (\`newStateGuard=atLeast\`) and does not show that it waits for state
(\`transferStatus=false\`). r1 is the primary of view 1, all logs are empty.`,
  chapters: [
    {
      steps: ["ReceiveClientRequest 1"],
      text: `r1 appends v1 as op 1. Nobody else has it yet.`,
    },
    {
      steps: ["TimerSendSVC 2", "ReceiveHigherSVC 1", "SendDVC 1", "ReceiveMatchingSVC 2", "SendDVC 2", "ReceiveMatchingDVC 2", "SendSV 2"],
      text: `r2's timer fires. r1 and r2 change to view 2; r1's log ⟨v1⟩ is the longer one, and r2, the new primary, starts view 2 with it.
Its StartView goes to r1 and to r3, which still knows nothing of view 2.`,
    },
    {
      steps: ["ReceiveSV 1", "ReceiveClientRequest 2"],
      text: `r1 takes the StartView and is a backup of view 2. r2 appends v2 as op 2.`,
    },
    {
      steps: ["SendGetState 3", "ReceiveGetState 1"],
      text: `The Prepare of v2 overtakes the StartView on the way to r3. r3 sees the gap and asks for state. r1 answers with all it has: ⟨v1⟩,
op number 1. **This NewState is the late message of this story:** it arrives in the last state. Meanwhile r3 goes on as if it had not asked.`,
    },
    {
      steps: ["ReceiveSV 3"],
      text: `The StartView arrives. It is of a later view than r3's, so r3 takes it, rightly: r3 is now in view 2 with ⟨v1⟩. It no longer
needs the state that it asked for, but nothing records that.`,
    },
    {
      steps: ["ReceivePrepareMsg 3", "ReceivePrepareOkMsg 2", "ExecuteOp 2", "ExecuteOp 2"],
      text: `r3 appends v2 and acknowledges op 2. r2 has a majority for both ops, {r2, r3}, executes them, and acknowledges v1 and v2.`,
    },
    {
      steps: ["ReceiveNewState 3"],
      text: `r1's answer of state 13 arrives. Its view, 2, is not lower than r3's, and r3's status is Normal: it is accepted. r3 overwrites its
log from op 1 on with ⟨v1⟩ and sets its op number back to 1. v2 is gone from r3.`,
    },
  ],
  wrong: `v2 was acknowledged by {r2, r3} and is now in r2's log alone. The quorum {r1, r3} can start the next view without it. What erased v2
is an answer to a question that had been settled otherwise: a view change and a state transfer were under way at the same time, and both were
completed.`,
  missingRule: `An answer counts only while the replica waits for it. The article adds a status of its own: SendGetState sets StateTransfer,
ReceiveNewState needs it, and a StartView ends it (\`transferStatus=true\`). The published module also demands a higher view
(\`newStateGuard=higher\`): after the StartView of view 2, r3 would refuse state of view 2. Each of the two suffices against this behaviour; the
index says how far each has been searched.`,
  besideTheSource: `The article tells the same story: the answer to a request for state overwrites what a view change has put in order. It
does not say which guard ReceiveNewState had at that point. With the guard of the published module, \`higher\`, there is no such counterexample in this model, with or without the status.`,
  bounds: `State transfer needs two values and one timer, so this is the smallest model.`,
};

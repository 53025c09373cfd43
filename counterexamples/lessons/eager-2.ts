/** Told of counterexamples/eager-2.itf.json. */
import type { LessonText } from "../lesson.ts";

export const eager2: LessonText = {
  title: "Eager 2: a replica without the log outranks those that have it",
  setting: `StartView is now guarded (\`startViewGuard=strict\`). The rest is as in eager 1: a replica enters a later view as soon as it hears of
it (\`viewUpdate=eager\`) and cuts its log back to its commit number (\`truncate=true\`). The property is the stronger complaint: an acknowledged
write is in no log at all. r1 is the primary of view 1, all logs are empty.`,
  chapters: [
    {
      steps: ["ReceiveClientRequest 1", "ReceivePrepareMsg 2", "ReceivePrepareOkMsg 1", "ExecuteOp 1"],
      text: `A write as it should be. r1 appends v1, r2 appends and acknowledges it, r1 executes it and tells the client. v1 is safe with the
quorum {r1, r2}. The Prepare for r3 is never delivered.`,
    },
    {
      steps: ["TimerSendSVC 2", "ReceiveHigherSVC 1", "SendDVC 1", "TimerSendSVC 1"],
      text: `r2's timer fires, and r1 follows it into the change to view 2 and sends its DoViewChange, ⟨v1⟩ with last normal view 1. Then r1's
own timer fires: r1 gives up on view 2 and calls for view 3. Its StartViewChange messages for view 3 are on their way. r1 was never Normal in
view 2, so its last normal view stays 1.`,
    },
    {
      steps: ["ReceiveMatchingSVC 2", "SendDVC 2", "ReceiveMatchingDVC 2", "SendSV 2", "ReceiveClientRequest 2"],
      text: `r2 has not heard of view 3. With r1's DoViewChange and its own it becomes the primary of view 2, with the log ⟨v1⟩, and takes v2
from a client as op 2. Its StartView is never delivered to anyone, so r2 is alone in view 2.`,
    },
    {
      steps: ["SendGetState 3"],
      text: `The Prepare of v2 reaches r3, whose log is empty. **This is the mistake in the making:** r3 asks for state and at once enters view
2 with the status Normal, so that its last normal view is 2. It claims to have worked in view 2, but it has nothing of the log with which
view 2 began.`,
    },
    {
      steps: ["ReceiveHigherSVC 3", "ReceiveMatchingSVC 1", "SendDVC 1", "SendDVC 3", "ReceiveMatchingDVC 3"],
      text: `r1's StartViewChange of state 9 comes to r3, which joins the change to view 3; its request for state is forgotten. r3 is the
primary of view 3 and has two DoViewChange messages, a majority: r1's, ⟨v1⟩ with last normal view 1, and its own, ⟨⟩ with last normal view 2.`,
    },
    {
      steps: ["SendSV 3"],
      text: `The log with the later last normal view wins, whatever its length: the empty one. The commit number is the highest of the two, 1.
r3 starts view 3 with an empty log in which one op is said to be committed.`,
    },
    {
      steps: ["ReceiveSV 1", "ReceiveSV 2"],
      text: `r1 and r2 take over the empty log. r2 is the last to have v1; from now on nobody has it.`,
    },
  ],
  wrong: `v1 was acknowledged and is in no log. Quorums do overlap here: r1 is both in {r1, r2}, which stored v1, and in {r1, r3}, which changed
to view 3, and it did report v1. Its report was outranked. The rule "the later last normal view has the better log" is sound only if every
replica that is Normal in a view has the log of that view, and r3 was not such a replica. r2's DoViewChange would have saved v1, but two are
enough and r3 did not wait for it.`,
  missingRule: `The article's answer at this point is to stop truncating: \`truncate=false\`, and ReceiveNewState overwrites what it covers. This
trace shows that it cannot be enough, because r3 had nothing to truncate. The next lesson, [eager 3](eager-3.md), is the same behaviour
without truncation. What was missing is that a replica must not take on a view, and above all not its last normal view, before it has the
view's log: \`viewUpdate=lazy\`.`,
  besideTheSource: `In the article's counterexample r3 truncates its log from ⟨v1⟩ to ⟨⟩ when it asks for state, which takes v1 from a majority
to a minority. The shortest behaviour has no use for that: r3 simply never got v1. \`npm run -s lockstep -- show counterexamples/eager-2.itf.json
--diff counterexamples/eager-3.itf.json\` shows the same 22 steps on both sides. What truncation alone can do is seen in [lazy 2](lazy-2.md).`,
  bounds: `With one timer (2 values, \`startViewOnTimerLimit=1\`) AcknowledgedWriteNotLost holds in every reachable state: it takes one view change
to make r3 pretend and a second one to believe it. With one value there is no state transfer.`,
};

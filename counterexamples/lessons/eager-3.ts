/** Told of counterexamples/eager-3.itf.json. */
import type { LessonText } from "../lesson.ts";

export const eager3: LessonText = {
  title: "Eager 3: an empty log wins, and nothing was truncated",
  setting: `Everything that has been learnt so far is built in: StartView is guarded (\`startViewGuard=strict\`), logs are not truncated
(\`truncate=false\`), and a replica that waits for state shows it in the status StateTransfer (\`transferStatus=true\`). Only the eager update is
left: the replica enters the later view when it asks, not when the state has come. r1 is the primary of view 1, all logs are empty.`,
  chapters: [
    {
      steps: ["ReceiveClientRequest 1", "ReceivePrepareMsg 2", "ReceivePrepareOkMsg 1", "ExecuteOp 1"],
      text: `v1 is written, stored by the quorum {r1, r2}, executed by r1 and acknowledged. r3 has not received its Prepare and never will.`,
    },
    {
      steps: ["TimerSendSVC 2", "ReceiveHigherSVC 1", "SendDVC 1", "TimerSendSVC 1"],
      text: `r2 and r1 change to view 2. r1 sends r2 its DoViewChange with ⟨v1⟩; then its timer fires, and r1 goes on to call for view 3. Its
last normal view is still 1.`,
    },
    {
      steps: ["ReceiveMatchingSVC 2", "SendDVC 2", "ReceiveMatchingDVC 2", "SendSV 2", "ReceiveClientRequest 2"],
      text: `r2, which knows nothing of view 3, completes view 2 with the log ⟨v1⟩ and takes v2 as op 2.`,
    },
    {
      steps: ["SendGetState 3"],
      text: `The Prepare of v2 makes r3 ask for state. Its status becomes StateTransfer, which is honest; but its view and **its last normal
view become 2**, which is not: r3 has never been Normal in view 2 and has nothing of its log.`,
    },
    {
      steps: ["ReceiveHigherSVC 3", "ReceiveMatchingSVC 1", "SendDVC 1", "SendDVC 3", "ReceiveMatchingDVC 3"],
      text: `r1's call for view 3 takes r3 out of the state transfer before an answer has come. Two DoViewChange messages meet at r3, the
primary of view 3: ⟨v1⟩ with last normal view 1 from r1, and ⟨⟩ with last normal view 2 from r3 itself.`,
    },
    {
      steps: ["SendSV 3"],
      text: `The later last normal view wins: view 3 begins with ⟨⟩. The commit number is r1's, 1. An empty log of which one op is committed is
the red flag of which the article speaks; the invariant CommitNumberNeverHigherThanOpNumber fails in this state already.`,
    },
    {
      steps: ["ReceiveSV 1", "ReceiveSV 2"],
      text: `r1 and r2 replace ⟨v1⟩ and ⟨v1, v2⟩ by the empty log.`,
    },
  ],
  wrong: `v1 was acknowledged and no replica has it. The quorum that stored v1 was {r1, r2}; the quorum of the change to view 3 was {r1, r3}. They
overlap in r1, which had v1 and said so. But the entries of a log do not carry the view that they were written in, so the last normal view
alone decides between logs, and r3's was a lie.`,
  missingRule: `A replica whose last normal view is v has every entry that was committed before v began, and the eager update breaks this. So the
view number and the last normal view must change when the state arrives, in ReceiveNewState: \`viewUpdate=lazy\`. No guard and no status can
make up for it, because the replica is a liar from the moment it asks.`,
  besideTheSource: `As the article tells it: r3 comes to the change to view 3 with the highest last normal view, 2, and an empty log; the commit
number is r1's. Step by step this is also [eager 2](eager-2.md), whose design truncates and has no status: only the status of r3 in state 15
differs. So neither of those two fixes does anything against the shortest behaviour that loses a write.`,
  bounds: `With one timer (2 values, \`startViewOnTimerLimit=1\`) AcknowledgedWriteNotLost holds in every reachable state. With one value there is no
state transfer.`,
};

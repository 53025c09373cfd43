/** Told of counterexamples/lazy-1.itf.json. */
import type { LessonText } from "../lesson.ts";

export const lazy1: LessonText = {
  title: "Lazy 1: the late StartView strikes again",
  setting: `After three failures of the eager update the article starts anew: a replica that hears of a later view stays in its own until the
state has arrived (\`viewUpdate=lazy\`). The guard of StartView is the weak one again (\`startViewGuard=monotonic\`), and logs are truncated
again. Will the lazy update do without the other fixes? r1 is the primary of view 1, all logs are empty.`,
  chapters: [
    {
      steps: ["ReceiveClientRequest 1"],
      text: `r1 appends v1 as op 1. Its Prepare messages reach nobody in this behaviour, so that v1 is in r1's log alone.`,
    },
    {
      steps: ["TimerSendSVC 2", "ReceiveHigherSVC 1", "SendDVC 1", "ReceiveMatchingSVC 2", "SendDVC 2", "ReceiveMatchingDVC 2", "SendSV 2"],
      text: `r2's timer fires and r1 follows it into view 2. r2 collects the DoViewChange of r1, with the log ⟨v1⟩, and its own, with an
empty one. The longer log wins: r2 becomes the primary of view 2 with ⟨v1⟩ and says so in a StartView to r1 and r3. **The copy for r3 is
slow**, as in eager 1.`,
    },
    {
      steps: ["ReceiveSV 1", "ReceiveClientRequest 2"],
      text: `r1 receives its StartView and works in view 2 as a backup. r2 takes v2 from a client, as op 2.`,
    },
    {
      steps: ["SendGetState 3", "ReceiveGetState 1", "ReceiveNewState 3"],
      text: `The Prepare of v2 is the first that r3, still in view 1, hears of view 2. It cannot append op 2 to an empty log and asks for
state. r1 answers with its log ⟨v1⟩, and r3 enters view 2 with it. This is the lazy update as it should be: r3 has the log with which view 2
began, and nothing that it does from here on is premature.`,
    },
    {
      steps: ["ReceivePrepareMsg 3", "ReceivePrepareOkMsg 2", "ExecuteOp 2", "ExecuteOp 2"],
      text: `The Prepare of v2, which the request for state did not use up, can now be appended. r3 acknowledges op 2, and by that op 1 as
well; r2 executes both and acknowledges v1 and v2 to their clients. v2 is in the logs of r2 and r3.`,
    },
    {
      steps: ["ReceiveSV 3"],
      text: `The StartView that r2 sent in state 9 reaches r3. It is of view 2, r3 is in view 2, and the weak guard lets it pass: r3 replaces
⟨v1, v2⟩ by ⟨v1⟩.`,
    },
  ],
  wrong: `v2 was acknowledged by {r2, r3} and is now in r2's log alone. A view change that hears of r1 and r3 only will start a view without v2.
v1 is still everywhere; it is what came after the StartView that is lost.`,
  missingRule: `The same one as in eager 1: a StartView of the replica's own view counts only in the status ViewChange
(\`startViewGuard=strict\`). The cause is not when the view number changes but that a replica may come to a view by state transfer, go on
working in it, and then receive the message that opened the view.`,
  besideTheSource: `The article tells the same story: a late StartView overwrites what came by state transfer and Prepare messages. It takes four
steps more than eager 1: r1 has to enter view 2 before it can answer (ReceiveSV), the state has to be sent and to arrive (ReceiveGetState,
ReceiveNewState), and because r3 has op 1 from the state, what it acknowledges and loses is op 2, which is executed after op 1.`,
  bounds: `As for eager 1, state transfer needs two values and one timer, so this is the smallest model.`,
};

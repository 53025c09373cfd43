/** Told of counterexamples/lazy-2.itf.json. */
import type { LessonText } from "../lesson.ts";

export const lazy2: LessonText = {
  title: "Lazy 2: truncation alone loses a write",
  setting: `The lazy update with the guarded StartView (\`viewUpdate=lazy\`, \`startViewGuard=strict\`). A replica that asks for state still cuts
its log back to its commit number first, as the paper says (\`truncate=true\`): "since requests after that might have been reordered in the view
change". Nothing else of the earlier designs is left, so what happens here is the fault of truncation alone. r1 is the primary of view 1, and,
with three replicas, of view 4 again. All logs are empty.`,
  chapters: [
    {
      steps: ["ReceiveClientRequest 1", "ReceiveClientRequest 1"],
      text: `r1 appends v1 and v2, as op 1 and op 2, and sends a Prepare for each. r2 never receives any of them.`,
    },
    {
      steps: ["TimerSendSVC 2", "TimerSendSVC 2", "TimerSendSVC 2"],
      text: `r2's timer fires three times in a row, so that r2 gives up on view 1, then on 2 and on 3, and calls for view 4. Nobody has heard
of it yet: r1 and r3 go on in view 1.`,
    },
    {
      steps: ["ReceivePrepareMsg 3", "ReceivePrepareOkMsg 1", "ExecuteOp 1"],
      text: `r3 appends v1 and says so, r1 executes v1 and tells the client. **v1 is now safe with the quorum {r1, r3}.** r3's commit number
is still 0, because it learns what is committed from a later Prepare only.`,
    },
    {
      steps: [
        "ReceiveHigherSVC 1",
        "SendDVC 1",
        "ReceiveMatchingSVC 2",
        "SendDVC 2",
        "ReceiveMatchingDVC 1",
        "SendSV 1",
        "ReceiveClientRequest 1",
      ],
      text: `r1 follows r2 into the change to view 4, of which it is itself the primary. Its own log ⟨v1, v2⟩ beats r2's empty one, so r1 is
primary again with the log it had, and appends v3 as op 3. Its StartView for r2 is not delivered, and never will be.`,
    },
    {
      steps: ["TimerSendSVC 2"],
      text: `r2, still waiting for view 4 to start, runs out of patience a fourth time and calls for view 5.`,
    },
    {
      steps: ["SendGetState 3"],
      text: `The Prepare of v3 reaches r3, which is in view 1 with ⟨v1⟩: a later view, and a gap. r3 prepares to ask for state and **cuts its log
back to its commit number, 0**. v1, which r3 has acknowledged, is gone from r3. It stays in view 1, as a lazy replica should; nobody answers
its GetState.`,
    },
    {
      steps: ["ReceiveHigherSVC 3", "ReceiveMatchingSVC 2", "SendDVC 2", "SendDVC 3", "ReceiveMatchingDVC 2", "SendSV 2"],
      text: `r2's call for view 5 reaches r3. r2 is the primary of view 5 and has two DoViewChange messages, a majority: its own and r3's. Both
logs are empty and both last normal views are 1. View 5 begins with an empty log.`,
    },
    {
      steps: ["ReceiveSV 1"],
      text: `r1, the last to have v1, takes over the empty log of view 5.`,
    },
  ],
  wrong: `v1 was acknowledged and is in no log. The quorum that stored v1 was {r1, r3}, the quorum of view 5 was {r2, r3}. They overlap in r3, as
they must; but r3 has thrown away what it had promised to keep. For the view change it is as if v1 had been stored by r1 alone.`,
  missingRule: `An acknowledged entry must stay in the log until something better has arrived to replace it. A commit number says what a replica
knows to be committed, not what is: here r3's was 0 while v1 was committed. So SendGetState leaves the log alone and asks from the commit number,
and ReceiveNewState overwrites what the answer covers (\`truncate=false\`). That the entries may have been reordered is true, but is reason
enough only to replace them, not to be without them.`,
  besideTheSource: `The article says that TLC found its counterexample with three replicas, four view changes and three operations, and names
the same cause: by truncation an operation goes from a majority to a minority. The bounds here are the same. Three operations, because r3 must
already have one and miss the next; four timers, because the primary that makes r3 ask must be the very replica that shares v1 with r3, so that
r2 never gets v1: r1 is primary again in view 4, and it takes view 5 to do without it.`,
  bounds: `The same design was exhausted with 2 values and 2 timers and with 3 values and 2 timers, and AcknowledgedWriteNotLost holds there.
With 3 timers it holds with 2 values. With 3 values and 3 timers no violation was found in behaviours of up to 30 states (the command below with \`startViewOnTimerLimit=3\` and \`--max-depth 30\`), which is no proof.
The command below sees about seven million states, which takes some three minutes of processor time and 1 GB of memory.`,
};

/** Told of counterexamples/eager-1.itf.json. */
import type { LessonText } from "../lesson.ts";

export const eager1: LessonText = {
  title: "Eager 1: a late StartView erases what was acknowledged",
  setting: `The first reading of the paper. A replica that hears of a later view from a Prepare enters that view at once (\`viewUpdate=eager\`),
cuts its log back to its commit number (\`truncate=true\`) and asks for what it lacks. A StartView counts whenever its view is not lower than
the replica's own (\`startViewGuard=monotonic\`). All logs are empty and r1 is the primary of view 1.`,
  chapters: [
    {
      steps: ["TimerSendSVC 2", "ReceiveHigherSVC 1", "SendDVC 1", "ReceiveMatchingSVC 2", "SendDVC 2", "ReceiveMatchingDVC 2", "SendSV 2"],
      text: `A view change that goes as it should. r2's timer fires, r1 follows it into view 2, and the two DoViewChange messages of r1 and r2
make r2 the primary of view 2. There is no data yet, so the StartView that r2 sends to r1 and r3 carries an empty log. **The copy for r3 is
slow:** it arrives in the very last state. r3 has heard nothing and is still in view 1.`,
    },
    {
      steps: ["ReceiveClientRequest 2", "ReceiveClientRequest 2"],
      text: `Clients ask r2 to write v1 and v2. r2 appends them as op 1 and op 2 and sends a Prepare for each to both backups.`,
    },
    {
      steps: ["SendGetState 3"],
      text: `The Prepare of v2 overtakes everything else on its way to r3. It belongs to view 2, and with an empty log r3 cannot append
op 2: r3 is behind, so it starts a state transfer. Being eager it enters view 2 now, with the status Normal, without ever having received a
StartView of view 2. There is nothing to truncate. Its GetState is never answered in this behaviour.`,
    },
    {
      steps: ["ReceivePrepareMsg 3", "ReceivePrepareOkMsg 2", "ExecuteOp 2"],
      text: `Now the Prepare of v1 arrives. r3 is a backup of view 2 and op 1 is the next one for it, so it appends v1 and tells r2. With
that, v1 is in the logs of r2 and r3: a majority. r2 executes it and acknowledges it to the client. So far nothing is wrong.`,
    },
    {
      steps: ["ReceiveSV 3"],
      text: `The StartView that r2 sent in state 8 reaches r3. Its view, 2, is not lower than r3's view, so r3 takes it over, and with it the
empty log with which view 2 began. v1 is gone from r3.`,
    },
  ],
  wrong: `A client was told that v1 is safe, but only r2 has it. The quorum that stored v1 was {r2, r3}. The next view change needs any two
replicas, for instance {r1, r3}, and these two no longer have a member in common that knows v1: they can start a view in which v1 never
happened.`,
  missingRule: `A StartView is the first message of a view for whoever takes part in the view change. A replica that is already working in the
view must not take it: \`startViewGuard=strict\` accepts a StartView of the replica's own view only in the status ViewChange, and of a later
view always. View monotonicity alone is too weak, because state transfer is a second door into a view.`,
  besideTheSource: `The article reports 16 steps, in a model with three operations. Two operations and 15 states (14 steps)
are the minimum: one to make the gap, one to lose. Here the invariant fails on the acknowledged v1 while v2 is still on its way.`,
  bounds: `No model is smaller in a way that matters. With one value there is never a gap of two ops, so that nobody asks for state; without a
timer (\`startViewOnTimerLimit=0\`) nobody hears of a later view.`,
};

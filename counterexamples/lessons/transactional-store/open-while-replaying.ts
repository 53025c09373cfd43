/** Told of counterexamples/transactional-store/open-while-replaying.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const openWhileReplaying: LessonText = {
  title: "Open while replaying: one version, two transactions",
  setting: `One branch with one key, and a store that crashes once. After a crash recovery replays the WAL and raises the counters to the
versions that it finds there. To be back sooner, the store takes commits and snapshots while it is at that (\`open=whileReplaying\`).`,
  chapters: [
    {
      steps: ["Lock w1", "Allocate w1", "Append w1"],
      text: `w1 commits: it has v1, and its record is in the WAL. From here on nothing may undo it.`,
    },
    {
      steps: ["Crash"],
      text: `The store crashes. Chains, locks and counters are gone, the record of w1 is not. Recovery is about to begin.`,
    },
    {
      steps: ["Lock w2", "Allocate w2", "Append w2"],
      text: `w2 does not wait for it. The counter from which versions are allocated is still 0, so w2 gets v1 as well, and appends.`,
    },
  ],
  wrong: `The WAL has two records with version 1. Their versions do not tell which came first, no snapshot has the one without the other,
and whoever compares versions takes one for the other. Readers that come too early are as badly off: a snapshot that is taken during the
replay may miss a commit that is not above it (10 states) and then change (12 states), and a client may not find its own commit (5 states).`,
  missingRule: `After a crash no commit and no snapshot may begin before the last record of the WAL is replayed (\`open=whenRecovered\`).`,
  besideTheSource: `Section 8 restores the counters and calls a crash during replay safe. It is safe, as often as it happens: what is replayed is
in memory only. It is those who come in during the replay that must be kept out.`,
  bounds: ``,
};

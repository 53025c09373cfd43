/** Told of counterexamples/transactional-store/torn-snapshot.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const tornSnapshot: LessonText = {
  title: "Torn snapshot: half a transaction is visible",
  setting: `One writer, one reader, one branch with the keys k1 and k2, both empty. The store keeps a counter: a new snapshot takes its
value, and reads skip every version above it. Whoever writes a key raises that counter to the key's version (\`publish=perKey\`).`,
  chapters: [
    {
      steps: ["Lock w1", "Allocate w1", "Append w1"],
      text: `w1 commits. It takes the lock of its branch, the version v1, and appends to the WAL. It is committed, and nothing of it is visible:
the counter from which snapshots are taken is still 0. So far all is well.`,
    },
    {
      steps: ["Apply w1"],
      text: `w1 writes k1. Writing a key raises the counter, so snapshots now take v1, although k2 of the same transaction is not written.`,
    },
    {
      steps: ["Begin r1", "Read r1", "Read r1"],
      text: `r1 begins. It needs no lock, takes the snapshot v1, and reads both keys: k1 at v1, k2 still absent.`,
    },
  ],
  wrong: `r1 sees one key of the transaction v1 and not the other. If k1 is an account and k2 another, the money is on one of them only. If r1
reads k2 once more after w1 has written it, the same snapshot answers differently. A transaction that only reads is never validated, so nobody notices.`,
  missingRule: `The counter from which snapshots are taken may pass a version only when every key of that version is written
(\`publish=onceAfterAll\`), and, if several branches commit at once, only when every lower version is (\`publish=lowestPending\`).`,
  besideTheSource: `Section 3 and row 4 of the summary call the snapshot truly immutable, since chains are append-only and reads filter by
version. Both are so here. But the filter lets through whatever has the snapshot's version, whenever it arrives.`,
  bounds: `One writer, one reader and two keys are the least that a torn read needs. The branch's lock does not help, nor would a lock of the
WAL over the whole commit: readers take neither.`,
};

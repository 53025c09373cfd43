/** Told of counterexamples/batch-store/late-delete.itf.json, overtaken-put.itf.json and late-timer.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const lateDelete: LessonText = {
  title: "A late delete erases the row of a later expiry",
  setting: `One digest d, persisted twice: until time 1, and again until time 2. The collector first takes what expired out of the cache and later deletes
the rows of those digests without a second look (\`delete=lateUnconditional\`). The author is over its memory quota, so the payload is in the
row only. Nothing crashes.`,
  chapters: [
    { steps: ["CheckExpiry c1", "Insert c1"], text: `c1 caches d until time 1.` },
    { steps: ["AdvanceTime 1", "ExpireCache"], text: `Time 1 is certified. The collector removes the entry and notes d for deletion.` },
    {
      steps: ["CheckExpiry c2", "Insert c2", "Put c2", "Send c2"],
      text: `c2 persists d until time 2. The cache is empty, so this is a new entry; its row is written and its signature sent.`,
    },
    { steps: ["DeleteRow"], text: `Now the collector deletes the row of d. It is the row of c2.` },
  ],
  wrong: `d is signed until time 2, and its payload is gone, without any crash. With the payload in memory it is served until the next restart, and
lost then.`,
  missingRule: `A decision that was made under a lock has to be made again where it is carried out. Delete only what has expired, with the look and the
delete in one step (\`delete=conditional\`).`,
  besideTheSource: `The document does not speak of deletion. A synced put makes no difference here: what it wrote is erased.`,
  bounds: `With the payload in memory, the shortest behaviour has a crash and a restart more.`,
};

export const overtakenPut: LessonText = {
  title: "An earlier put overtakes a later one",
  setting: `One digest d, persisted twice: c1 until time 1 and c2 until time 2. The cache entry is locked, the put is not, and a put writes over whatever
is there (\`put=blind\`). Every put is durable when it returns.`,
  chapters: [
    { steps: ["CheckExpiry c1", "Insert c1"], text: `c1 caches d until time 1. Its put is slow.` },
    { steps: ["AdvanceTime 1"], text: `Time 1 is certified.` },
    {
      steps: ["CheckExpiry c2", "Insert c2", "Put c2"],
      text: `c2 persists d until time 2: the entry says 2, the row says 2.`,
    },
    { steps: ["Put c1", "Send c2"], text: `c1's put comes at last and sets the row back to time 1. c2 sends its signature, until time 2.` },
    { steps: ["Crash", "Restart"], text: `After a restart the row looks expired. It is deleted, not loaded.` },
  ],
  wrong: `The node signed d until time 2 and threw it away at time 1. Both puts were durable and no delete was late.`,
  missingRule: `The order in which the cache changed must be the order in which the rows change. Either the lock of the digest is held during the put, or a put
leaves a later expiry alone (\`put=ifLater\`).`,
  besideTheSource: `Not in the document, and none of its options touches it: syncing a put does not put it in its place.`,
  bounds: "",
};

export const lateTimer: LessonText = {
  title: "A timer for an entry that is gone",
  setting: `An expiry timer is set after the entry's lock was released (\`timer=afterEntry\`; the code says that this need not be atomic). The
collector takes an expired timer without an entry for impossible, and stops the process. All else is as it should be.`,
  chapters: [
    { steps: ["CheckExpiry c1", "Insert c1", "SetTimer c1"], text: `c1 caches d until time 1, with its timer.` },
    {
      steps: ["CheckExpiry c2", "AdvanceTime 2", "Insert c2"],
      text: `c2 finds that time 2 is still to come and is about to prolong d. Then time 2 is certified. c2 sets the entry to time 2; its timer is still to be set.`,
    },
    { steps: ["ExpireCache", "DeleteRow"], text: `The timer of time 1 is due. The entry has expired, too, so it is removed.` },
    {
      steps: ["AdvanceTime 2", "SetTimer c2"],
      text: `Now c2 sets its timer. The same time is certified again, as happens at the boundary of an epoch.`,
    },
    { steps: ["ExpireCache"], text: `The timer is due, and there is no entry.` },
  ],
  wrong: `The collector meets what it calls unreachable, and the node stops.`,
  missingRule: `Set the timer while the entry is locked (\`timer=withEntry\`), or let a timer without an entry pass.`,
  besideTheSource: `Not in the document. It costs a node, not a batch.`,
  bounds: "",
};

/** Told of counterexamples/batch-store/unloaded-in-a-new-epoch.itf.json, collected-before-expiry.itf.json, late-deletion-of-an-epoch.itf.json and repeated-batch-id.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const unloadedInANewEpoch: LessonText = {
  title: "A restart before an epoch's first commit forgets what was signed",
  setting: `Every put is durable. A new process decides by the latest commit: if that one ended an epoch, the epoch is new, and rows are only
deleted, not loaded (\`restart=noPopulate\`). A node serves from its cache.`,
  chapters: [
    { steps: ["Persist 1"], text: `In an epoch that has no commit yet, d is persisted until time 1 and signed.` },
    {
      steps: ["Crash", "Restart"],
      text: `The process restarts. The latest commit is still the one that ended the epoch before, so no row is loaded.`,
    },
  ],
  wrong: `The row is on the disk and the signature is out, but the cache is empty: the node answers that it does not have d, for as long as it runs.`,
  missingRule: `"The latest commit ended an epoch" does not mean "this node has done nothing in the new one". Load the rows of the present epoch at
every start (\`restart=populate\`).`,
  besideTheSource: `Not in the document, and no fsync helps. A restart of the process for an upgrade is enough.`,
  bounds: "",
};

export const collectedBeforeExpiry: LessonText = {
  title: "The grace period on the wrong side",
  setting: `Batches are kept for a grace period after they expire; here it is 1. A new process takes it off the expiry where it should have been
added (\`restart=wrongExpiry\`), as an earlier version of the code did.`,
  chapters: [
    { steps: ["Persist 1"], text: `At time 0, d is persisted until time 1 and signed.` },
    {
      steps: ["Crash", "Restart"],
      text: `The new process computes 1 minus 1, finds that time 0 has come, and lists the row for deletion.`,
    },
  ],
  wrong: `d has not expired, and the node neither serves it nor means to keep it.`,
  missingRule: `Loading and collecting have to use the same bound: expired, plus the grace period. With a grace period of 0 the two agree, which is how
such a sign survives tests.`,
  besideTheSource: `Not in the document.`,
  bounds: "",
};

export const lateDeletionOfAnEpoch: LessonText = {
  title: "A new epoch's deletion erases a new epoch's row",
  setting: `At an epoch's start a task in the background lists the rows of earlier epochs and deletes them later, without a second look
(\`delete=lateUnconditional\`). The digest of a batch does not contain the epoch. Every start loads the rows of its epoch.`,
  chapters: [
    { steps: ["Persist 1", "Commit 1", "EndEpoch"], text: `d is persisted in epoch 1, which ends.` },
    { steps: ["ListOldRows"], text: `The task reads the rows: d is one of epoch 1 and goes on its list.` },
    { steps: ["Persist 2"], text: `The same batch is persisted in epoch 2, until time 2, and signed. The row is now one of epoch 2.` },
    { steps: ["DeleteListed"], text: `The task deletes what is on its list.` },
    { steps: ["Crash", "Restart"], text: `Until here the cache covered for it. The new process has no row to load.` },
  ],
  wrong: `A signature of the present epoch has not expired, and the batch is gone from the node.`,
  missingRule: `The same as for the collector: look again where the deletion happens (\`delete=conditional\`), or delete before the new epoch's first persist.`,
  besideTheSource: `Not in the document. It is the second door to what a late delete does.`,
  bounds: "",
};

export const repeatedBatchId: LessonText = {
  title: "A batch id is used twice",
  setting: `The author puts the next batch id before it sends a batch, with a relaxed put (\`batchId=relaxed\`). A start reads the counter and skips one
id; without a counter it draws a nonce of its own. There is one crash, of the machine.`,
  chapters: [
    {
      steps: ["Start", "SaveNextId", "PersistOwnBatch", "SendBatch"],
      text: `The first start finds nothing. Batch 0 is sent, and the counter says 1, in the page cache.`,
    },
    { steps: ["WriteBack"], text: `The operating system writes the counter back.` },
    {
      steps: ["SaveNextId", "PersistOwnBatch", "SendBatch", "SaveNextId", "PersistOwnBatch", "SendBatch"],
      text: `Batches 1 and 2 are sent. The counter says 3, in the page cache; the disk still says 1.`,
    },
    { steps: ["MachineCrash", "Start"], text: `After the crash the counter says 1. The start skips one id and goes on with 2.` },
    { steps: ["SaveNextId", "PersistOwnBatch", "SendBatch"], text: `Another batch 2 is sent.` },
  ],
  wrong: `Two batches of one author have the same id and nonce.`,
  missingRule: `A counter must be durable before a value below it is used (\`batchId=sync\`). Two things in the code soften this: if no counter ever reached the
disk, the new nonce tells the ids apart, and the id that a start skips forgives one lost put. Both have to be overcome, hence the long trace.`,
  besideTheSource: `Not in the document. Its option 1 happens to repair it: the author puts its own batch, synced, before it sends it, and the log that this
writes holds the counter as well (\`ownPersist=sync\`).`,
  bounds: `With three batches and one crash no id repeats.`,
};

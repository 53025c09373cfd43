/** Told of counterexamples/batch-store/only-the-notification-waits.itf.json, duplicate-persist.itf.json, duplicate-flush.itf.json and duplicate-waits-for-the-put.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const onlyTheNotificationWaits: LessonText = {
  title: "The notification waits, the signature does not",
  setting: `What the title of the document asks for and no more: readers are told only of durable rows (\`notify=after\`, \`recheck=durable\`). Puts are
relaxed, and the signature goes out when the call is done.`,
  chapters: [
    { steps: ["Insert c1", "Put c1"], text: `The call c1 caches d1 and puts its row into the page cache.` },
    { steps: ["Send c1"], text: `The signature goes to the author, who may count it for a proof of store.` },
    { steps: ["MachineCrash", "Restart"], text: `Power is lost before the operating system has written the row back.` },
  ],
  wrong: `The node's signature says that it can serve d1, and it cannot. The signature is in other hands and cannot be taken back.`,
  missingRule: `A promise to others must come after the write that backs it. The binding act is the sending of the signature: it must wait until the row
is durable. Whether the notification waits as well decides nothing here.`,
  besideTheSource: `The document puts the notification first and names the signature in its impact part only. Its options 1 and 2 do delay the
signature of a first persist too, so they repair this trace.`,
  bounds: "",
};

export const duplicatePersist: LessonText = {
  title: "A second persist signs for what nobody has written",
  setting: `The document's recommended option 1: every put waits for its fsync (\`sync=sync\`). Two calls persist the same digest, as when a
batch comes from its author and from a reader's fetch. A call that finds the digest in the cache writes nothing
(\`duplicatePersist=signNow\`). The only crash is one of the process.`,
  chapters: [
    { steps: ["Insert c1"], text: `c1 puts d1 into the cache and lets go of the entry's lock. Its put comes next, and will not happen.` },
    {
      steps: ["Insert c2", "Notify c2", "Send c2"],
      text: `c2 finds d1 in the cache: no write is needed. It notifies, and its signature leaves the node.`,
    },
    { steps: ["ProcessCrash", "Restart"], text: `The process dies before c1 puts the row. Nothing was ever written.` },
  ],
  wrong: `A signature for d1 is out, and the node has no row of d1: not on the disk, and not in the page cache either. No fsync could have helped,
because the call that signed had nothing to sync.`,
  missingRule: `"It is in the cache" does not mean "it is in the store". A call may sign only after the row of its digest is durable, whoever writes that row
(\`duplicatePersist=waitDurable\`).`,
  besideTheSource: `The document does not see this case: in all three of its options the second call goes past the write. It is worse than its own
scenario, since a crash of the process is enough.`,
  bounds: "",
};

export const duplicateFlush: LessonText = {
  title: "A flush with nothing to flush",
  setting: `The document's option 2: each call flushes the store, then notifies and returns its signatures (\`sync=groupFlush\`, \`notify=after\`). Two
calls persist the same digest; the second writes nothing. The only crash is one of the process.`,
  chapters: [
    { steps: ["Insert c1"], text: `c1 caches d1. Its put comes next, and will not happen.` },
    {
      steps: ["Insert c2", "Fsync c2", "Send c2"],
      text: `c2 finds d1 in the cache and skips the put. Its flush succeeds: there was nothing to write. It signs.`,
    },
    { steps: ["ProcessCrash", "Restart"], text: `The process dies before c1 puts the row.` },
  ],
  wrong: `A signature is out and there is no row. The flush came first, as option 2 wants it, and covered a row that did not exist yet.`,
  missingRule: `A flush makes durable what was written before it. It says nothing of a write that another thread is about to make: wait for that
row (\`duplicatePersist=waitDurable\`).`,
  besideTheSource: `As for option 1, the document does not look at two calls for one digest.`,
  bounds: "",
};

export const duplicateWaitsForThePut: LessonText = {
  title: "A second persist waits for the put, but not for the fsync",
  setting: `Puts are synced. A second persist of a digest waits until the first has put the row (\`duplicatePersist=waitWritten\`), as it would if the
entry's lock were held during the put, but does not wait for the fsync.`,
  chapters: [
    { steps: ["Insert c1", "Put c1"], text: `c1 caches d1 and puts the row. The fsync is still to come.` },
    { steps: ["Insert c2", "WaitForRow c2", "Send c2"], text: `c2 sees that the row is there and sends its signature.` },
    { steps: ["MachineCrash", "Restart"], text: `Power is lost before the fsync.` },
  ],
  wrong: `The signed row was in the page cache only. Against a crash of the process this half measure is enough; against one of the machine it is not.`,
  missingRule: `The second call must wait for the same event as the first: the row is durable. Holding the lock until the fsync has returned does it as well.`,
  besideTheSource: `Not in the document: it is the obvious repair of the case above, and it stops half way.`,
  bounds: "",
};

/** Told of the traces in which the driver offers a chunk again to the same object: hole-below-the-root, wrong-root-on-the-same-object. */
import type { LessonText } from "../../lesson.ts";

export const holeBelowTheRoot: LessonText = {
  title: "A leaf is missing under the right root",
  setting: `All is repaired but one thing: after an error the driver offers the chunk to the same restore object again
(\`retry=sameObject\`). Two chunks of two keys; tree writes are asynchronous.`,
  chapters: [
    {
      steps: ["Open", "FetchChunk", "TreeAdd", "KvValues", "KvProgress", "TreeHand"],
      text: `Chunk 1. Leaf 1 is frozen and goes to the writer. The object keeps its hash, not the node.`,
    },
    { steps: ["WriteFails", "Join"], text: `The write fails; nobody looks. Leaf 1 is nowhere now.` },
    {
      steps: ["FetchChunk", "TreeAdd", "KvValues", "KvProgress", "TreeWaitFails", "Join"],
      text: `Chunk 2 is added in memory and its proof holds, for hashes are all that it needs. Only then the tree thread sees the failure.`,
    },
    {
      steps: ["Retry", "FetchChunk", "TreeAdd", "KvSkip", "Join"],
      text: `The same object gets chunk 2 again. Its previous leaf is key 4 already: it skips the chunk and reports that it has been added.`,
    },
    {
      steps: ["BeginFinish", "FinishNodes", "FinishRoot"],
      text: `Finish writes the leaves 2 to 4, the inner nodes and the root. The root is the expected one.`,
    },
  ],
  wrong: `Leaf 1 is not on disk. The root verifies, the inner node above the hole is there, and nobody will notice until someone asks for a proof
of key 1.`,
  missingRule: `After an error the object's memory is ahead of the disk and says nothing true about it. It has to be thrown away, and the new one must
begin from what is on disk (\`retry=reopen\`). Or a failed write must give the nodes back, as the synchronous one does, which keeps them.`,
  besideTheSource: `The document says that resuming recovers. That is so if a new object resumes. Comparing the root hash at finish does not find this.`,
  bounds: `With one chunk finish itself sees the failed write, and reports it.`,
};

export const wrongRootOnTheSameObject: LessonText = {
  title: "A refused chunk is accepted when it is offered again",
  setting: `The audited code with a driver that retries on the same object (\`retry=sameObject\`). One chunk with the keys 1 and 2.`,
  chapters: [
    {
      steps: ["Open", "FetchBadChunk 1", "KvValues", "KvProgress", "TreeAdd", "Join"],
      text: `The chunk comes with a wrong value for key 1. The tree adds both leaves in memory, then checks the proof, and refuses. The leaves
stay in memory, and the previous leaf is key 2.`,
    },
    {
      steps: ["Retry", "FetchChunk", "KvSkip", "TreeAdd", "Join"],
      text: `The chunk is offered again, now with the right values. Both sides find that they have it already, and skip it. It counts as added.`,
    },
    {
      steps: ["BeginFinish", "FinishNodes", "FinishRoot"],
      text: `Finish freezes what is in memory: the wrong leaf, and a wrong root above it.`,
    },
  ],
  wrong: `The value that the proof refused is in KV and in the tree, and the restore has succeeded. The root is not the expected one, which
nobody compares until the restore is opened again.`,
  missingRule: `Verify first, then change memory; or throw the object away after a refusal. A comparison of the root hash at finish would catch this one.`,
  besideTheSource: `It was expected that the skipped chunk leaves a hole under a verifying root. That is what a failed write does; after a failed
proof the root is wrong.`,
  bounds: "",
};

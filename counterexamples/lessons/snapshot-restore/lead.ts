/** Told of counterexamples/snapshot-restore/kv-leads-by-two-chunks.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const kvLeadsByTwoChunks: LessonText = {
  title: "KV is two chunks ahead of the tree when the error arrives",
  setting: `The audited code. Two threads add a chunk: one writes it to the key-value store (KV), synchronously; the other adds it to the Merkle
tree and leaves the tree's write running (\`asyncCommit=true\`). Chunk 1 has the keys 1 and 2, chunk 2 the keys 3 and 4. A chunk's last leaf
is written with the next chunk, so the tree owes one leaf for chunk 1.`,
  chapters: [
    {
      steps: ["Open", "FetchChunk", "KvValues", "KvProgress", "TreeAdd", "TreeHand"],
      text: `Chunk 1. KV has its values and its progress on disk. The tree thread hands leaf 1 to the writer and is done.`,
    },
    {
      steps: ["WriteFails", "Join"],
      text: `The write fails. Nobody is waiting for it: both threads were successful, and the chunk counts as added.`,
    },
    {
      steps: ["FetchChunk", "KvValues", "KvProgress"],
      text: `Chunk 2. KV runs ahead: its values and its progress are on disk before the tree thread has begun.`,
    },
    {
      steps: ["TreeAdd", "TreeWaitFails", "Join"],
      text: `The tree thread wants to hand over what chunk 2 froze, waits for the write before, and now learns that it failed. The driver gets
the error with KV at chunk 2 and nothing of the tree on disk.`,
    },
  ],
  wrong: `KV's progress is key 4, and the tree on disk is empty: what chunk 1 froze is missing, and so is what chunk 2 froze. This is the
document's scenario with N = 1.`,
  missingRule: `None that would have to be there for this alone. If both sides resume where each of them is, the next run adds to the tree what it
lacks, and the search finds nothing wrong in any behaviour (\`verifyBeforeKv=no\` without bad chunks holds). The lead does harm only together
with a resume point that forgets the side without progress, as here, where the tree has none: see "An empty root is a success".`,
  besideTheSource: `The document blames the asynchronous write. With synchronous writes the lead is one chunk instead of two, because KV does not
wait for the tree within a chunk either. Option 1 also makes it one, option 2 makes it none.`,
  bounds: `With three chunks the lead never is three: the tree thread takes no new write before it has seen the end of the last one.`,
};

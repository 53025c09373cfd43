/** Told of the traces in which one side has no progress: empty-root, empty-root-after-three-chunks and option-1 to option-3. */
import type { LessonText } from "../../lesson.ts";

const crashed = ["Open", "FetchChunk", "KvValues", "KvProgress", "Crash", "Open"] as const;
const oneChunk = `One chunk with the keys 1 and 2. The driver asks the restore object where to go on and skips every chunk that does not reach
beyond that key. If both sides have progress it is the minimum; **if one has none, it is the other's** (\`resume=noneIsOther\`).`;

export const emptyRoot: LessonText = {
  title: "An empty root is a success",
  setting: `The audited code. ${oneChunk}`,
  chapters: [
    {
      steps: ["Open", "FetchChunk", "KvValues", "KvProgress"],
      text: `KV writes the chunk and its progress. The tree thread has not begun. (It might have: nothing of the tree is on disk until its write
has ended.)`,
    },
    { steps: ["Crash"], text: `The machine goes down. KV's progress is key 2; of the tree there is nothing.` },
    {
      steps: ["Open"],
      text: `KV has progress, the tree has none: the resume point is key 2. The driver skips the only chunk.`,
    },
    {
      steps: ["BeginFinish", "FinishNodes", "FinishRoot"],
      text: `Nothing is left to add. The tree has no leaves, so its root is that of an empty tree. It is written, and success is reported.`,
    },
  ],
  wrong: `The restore says that it has succeeded. KV is complete, the tree is empty, and the root is not the expected one. The next time the
restore is opened it finds this root, compares it, and refuses: from here there is no way on but by hand.`,
  missingRule: `No progress is progress zero, not "ask the other": the resume point is the minimum of both, with nothing as the least
(\`resume=noneIsStart\`). Going on too early costs time only, because each side skips what it has.`,
  besideTheSource: `The document says that the progress is the minimum of both, and quotes the code whose first two cases say otherwise. Neither an
I/O failure nor an asynchronous write is needed: \`asyncCommit=false\` fails in as many states.`,
  bounds: "",
};

export const emptyRootAfterThreeChunks: LessonText = {
  title: "Refused runs lead to an empty root, too",
  setting: `The audited code with three chunks of two keys. One might think that a long snapshot is safer: with the first chunks missing in
the tree, no later chunk passes its proof.`,
  chapters: [
    {
      steps: [
        "Open",
        "FetchChunk",
        "KvValues",
        "KvProgress",
        "TreeAdd",
        "TreeHand",
        "Join",
        "FetchChunk",
        "KvValues",
        "KvProgress",
        "Crash",
      ],
      text: `Chunk 1 is added, its tree write is still running, chunk 2 is in KV: then the crash. KV is at key 4, the tree has nothing.`,
    },
    {
      steps: ["Open", "FetchChunk", "KvValues", "KvProgress"],
      text: `The resume point is KV's, key 4, so chunk 3 comes next. KV writes it at once.`,
    },
    {
      steps: ["TreeAdd", "Join", "Retry"],
      text: `The tree refuses chunk 3: its proof needs the leaves 1 to 4. The run ends with an error, as it should. But KV's progress is now key 6.`,
    },
    {
      steps: ["Open", "BeginFinish", "FinishNodes", "FinishRoot"],
      text: `The operator starts the restore again. The resume point is key 6: everything is skipped, the empty root is written, and the restore
succeeds.`,
    },
  ],
  wrong: `After one error the second attempt reports success with an empty tree. With more chunks it takes more attempts: each one is refused and
moves KV one chunk further, until nothing is left that could be refused.`,
  missingRule: `Two rules are broken. A side without progress starts over (\`resume=noneIsStart\`). And a chunk that fails its proof must leave nothing
behind: KV waits for the proof (\`verifyBeforeKv\`). With the second rule alone the restore is never wrong, but it is refused for ever.`,
  besideTheSource: `The document does not consider this. It was expected that longer snapshots can never complete; they do, wrongly.`,
  bounds: `With two chunks there is no refused run: KV can have both before the first tree write has ended (16 states).`,
};

export const option1EmptyRoot: LessonText = {
  title: "Option 1 waits, and the root is empty all the same",
  setting: `The audited code with the document's option 1: before either side starts on a chunk, the tree's previous write is waited for
(\`waitBeforeKv=true\`). ${oneChunk}`,
  chapters: [
    {
      steps: ["Open", "FetchChunk", "KvValues", "KvProgress"],
      text: `There is no previous write, so there is nothing to wait for. KV writes chunk 1 and its progress.`,
    },
    { steps: ["Crash"], text: `The machine goes down before the tree thread has written anything.` },
    {
      steps: ["Open", "BeginFinish", "FinishNodes", "FinishRoot"],
      text: `The tree has no progress, so the resume point is KV's. All is skipped, and success is reported with an empty root.`,
    },
  ],
  wrong: `The restore reports success without a tree.`,
  missingRule: `Option 1 orders KV's chunk behind the tree's chunk before. Within one chunk KV still goes first, and one chunk is enough. The resume
point has to be repaired.`,
  besideTheSource: `The document recommends option 1 as a solution by itself.`,
  bounds: "",
};

export const option2Stuck: LessonText = {
  title: "Option 2 with a chunk of one key is stuck",
  setting: `The audited code with the document's option 2: KV's progress is written only when the tree's write of the same chunk is on disk
(\`atomicCommit=true\`). Two chunks of one key each. A leaf is written when the next one has come, so chunk 1 alone freezes nothing.`,
  chapters: [
    {
      steps: ["Open", "FetchChunk", "KvValues", "TreeAdd", "TreeHand"],
      text: `Chunk 1. The tree has one leaf, in memory, and nothing to write: its part is done.`,
    },
    { steps: ["KvProgress"], text: `The tree's write of nothing is complete, so KV may write its progress.` },
    { steps: ["Crash"], text: `KV is at key 1. The tree on disk has no leaf.` },
    {
      steps: ["Open", "FetchChunk", "KvValues", "TreeAdd", "KvAborts", "Join"],
      text: `The resume point is KV's. Chunk 2 comes next, the tree refuses it because leaf 1 is missing, and KV gives up with it.`,
    },
  ],
  wrong: `A run without any fault is refused. It has changed nothing on disk that the next run would look at, so every later one is refused as well.`,
  missingRule: `"On both sides" is not the same as "to be found on both sides": what the tree keeps of a chunk may be nothing. The resume point must
treat no progress as the start.`,
  besideTheSource: `With two or more keys in the first chunk option 2 does repair the resume point: the tree then has a leaf whenever KV has progress.
A backup whose first chunk has a single key is unusual, but nothing forbids it.`,
  bounds: "",
};

export const option3Stuck: LessonText = {
  title: "Option 3 notices the empty tree, for ever",
  setting: `The audited code with the document's option 3: finish compares the two progresses before it writes the root
(\`finishCheck=progress\`). ${oneChunk}`,
  chapters: [
    { steps: [...crashed], text: `As in "An empty root is a success": KV has the chunk, the tree has nothing, and all is skipped.` },
    {
      steps: ["BeginFinish", "FinishFails"],
      text: `KV's progress is key 2, the tree's is none. Finish refuses, and no root is written.`,
    },
  ],
  wrong: `Nothing went wrong in this run, and it fails; the next one does the same. The false success has become a restore that can never complete.`,
  missingRule: `A check at the end finds out; it repairs nothing. The resume point decides what the run does, and has to be right.`,
  besideTheSource: `The document recommends option 3 as a solution by itself. Comparing progresses also says nothing about a wrong value in KV or a
missing leaf, with which both progresses are at the end.`,
  bounds: "",
};

/** Told of the traces with a chunk that has a wrong value: bad-value-under-the-right-root, one-bad-chunk-no-tree, unchecked-overlap. */
import type { LessonText } from "../../lesson.ts";

export const badValueUnderTheRightRoot: LessonText = {
  title: "A refused value stays in KV, under the right root",
  setting: `KV does not wait for the proof check (\`verifyBeforeKv=no\`, as audited); a side without progress starts over, so that nothing else is
wrong. One chunk with the keys 1 and 2. In the diagram "1!" is a wrong value.`,
  chapters: [
    {
      steps: ["Open", "FetchBadChunk 1", "KvValues", "KvProgress"],
      text: `The backup serves the chunk with a wrong value for key 1. KV writes it, and its progress.`,
    },
    {
      steps: ["TreeAdd", "Join", "Retry"],
      text: `The tree thread finds that the proof does not hold. The chunk has failed, and the restore is opened again.`,
    },
    {
      steps: ["Open", "FetchChunk", "KvSkip"],
      text: `This time the backup serves the right values. KV's progress says that it has them: it skips the chunk.`,
    },
    {
      steps: ["TreeAdd", "TreeHand", "WriteShard", "Join", "BeginFinish", "FinishNodes", "FinishRoot"],
      text: `The tree takes the right values, and its root is the expected one. Success.`,
    },
  ],
  wrong: `Root and tree are right, and KV answers with a value that was refused. No comparison of roots or of progresses will ever show it.`,
  missingRule: `Nothing that has not been verified may count as progress: KV waits for the check of its chunk.`,
  besideTheSource: `The document looks at failing writes only. This needs no failing write and no crash, but a backup that once serves a wrong chunk.`,
  bounds: "",
};

export const oneBadChunkNoTree: LessonText = {
  title: "One bad chunk, and the restore succeeds without a tree",
  setting: `The audited code. One chunk with the keys 1 and 2; the backup serves it once, with a wrong value for key 1. Nothing fails and nothing
crashes.`,
  chapters: [
    {
      steps: ["Open", "FetchBadChunk 1", "KvValues", "KvProgress"],
      text: `KV writes the values and its progress without waiting for the proof.`,
    },
    { steps: ["TreeAdd", "Join", "Retry"], text: `The tree refuses the chunk. The operator reads the error and runs the restore again.` },
    {
      steps: ["Open"],
      text: `KV has progress, the tree has none: the resume point is key 2, and the chunk is skipped.`,
    },
    { steps: ["BeginFinish", "FinishNodes", "FinishRoot"], text: `An empty root is written. Success.` },
  ],
  wrong: `The restore has checked the chunk, refused it, and then reported success with exactly these values in KV and no tree at all.`,
  missingRule: `Two defects work together: KV keeps what was refused, and the resume point trusts the side that has something. Repairing one of them
leaves the other: right root and wrong values, or an empty root after a crash.`,
  besideTheSource: `Not in the document.`,
  bounds: "",
};

export const uncheckedOverlap: LessonText = {
  title: "Waiting for the proof is not enough after a crash",
  setting: `KV waits for the tree's proof check as it is (\`verifyBeforeKv=newKeys\`). The tree thread skips the keys that the tree already has
and proves the rest on top of the hashes on disk. One chunk with the keys 1 and 2.`,
  chapters: [
    {
      steps: ["Open", "FetchChunk", "TreeAdd", "TreeHand", "WriteShard"],
      text: `The chunk passes, and leaf 1 is on disk. KV is slow and has written nothing.`,
    },
    { steps: ["Crash", "Open"], text: `After the crash KV starts over; the tree's previous leaf is key 1. The chunk is fetched again.` },
    {
      steps: ["FetchBadChunk 1", "TreeAdd"],
      text: `Now the backup serves a wrong value for key 1. The tree skips key 1, adds key 2, and the proof holds: the hash of leaf 1 comes from
disk, not from the chunk.`,
    },
    { steps: ["KvValues", "KvProgress"], text: `The check has passed, so KV writes the chunk, the wrong value included.` },
    { steps: ["TreeHand", "Join", "BeginFinish", "FinishNodes", "FinishRoot"], text: `The rest is as it should be. Success.` },
  ],
  wrong: `KV has a value that nobody has checked. The root is right.`,
  missingRule: `The check has to cover all that KV will write. For keys that the tree has, that is a comparison with the hashes of its leaves
(\`verifyBeforeKv=whole\`).`,
  besideTheSource: `Not in the document. Its option 2 has the same gap: the progress waits for a check that does not look at every value.`,
  bounds: `With one key in a chunk nothing overlaps, and the weaker check holds.`,
};

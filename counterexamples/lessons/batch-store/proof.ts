/** Told of counterexamples/batch-store/certified-and-lost.itf.json, certified-and-unserved.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const certifiedAndLost: LessonText = {
  title: "Certified, and lost by two crashes one after the other",
  setting: `Four nodes, one of them byzantine: it signs without storing. A proof of store takes three signatures, so two honest nodes are in it. Puts are
relaxed. Whoever lacks a batch that has a proof fetches it from a node that serves it (option 3). No two nodes are ever down together
before the last step.`,
  chapters: [
    { steps: ["Store n1", "Sign n1"], text: `n1 puts the row into its page cache and signs.` },
    {
      steps: ["MachineCrash n1", "Restart n1"],
      text: `n1 crashes and restarts without the row. It does not know what it lost: there is no proof yet, and it keeps no list of its signatures.`,
    },
    { steps: ["Store n2", "Sign n2"], text: `n2 does the same, while n1 is up and running.` },
    { steps: ["MachineCrash n2"], text: `n2 crashes, too.` },
    { steps: ["FormProof"], text: `The author has two honest signatures, and the byzantine node gives the third.` },
  ],
  wrong: `The proof is formed after the last copy is gone. Nobody is left from whom the batch could be fetched.`,
  missingRule: `Fetching repairs a loss only while somebody else still has the batch. With f byzantine nodes in a quorum of 2f + 1, f + 1 losses are enough,
and they need not coincide: each has to fall between a node's signature and its write-back, and no proof need exist then.
Signing after the row is durable (\`sync=sync\`) needs no fetching at all.`,
  besideTheSource: `The document asks for several validators crashing simultaneously. Simultaneity is not needed; the number is: with one crash, or with two when
all four are honest, the batch is kept.`,
  bounds: `If nodes crash only after the proof and one at a time, fetching before any other work after a start is enough; fetching in the background is not.`,
};

export const certifiedAndUnserved: LessonText = {
  title: "Certified, on two disks, and served by nobody",
  setting: `Four nodes, one of them byzantine. Every signature waits for a durable row. A restart before an epoch's first commit loads no rows
(\`restart=noPopulate\`). Two processes are restarted one after the other, as for an upgrade; no machine fails.`,
  chapters: [
    { steps: ["Store n1", "WriteBack n1", "Sign n1"], text: `n1 stores the batch durably and signs.` },
    { steps: ["ProcessCrash n1", "Restart n1"], text: `n1's process restarts. Its row is on the disk, its cache is empty.` },
    { steps: ["Store n2", "WriteBack n2", "Sign n2", "ProcessCrash n2", "Restart n2"], text: `The same with n2.` },
    { steps: ["FormProof"], text: `With the byzantine node's signature the proof is complete.` },
  ],
  wrong: `All honest nodes are up, two of them have the batch on their disks, and none serves it. Fetching does not help: there is nobody to fetch from.`,
  missingRule: `Durable is not yet served. Load the rows of the present epoch at every start (\`restart=populate\`).`,
  besideTheSource: `Not in the document. In the end it is as bad as the loss that the document describes, with every put synced and no machine crash.`,
  bounds: "",
};

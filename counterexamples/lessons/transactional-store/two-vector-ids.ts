/** Told of counterexamples/transactional-store/two-vector-ids.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const twoVectorIds: LessonText = {
  title: "One key, two vectors",
  setting: `Two threads insert a vector under the same new key, as the audit describes it: look for a record; take the write lock of the
index; allocate an id and insert; release the lock; store the record (\`vectorInsert=checkOutside\`).`,
  chapters: [
    {
      steps: ["Begin 1", "Check 1", "Lock 1", "ChangeIndex 1", "Unlock 1"],
      text: `Thread 1 finds no record, puts its embedding into the index under id 1, and releases the lock. Its record is not stored yet.`,
    },
    {
      steps: ["Begin 2", "Check 2"],
      text: `Thread 2 begins only now, and looks for a record. There is none, though nobody holds the lock any more.`,
    },
    {
      steps: ["Store 1"],
      text: `Thread 1 stores its record: the key has id 1.`,
    },
    {
      steps: ["Lock 2", "ChangeIndex 2", "Unlock 2", "Store 2"],
      text: `Thread 2 goes by what it has seen. It allocates id 2, and its record replaces that of thread 1: the transaction only puts, so that
it has nothing to conflict with.`,
    },
  ],
  wrong: `The index has two embeddings of one key. A search may return id 1, which belongs to no record. The one who committed first is the
orphan.`,
  missingRule: `The lock must be held from the check until the record is stored. Then the check sees every insert that came before.`,
  besideTheSource: `The audit draws both checks before either lock, and finds the fault in the check outside of the lock. Here the second check comes
after the first thread has left the lock altogether. So moving the check inside does not help: \`vectorInsert=checkInside\` is
violated in 13 states, too. Nor is it "first committer wins": nothing conflicts.`,
  bounds: `Failures and crashes are turned off. A restart rebuilds the index from the record and so removes the orphan.`,
};

/** Told of counterexamples/transactional-store/wal-out-of-order.itf.json. */
import type { LessonText } from "../../lesson.ts";

export const walOutOfOrder: LessonText = {
  title: "WAL out of order: versions are monotonic, the log is not",
  setting: `Two threads commit on branches of their own, so that no branch lock orders them. The WAL's lock is held around the append only.`,
  chapters: [
    { steps: ["FetchAdd t1", "FetchAdd t2"], text: `t1 takes v1, then t2 takes v2, each in one atomic step.` },
    { steps: ["Append t2", "Append t1"], text: `t2 is the first at the WAL. Then comes t1.` },
  ],
  wrong: `The WAL holds v2, v1. If a crash cuts it after the first record, recovery has v2 without v1, and the counter starts at 2: a later
transaction can never tell that v1 is missing. A prefix of the WAL is no prefix of the history.`,
  missingRule: `Take the WAL's lock before the version, and keep it until the record is appended (\`walLock=beforeAllocation\`).`,
  besideTheSource: `Row 3 of the summary says "unique and monotonic". Unique holds. The counter only grows, but versions do not reach the WAL, nor
the store, in their order. The document's diagram takes the WAL's lock after the version.`,
  bounds: ``,
};

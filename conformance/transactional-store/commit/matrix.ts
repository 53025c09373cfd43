/** The counterexamples of the transactional store's commit side and vectors, with the engine's defects and the tours that tell them from production. */
import type { MatrixRow, MatrixTour } from "../../matrix.ts";

const tour = (model: string, constants: NonNullable<MatrixTour["constants"]> = {}): MatrixTour => ({
  model: `transactional-store/${model}`,
  constants,
});
const row = (name: string, shown: MatrixTour, defect = name): MatrixRow => ({
  counterexample: `transactional-store/${name}`,
  defect,
  tour: shown,
});
const notDriven = (name: string, reason: string): MatrixRow => ({ counterexample: `transactional-store/${name}`, notDriven: reason });

const oneBranch = tour("snapshot-reads", { writers: 1, branches: 1 });

export const matrix: readonly MatrixRow[] = [
  row("torn-snapshot", oneBranch),
  row("late-version", tour("snapshot-reads", { keys: 1 })),
  row("pending-too-late", oneBranch),
  row("open-while-replaying", tour("snapshot-reads", { branches: 1, keys: 1, crashes: 1 })),
  row("forgetful-read-set", tour("serialisability", { keys: 1 })),
  row("lost-across-branches", tour("cross-branch")),
  row("old-version-in-front", tour("cross-branch")),
  row("newest-version-collected", tour("garbage-collection")),
  row("two-lock-orders", tour("locks")),
  row("own-branch-first", tour("locks")),
  row("map-entry-kept", tour("locks")),
  row("waits-for-itself", tour("locks", { threads: 1 })),
  row("two-vector-ids", tour("vector-insert"), "vector-checked-outside"),
  row("crossed-updates", tour("vector-insert"), "vector-checked-outside"),
  notDriven(
    "wal-out-of-order",
    "the engine is of this design: it allocates versions without the log's lock, so production reproduces the counterexample; " +
      "recovery inserts each version at its place, so that the order of the log does not matter",
  ),
  notDriven("indexed-twice", "the engine has no inverted index"),
];

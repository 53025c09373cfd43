/** The counterexamples of the transactional store's commit side and vectors, with the engine's defects and the tours that tell them from production. */
import type { MatrixRow, MatrixTour, ToursDefect } from "../../matrix-row.ts";

export const tour = (model: string, constants: MatrixTour["constants"] = {}): MatrixTour => ({
  model: `transactional-store/${model}`,
  constants,
});
const row = (name: string, shown: MatrixTour, caughtAt: string, defect = name): MatrixRow => ({
  counterexample: `transactional-store/${name}`,
  defect,
  tour: shown,
  caughtAt,
});
const notDriven = (name: string, reason: string): MatrixRow => ({ counterexample: `transactional-store/${name}`, notDriven: reason });

const oneBranch = tour("snapshot-reads", { writers: 1, branches: 1 });

export const largestTour = tour("snapshot-reads");

export const matrix: readonly MatrixRow[] = [
  row("torn-snapshot", oneBranch, "Apply"),
  row("late-version", tour("snapshot-reads", { keys: 1 }), "Finish"),
  row("pending-too-late", oneBranch, "Allocate"),
  row("open-while-replaying", tour("snapshot-reads", { branches: 1, keys: 1, crashes: 1 }), "Begin"),
  row("forgetful-read-set", tour("serialisability", { keys: 1 }), "Apply"),
  row("lost-across-branches", tour("cross-branch"), "Read"),
  row("old-version-in-front", tour("cross-branch"), "Read"),
  row("newest-version-collected", tour("garbage-collection"), "Drop"),
  row("two-lock-orders", tour("locks"), "Start"),
  row("own-branch-first", tour("locks"), "Start"),
  row("map-entry-kept", tour("locks"), "Start"),
  row("waits-for-itself", tour("locks", { threads: 1 }), "Start"),
  row("two-vector-ids", tour("vector-insert"), "Begin", "vector-checked-outside"),
  row("crossed-updates", tour("vector-insert"), "Begin", "vector-checked-outside"),
  notDriven(
    "wal-out-of-order",
    "the engine is of this design: it allocates versions without the log's lock, so production reproduces the counterexample; " +
      "recovery inserts each version at its place, so that the order of the log does not matter",
  ),
  notDriven("indexed-twice", "the engine has no inverted index"),
];

/** Defects that no committed counterexample shows, each with a tour that finds it. */
export const moreDefects: readonly ToursDefect[] = [
  { defect: "acknowledged-when-applied", tour: tour("snapshot-reads", { keys: 1 }), caughtAt: "Acknowledge" },
  { defect: "failed-version-leaked", tour: oneBranch, caughtAt: "AppendFails" },
  { defect: "not-validated", tour: tour("serialisability", { keys: 1 }), caughtAt: "Validate" },
  { defect: "snapshots-ignored", tour: tour("garbage-collection"), caughtAt: "ChooseMinimum" },
  // The first store is one that was recovered, too.
  { defect: "restarts-from-zero", tour: tour("versions"), caughtAt: "FetchAdd" },
  { defect: "index-not-rebuilt", tour: tour("vector-insert"), caughtAt: "CrashAndRebuild" },
];

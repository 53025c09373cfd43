/**
 * The matrix of the log's and recovery's counterexamples, as data: which defect reproduces which, what is given back to
 * refuse it, and which tour tells the defective engine from the production one. What is not driven is here with its reason.
 */
import type { Design } from "../../../specs/language/index.ts";
import type { MatrixRow, MatrixTour } from "../../matrix-row.ts";

const strict: MatrixTour = { model: "transactional-store/durability" };
const replay: MatrixTour = { model: "transactional-store/recovery" };
const checkpoint: MatrixTour = { model: "transactional-store/checkpoint" };

export const tours = {
  strict,
  // The engine decides whether it syncs, and syncs, in one step: see the driver. So nothing forbidden can be tried without that.
  batched: { ...strict, design: { durability: "batched" }, options: { probes: false } },
  none: { ...strict, design: { durability: "none" } },
  tornTail: { model: "transactional-store/torn-tail" },
  replay,
  checkpoint,
  oneThread: { ...checkpoint, constants: { threads: 1 } },
} as const satisfies Readonly<Record<string, MatrixTour>>;

/** More of production, with no defect to find. */
export const largeTours: Readonly<Record<string, MatrixTour>> = {
  twoCrashesOfEachKind: { ...strict, constants: { processCrashes: 2, machineCrashes: 2, failures: 2 } },
  twoBranches: { ...replay, constants: { branches: 2, commits: 2, crashes: 1, repeats: 0 } },
  threeCommits: { ...replay, constants: { commits: 3 } },
  twoCheckpoints: { ...checkpoint, constants: { threads: 1, checkpoints: 2 } },
  pairsAroundCrashes: { ...strict, options: { pairsAround: ["CrashProcess", "CrashMachine", "CutTail", "SyncRecovered", "Replay"] } },
};

const row = (name: string, defect: string, tour: MatrixTour, caughtAt: string, kept: Design = {}): MatrixRow => ({
  counterexample: `transactional-store/${name}`,
  defect,
  tour,
  caughtAt,
  kept,
});

export const matrix: readonly MatrixRow[] = [
  row("ghost-commit", "ignore-log-failure", tours.strict, "WriteFails"),
  row("cut-without-sync", "cut-without-sync", tours.strict, "WriteFails"),
  row("recovered-unsynced", "serve-unsynced", tours.strict, "CutTail"),
  row("more-than-a-batch", "serve-unsynced", tours.batched, "CutTail", { durability: "batched" }),
  row("torn-tail", "keep-torn-tail", tours.tornTail, "Replay"),
  row("hole", "read-past-holes", tours.tornTail, "Replay"),
  row("bad-record-stays", "cut-last-only", tours.tornTail, "Replay"),
  row("apply-failure", "report-failed-apply", tours.replay, "ApplyFails"),
  row("empty-start", "start-empty", tours.replay, "RecoveryFails"),
  {
    counterexample: "transactional-store/replay-order",
    notDriven:
      "it needs two operations of one transaction on one key; the engine has no compare-and-set, and a transaction one write for a key",
  },
  row("checkpoint-mark", "compare-ids-with-versions", tours.checkpoint, "Recover"),
  row("checkpoint-unread", "recover-from-log-only", tours.oneThread, "Recover"),
];

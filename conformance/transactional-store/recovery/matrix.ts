/**
 * The matrix of the log's and recovery's counterexamples, as data: which defect reproduces which, what is given back to
 * refuse it, and which tour tells the defective engine from the production one. What is not driven is here with its reason.
 */
import type { Constants, Design, Spec } from "../../../specs/language/index.ts";
import { durability } from "../../../specs/transactional-store/recovery/durability.ts";
import type { EngineEntry } from "../../engines.ts";
import type { MatrixRow as SharedRow } from "../../matrix.ts";
import { drivenCheckpoint, drivenReplay, drivenTornTail } from "./driven-specs.ts";
import { checkpointEngine, durabilityEngine, replayEngine, tornTailEngine } from "./engines.ts";

export interface MatrixTour {
  readonly model: string;
  /** The model's spec, without what the engine does not do by design. */
  readonly spec: Spec;
  readonly engine: EngineEntry;
  readonly constants: Constants;
  readonly design: Design;
  /** False where an action that is forbidden cannot be tried without another one being done. */
  readonly probes: boolean;
  readonly pairsAround?: readonly string[];
}

const model = (aspect: string): string => `transactional-store/${aspect}`;
const of = { constants: {}, design: {}, probes: true };
const durable = { ...of, model: model("durability"), spec: durability, engine: durabilityEngine };

export const tours = {
  strict: { ...durable },
  // The engine decides whether it syncs, and syncs, in one step: see the driver.
  batched: { ...durable, design: { durability: "batched" }, probes: false },
  none: { ...durable, design: { durability: "none" } },
  tornTail: { ...of, model: model("torn-tail"), spec: drivenTornTail, engine: tornTailEngine },
  replay: { ...of, model: model("recovery"), spec: drivenReplay, engine: replayEngine },
  checkpoint: { ...of, model: model("checkpoint"), spec: drivenCheckpoint, engine: checkpointEngine },
  oneThread: { ...of, model: model("checkpoint"), spec: drivenCheckpoint, engine: checkpointEngine, constants: { threads: 1 } },
} as const satisfies Readonly<Record<string, MatrixTour>>;

/** More of production, with no defect to find. */
export const largeTours: Readonly<Record<string, MatrixTour>> = {
  twoCrashesOfEachKind: { ...tours.strict, constants: { processCrashes: 2, machineCrashes: 2, failures: 2 } },
  twoBranches: { ...tours.replay, constants: { branches: 2, commits: 2, crashes: 1, repeats: 0 } },
  threeCommits: { ...tours.replay, constants: { commits: 3 } },
  twoCheckpoints: { ...tours.checkpoint, constants: { threads: 1, checkpoints: 2 } },
  pairsAroundCrashes: { ...tours.strict, pairsAround: ["CrashProcess", "CrashMachine", "CutTail", "SyncRecovered", "Replay"] },
};

export type MatrixRow = { readonly counterexample: string } & (
  | {
      readonly defect: string;
      readonly tour: keyof typeof tours;
      /** Choices of the counterexample's design that are options of the production engine, so that they are not given back. */
      readonly options?: Design;
    }
  | { readonly notDriven: string }
);

const row = (name: string, defect: string, tour: keyof typeof tours, options: Design = {}): MatrixRow => ({
  counterexample: `transactional-store/${name}`,
  defect,
  tour,
  options,
});

export const matrix: readonly MatrixRow[] = [
  row("ghost-commit", "ignore-log-failure", "strict"),
  row("cut-without-sync", "cut-without-sync", "strict"),
  row("recovered-unsynced", "serve-unsynced", "strict"),
  row("more-than-a-batch", "serve-unsynced", "batched", { durability: "batched" }),
  row("torn-tail", "keep-torn-tail", "tornTail"),
  row("hole", "read-past-holes", "tornTail"),
  row("bad-record-stays", "cut-last-only", "tornTail"),
  row("apply-failure", "report-failed-apply", "replay"),
  row("empty-start", "start-empty", "replay"),
  {
    counterexample: "transactional-store/replay-order",
    notDriven:
      "it needs two operations of one transaction on one key; the engine has no compare-and-set, and a transaction one write for a key",
  },
  row("checkpoint-mark", "compare-ids-with-versions", "checkpoint"),
  row("checkpoint-unread", "recover-from-log-only", "oneThread"),
];

/** The same, in the shape that all systems share. */
export const rows: readonly SharedRow[] = matrix.map((r) => {
  if ("notDriven" in r) return r;
  const { model: name, spec, constants, design, probes } = tours[r.tour];
  return {
    counterexample: r.counterexample,
    defect: r.defect,
    tour: { model: name, spec, constants, design, options: { probes } },
    kept: r.options ?? {},
  };
});

/** What the specs have and the engine does not, by design. */
export const notDriven: readonly { readonly what: string; readonly reason: string }[] = [
  { what: "durability: RaiseMark", reason: "the engine keeps no mark of reserved versions (versions=maxSeen)" },
  { what: "durability: SyncCut", reason: "after a failure the engine stops until it is opened again (walFailure=poison)" },
  { what: "torn-tail: DropSegment, and CutTail of damage", reason: "the engine does not start from a log that is damaged in its middle" },
  { what: "recovery: Begin with deleteAndCas", reason: "a transaction has one write for a key" },
  { what: "recovery: StartWrite beside another write", reason: "the log's lock is always held (walLock=held)" },
  { what: "recovery, checkpoint: Acknowledge before a lower version", reason: "versions are published, and answered, in their order" },
  {
    what: "checkpoint: DeleteSegment at any time",
    reason: "segments are deleted by the checkpoint that makes them dispensable, the oldest first",
  },
  { what: "checkpoint: the last record's segment stays", reason: "a checkpoint begins a new segment, so that this one goes, too" },
  { what: "checkpoint: one checkpoint", reason: "production keeps two; the driver's checkpointer keeps one" },
];

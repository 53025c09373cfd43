/** The counterexamples of the snapshot restore, with the engine's defects and the tours that tell them from production. */
import type { Constants } from "../../specs/language/schema.ts";
import type { DrivenRow, MatrixRow, MatrixTour, ToursDefect } from "../matrix-row.ts";

const noFaults: Constants = { crashes: 0, failedWrites: 0, badChunks: 0 };
/** In the bounds of the counterexamples. */
const tours = {
  crash: { model: "snapshot-restore/parallel", constants: { ...noFaults, chunks: 1, crashes: 1 } },
  crashOfThree: { model: "snapshot-restore/parallel", constants: { ...noFaults, chunks: 3, crashes: 1 } },
  crashOfSingleKeys: { model: "snapshot-restore/parallel", constants: { ...noFaults, chunks: 2, keysPerChunk: 1, crashes: 1 } },
  badChunk: { model: "snapshot-restore/parallel", constants: { ...noFaults, chunks: 1, badChunks: 1 } },
  badChunkAndCrash: { model: "snapshot-restore/parallel", constants: { ...noFaults, chunks: 1, badChunks: 1, crashes: 1 } },
  failedWrite: { model: "snapshot-restore/parallel", constants: { ...noFaults, chunks: 2, failedWrites: 1 } },
  lead: { model: "snapshot-restore/kv-lead", constants: { ...noFaults, chunks: 2, failedWrites: 1, lead: 1 } },
  modes: { model: "snapshot-restore/modes", constants: { chunks: 1, runs: 2, badChunks: 0 } },
  /** A bad chunk that nobody checks. */
  badModes: { model: "snapshot-restore/modes", constants: { chunks: 1, runs: 1, badChunks: 1 } },
  torn: { model: "snapshot-restore/torn-writes", constants: { chunks: 1, crashes: 1 } },
} satisfies Readonly<Record<string, MatrixTour>>;

/** What tells an engine from the fixed spec: part of the verdict of its tour. */
export interface Divergence {
  readonly verdict: "accepted" | "refusedEffect";
  readonly step?: number;
  readonly action: string;
  readonly guard?: string;
  readonly path?: string;
  readonly expected?: string;
  readonly observed?: string;
}
const accepted: Divergence = { verdict: "accepted", step: 4, action: "KvValues", guard: "mayWriteKv" };
/** By the name of the defect. */
export const divergences: Readonly<Record<string, Divergence>> = {
  audited: accepted,
  "option-1": accepted,
  "option-2": accepted,
  "option-3": accepted,
  "kv-before-proof": accepted,
  "unchecked-overlap": { verdict: "refusedEffect", action: "TreeAdd", path: "treePc", expected: "refused", observed: "hand" },
  "same-object": { verdict: "refusedEffect", action: "Retry", path: "pc", expected: "down", observed: "ready" },
  "audited-same-object": accepted,
  "resume-in-any-mode": { verdict: "refusedEffect", action: "StartRun", path: "at", expected: "1", observed: "2" },
  "resume-at-other": { verdict: "refusedEffect", action: "Open", path: "at", expected: "1", observed: "2" },
  "root-first": { verdict: "accepted", action: "FinishRoot" },
  "acknowledged-early": { verdict: "accepted", action: "FinishNodes" },
  "checked-by-tree-only": { verdict: "accepted", action: "AddBadChunk" },
  "tree-writes-kv-progress": { verdict: "refusedEffect", action: "AddChunk", path: "kvProgress", expected: "0", observed: "1" },
  "progress-first": { verdict: "refusedEffect", action: "KvBegin", path: "kvPc", expected: "values", observed: "progress" },
  "shards-backward": { verdict: "accepted", action: "TreeShard" },
};

const toursDefect = (defect: string, tour: MatrixTour): ToursDefect => {
  const divergence = divergences[defect];
  if (divergence === undefined) throw new Error(`nothing is said of what tells ${defect} from production`);
  return { defect, tour, caughtAt: divergence.action };
};
const row = (name: string, defect: string, tour: MatrixTour): DrivenRow => ({
  counterexample: `snapshot-restore/${name}`,
  ...toursDefect(defect, tour),
});

/**
 * That KV leads by two chunks when a write has failed (the first row) is no fault by itself, and production does it, too: what it
 * refuses is the order of this behaviour, in which KV does not wait for the proof.
 */
export const matrix: readonly MatrixRow[] = [
  row("kv-leads-by-two-chunks", "audited", tours.lead),
  row("empty-root", "audited", tours.crash),
  row("empty-root-after-three-chunks", "audited", tours.crashOfThree),
  row("option-1-empty-root", "option-1", tours.crash),
  row("option-2-stuck", "option-2", tours.crashOfSingleKeys),
  row("option-3-stuck", "option-3", tours.crash),
  row("bad-value-under-the-right-root", "kv-before-proof", tours.badChunk),
  row("one-bad-chunk-no-tree", "audited", tours.badChunk),
  row("unchecked-overlap", "unchecked-overlap", tours.badChunkAndCrash),
  row("hole-below-the-root", "same-object", tours.failedWrite),
  row("wrong-root-on-the-same-object", "audited-same-object", tours.badChunk),
  row("kv-only-after-the-tree", "resume-in-any-mode", tours.modes),
];

/** Defects that no committed counterexample shows, each with a tour that finds it. */
export const moreDefects: readonly ToursDefect[] = [
  toursDefect("resume-at-other", tours.crash),
  toursDefect("root-first", tours.crash),
  toursDefect("acknowledged-early", tours.failedWrite),
  toursDefect("checked-by-tree-only", tours.badModes),
  toursDefect("tree-writes-kv-progress", tours.modes),
  toursDefect("progress-first", tours.torn),
  toursDefect("shards-backward", tours.torn),
];

export const largestTour: MatrixTour = { model: "snapshot-restore/parallel", constants: { chunks: 3, failedWrites: 2, badChunks: 2 } };
/** Each tour of the matrix once: production passes all. */
export const allTours: readonly (MatrixTour & { readonly name: string })[] = Object.entries(tours).map(([name, tour]) => ({
  name,
  ...tour,
}));

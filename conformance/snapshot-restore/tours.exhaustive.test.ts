import { describe, expect, it } from "vitest";
import { instanceOf } from "../../explorer/cli/subject.ts";
import { findModel } from "../../models/index.ts";
import { engineEntry } from "../engines.ts";
import { tourCell } from "../matrix.ts";
import type { MatrixTour } from "../matrix.ts";
import { fixedDesign } from "../spec-driver.ts";
import { tourOn } from "../tour.ts";
import { allTours, matrix, moreDefects } from "./matrix.ts";

describe("production passes", () => {
  it.each(allTours)("the tour $name of the matrix", async (tour) => {
    expect((await tourCell(tour)).outcome).toEqual({ verdict: "passed" });
  });

  /** Actions of other designs are never taken, but tried in every state. */
  const otherDesigns = ["WaitFails", "TreeFlush", "OpenRefuses", "AddBadChunk", "KvUsage"];
  it.each<readonly [MatrixTour, number]>([
    [{ model: "snapshot-restore/parallel", options: { pairsAround: ["Crash", "Open", "Retry", "RunAgain"] } }, 4_689],
    [{ model: "snapshot-restore/parallel", constants: { chunks: 3, failedWrites: 2, badChunks: 2 } }, 26_521],
    [{ model: "snapshot-restore/parallel", constants: { chunks: 4, keysPerChunk: 1 } }, 0],
    [{ model: "snapshot-restore/modes", constants: { chunks: 3, runs: 4, badChunks: 2 }, options: { pairsAround: ["StartRun"] } }, 0],
    [{ model: "snapshot-restore/torn-writes", options: { pairsAround: ["Crash"] } }, 1_640],
    [{ model: "snapshot-restore/torn-writes", constants: { chunks: 3, crashes: 3 } }, 5_343],
  ])("every step of %o", async (tour, edges) => {
    const { outcome, coverage } = await tourCell(tour);
    expect(outcome).toEqual({ verdict: "passed" });
    expect(coverage).toMatchObject({ kind: "edges", edges: { covered: edges, total: edges } });
    expect(coverage.pairs.covered).toBe(coverage.pairs.total);
    const untaken = Object.entries(coverage.actions).flatMap(([action, taken]) => (taken === 0 ? [action] : []));
    expect(otherDesigns).toEqual(expect.arrayContaining(untaken));
  });
});

/** A defect is the design that it says it is, and nothing else is wrong with it. */
describe("conforms to its own design, in the bounds of the matrix:", () => {
  /** Those of no design; and those whose design has more, or other, boundaries than their engine: see the registry. */
  const others = ["root-first", "acknowledged-early", "resume-in-any-mode", "progress-first", "shards-backward"];
  const driven = [...matrix.flatMap((row) => ("defect" in row ? [row] : [])), ...moreDefects];
  it.each(driven.filter(({ defect }) => !others.includes(defect)))("$defect in $tour", async ({ defect, tour }) => {
    const { model, constants } = tour;
    const found = (await engineEntry(model)).defects[defect];
    if (found === undefined) throw new Error(defect);
    const { spec } = findModel(model);
    const own = instanceOf(findModel(model), constants, { ...fixedDesign(spec), ...found.design });
    const driver = found.make();
    const { outcome } = await tourOn(own, driver, { model });
    await driver.close();
    expect(outcome).toEqual({ verdict: "passed" });
  });
});

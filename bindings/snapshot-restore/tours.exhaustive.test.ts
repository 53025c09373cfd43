import { describe, expect, it } from "vitest";
import { instanceOf } from "../../cli/subject.ts";
import { findModel } from "../../models/index.ts";
import type { Driver, Observation } from "../../conformance/driver.ts";
import { engineEntry } from "../engines.ts";
import { tourCell } from "../../scoreboard/matrix-cells.ts";
import type { MatrixTour } from "../matrix-row.ts";
import type { Constants } from "../../specs/language/schema.ts";
import { fixedDesign } from "../../conformance/spec-driver.ts";
import { tourOn } from "../../conformance/tour.ts";
import { allTours, divergences, largestTour, matrix, moreDefects } from "./matrix.ts";

describe("production passes", () => {
  it.each(allTours)("the tour $name of the matrix", async (tour) => {
    expect((await tourCell(tour)).outcome).toEqual({ verdict: "passed" });
  });

  /** Actions of other designs are never taken, but tried in every state. */
  const otherDesigns = ["WaitFails", "TreeFlush", "OpenRefuses", "AddBadChunk", "KvUsage"];
  it.each<readonly [MatrixTour, number]>([
    [{ model: "snapshot-restore/parallel", options: { pairsAround: ["Crash", "Open", "Retry", "RunAgain"] } }, 4_689],
    [largestTour, 26_521],
    [{ model: "snapshot-restore/parallel", constants: { chunks: 4, keysPerChunk: 1 } }, 6_617],
    [{ model: "snapshot-restore/modes", constants: { chunks: 3, runs: 4, badChunks: 2 }, options: { pairsAround: ["StartRun"] } }, 602],
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

describe("a tour of the fixed spec finds", () => {
  it.each(moreDefects)("$defect", async ({ defect, tour }) => {
    expect((await tourCell(tour, defect)).outcome).toMatchObject(divergences[defect] ?? {});
  });
});

/** A defect is the design that it says it is, and nothing else is wrong with it. */
describe("conforms to its own design, in the bounds of the matrix:", () => {
  const others = [
    // Of no design.
    "root-first",
    "acknowledged-early",
    // Of a chunk that was added last the tree has a part on disk. The spec counts it as whole and skips it; the engine adds it again.
    "resume-in-any-mode",
    // What is left of a chunk is pending in the spec before its progress is written; the engine then holds it in no write.
    "progress-first",
    // The spec's shards are written in any order, the engine's in one that is wrong.
    "shards-backward",
  ];
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

/** The abstraction can fail: a variable that is always read as it was at first is noticed. */
describe("a tour notices a variable that is not read from the engine:", () => {
  const stuck = (driver: Driver, variable: string): Driver => {
    let first: unknown;
    const look = async (): Promise<Observation> => {
      const { state, unobserved } = await driver.observe();
      first ??= state[variable];
      return { state: { ...state, [variable]: first }, unobserved };
    };
    return {
      name: `${driver.name}, ${variable} stuck`,
      init: (setup) => driver.init(setup),
      step: (action, args) => driver.step(action, args),
      observe: look,
      close: () => driver.close(),
    };
  };
  /** Of modes, badChunksLeft: production takes no bad chunk. */
  const constant = ["badChunksLeft"];
  const models: readonly (readonly [string, Constants])[] = [
    ["snapshot-restore/parallel", { chunks: 1 }],
    ["snapshot-restore/modes", { chunks: 1, runs: 3 }],
    ["snapshot-restore/torn-writes", { chunks: 1, crashes: 1 }],
  ];
  const cases = models.flatMap(([model, constants]) => {
    const variables = Object.keys(findModel(model).spec.variables);
    return variables.filter((v) => model !== "snapshot-restore/modes" || !constant.includes(v)).map((v) => [model, v, constants] as const);
  });
  it.each(cases)("%s: %s", async (model, variable, constants) => {
    const driver = stuck((await engineEntry(model)).production(), variable);
    const { outcome } = await tourOn(instanceOf(findModel(model), constants, {}), driver, { model });
    await driver.close();
    expect(outcome.verdict === "refusedEffect" && outcome.path).toMatch(new RegExp(`^${variable}\\b`));
  });
});

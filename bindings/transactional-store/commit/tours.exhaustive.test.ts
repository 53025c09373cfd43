/** Every step of models with up to 25,512 steps on production, and the seeded defects that only tours show. */
import { describe, expect, it } from "vitest";
import { findModel } from "../../../models/index.ts";
import type { Driver, Observation, Setup, StepResult } from "../../../conformance/driver.ts";
import type { Arguments } from "../../../conformance/driver.ts";
import { engineEntry } from "../../engines.ts";
import { tourCell, tourInstance } from "../../../scoreboard/matrix-cells.ts";
import type { DrivenRow, MatrixTour, ToursDefect } from "../../matrix-row.ts";
import { tourOn } from "../../../conformance/tour.ts";
import { largestTour, matrix, moreDefects, tour } from "./matrix.ts";

describe("every step on production passes, and what is forbidden is refused", () => {
  it.each<[walk: MatrixTour, edges: number]>([
    [largestTour, 25_512],
    [tour("snapshot-reads", { keys: 1, crashes: 1 }), 15_214],
    [tour("serialisability"), 16_490],
    [tour("cross-branch"), 2_548],
    [tour("garbage-collection", { readers: 2 }), 14_566],
    [tour("versions", { threads: 4 }), 24_500],
    [tour("locks", { threads: 3, branches: 3 }), 6_264],
    [tour("vector-insert", { tasks: 3, deletes: 2, crashes: 2, existing: 1 }), 9_182],
  ])("%j", async (walk, edges) => {
    const { outcome, coverage } = await tourCell(walk);
    expect(outcome).toEqual({ verdict: "passed" });
    expect(coverage.edges).toEqual({ covered: edges, total: edges });
  });
});

describe("every pair of steps around a crash passes on production", () => {
  it.each<[walk: MatrixTour, around: readonly string[]]>([
    [tour("snapshot-reads", { keys: 1, branches: 1, crashes: 2, writers: 1 }), ["Crash", "Replay", "FinishRecovery"]],
    [tour("snapshot-reads", { keys: 1, branches: 1, crashes: 1 }), ["Crash", "Replay", "FinishRecovery"]],
    [tour("versions"), ["CrashAndRestart"]],
    [tour("vector-insert"), ["CrashAndRebuild"]],
  ])("%j", async (walk, pairsAround) => {
    const { outcome, coverage } = await tourCell({ ...walk, options: { pairsAround, probes: false } });
    expect(outcome).toEqual({ verdict: "passed" });
    expect(coverage.pairs.total).toBeGreaterThan(100);
    expect(coverage.pairs.covered).toBe(coverage.pairs.total);
  });
});

describe("a tour tells a defect from production", () => {
  const driven = matrix.filter((row): row is DrivenRow => "defect" in row);
  it.each<ToursDefect>([...driven, ...moreDefects])("$defect", async ({ defect, tour: walk, caughtAt }) => {
    const { outcome } = await tourCell(walk, defect);
    expect(outcome.verdict).toMatch(/^(refusedEffect|refusedGuard|accepted)$/);
    expect(outcome).toMatchObject({ action: caughtAt });
  });
});

/** A driver that reports one variable as it was in the beginning. */
class Frozen implements Driver {
  readonly name = "frozen";
  #first: unknown;

  constructor(
    private readonly driver: Driver,
    private readonly variable: string,
  ) {}
  async init(setup: Setup): Promise<void> {
    await this.driver.init(setup);
    this.#first = (await this.driver.observe()).state[this.variable];
  }
  async step(action: string, args: Arguments): Promise<StepResult> {
    return this.driver.step(action, args);
  }
  async observe(): Promise<Observation> {
    const { state, unobserved } = await this.driver.observe();
    return { state: { ...state, [this.variable]: this.#first }, unobserved };
  }
  async close(): Promise<void> {
    await this.driver.close();
  }
}

/** What no design of the engine changes, and what is not observed. */
const constant: Readonly<Record<string, readonly string[]>> = {
  "transactional-store/snapshot-reads": ["walLock"],
  "transactional-store/versions": ["walLock"],
  "transactional-store/vector-insert": ["found", "nextId"],
};

describe("a variable that is not read from the engine fails the tour", () => {
  const walks: readonly MatrixTour[] = [
    tour("snapshot-reads", { keys: 1, branches: 1, crashes: 1 }),
    tour("cross-branch"),
    tour("garbage-collection"),
    tour("versions"),
    tour("locks"),
    tour("vector-insert", { existing: 1 }),
  ];
  const cases = walks.flatMap((walk) =>
    Object.keys(findModel(walk.model).spec.variables)
      .filter((variable) => constant[walk.model]?.includes(variable) !== true)
      .map((variable) => ({ model: walk.model, variable, walk })),
  );
  it.each(cases)("$model: $variable", async ({ model, variable, walk }) => {
    const frozen = new Frozen((await engineEntry(model)).production(), variable);
    const { outcome } = await tourOn(await tourInstance(walk), frozen, { model });
    await frozen.close();
    expect(outcome).toMatchObject({ verdict: "refusedEffect" });
  });
});

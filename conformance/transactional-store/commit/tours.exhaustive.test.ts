/** Every step of models with up to 25,512 steps on production, and the seeded defects that only tours show. */
import { describe, expect, it } from "vitest";
import { instanceOf } from "../../../explorer/cli/subject.ts";
import { findModel } from "../../../models/index.ts";
import type { Design } from "../../../specs/language/instantiate.ts";
import type { Constants } from "../../../specs/language/schema.ts";
import type { Driver, Observation, Setup, StepResult } from "../../driver.ts";
import type { Arguments } from "../../driver.ts";
import { engineEntry } from "../../engines.ts";
import { tourCell } from "../../matrix.ts";
import type { DrivenRow } from "../../matrix.ts";
import { fixedDesign } from "../../spec-driver.ts";
import { tourOn } from "../../tour.ts";
import type { TourOptions, TourReport } from "../../tour.ts";
import { matrix } from "./matrix.ts";

/** The engine allocates versions without the log's lock, and leaves those of failed commits unused. */
const engineDesign: Readonly<Record<string, Design>> = {
  "transactional-store/versions": { walLock: "aroundAppend", failedVersion: "unused" },
};

const tour = async (aspect: string, constants: Constants, driver?: Driver, options: Partial<TourOptions> = {}): Promise<TourReport> => {
  const model = `transactional-store/${aspect}`;
  const found = findModel(model);
  const instance = instanceOf(found, constants, { ...fixedDesign(found.spec), ...engineDesign[model] });
  const on = driver ?? (await engineEntry(model)).production();
  try {
    return await tourOn(instance, on, { model, ...options });
  } finally {
    await on.close();
  }
};

describe("every step on production passes, and what is forbidden is refused", () => {
  it.each<[aspect: string, constants: Constants, edges: number]>([
    ["snapshot-reads", {}, 25_512],
    ["snapshot-reads", { keys: 1, crashes: 1 }, 15_214],
    ["serialisability", {}, 16_490],
    ["cross-branch", {}, 2_548],
    ["garbage-collection", { readers: 2 }, 14_566],
    ["versions", { threads: 4 }, 24_500],
    ["locks", { threads: 3, branches: 3 }, 6_264],
    ["vector-insert", { tasks: 3, deletes: 2, crashes: 2, existing: 1 }, 9_182],
  ])("%s %j", async (aspect, constants, edges) => {
    const { outcome, coverage } = await tour(aspect, constants);
    expect(outcome).toEqual({ verdict: "passed" });
    expect(coverage.edges).toEqual({ covered: edges, total: edges });
  });
});

describe("every pair of steps around a crash passes on production", () => {
  it.each<[aspect: string, constants: Constants, around: readonly string[]]>([
    ["snapshot-reads", { keys: 1, branches: 1, crashes: 2, writers: 1 }, ["Crash", "Replay", "FinishRecovery"]],
    ["snapshot-reads", { keys: 1, branches: 1, crashes: 1 }, ["Crash", "Replay", "FinishRecovery"]],
    ["versions", {}, ["CrashAndRestart"]],
    ["vector-insert", {}, ["CrashAndRebuild"]],
  ])("%s %j", async (aspect, constants, pairsAround) => {
    const { outcome, coverage } = await tour(aspect, constants, undefined, { pairsAround, probes: false });
    expect(outcome).toEqual({ verdict: "passed" });
    expect(coverage.pairs.total).toBeGreaterThan(100);
    expect(coverage.pairs.covered).toBe(coverage.pairs.total);
  });
});

describe("a tour tells a defect from production", () => {
  it.each(matrix.filter((row): row is DrivenRow => "defect" in row))("$counterexample: $defect", async (row) => {
    const { outcome } = await tourCell(row.tour, row.defect);
    expect(outcome.verdict).toMatch(/^(refusedEffect|refusedGuard|accepted)$/);
  });
  /** Without a committed counterexample: where the tour must stop. */
  it.each<[aspect: string, defect: string, constants: Constants, action: string]>([
    ["snapshot-reads", "acknowledged-when-applied", { keys: 1 }, "Acknowledge"],
    ["snapshot-reads", "failed-version-leaked", { writers: 1, branches: 1 }, "AppendFails"],
    ["serialisability", "not-validated", { keys: 1 }, "Validate"],
    ["garbage-collection", "snapshots-ignored", {}, "ChooseMinimum"],
    // The first store is one that was recovered, too.
    ["versions", "restarts-from-zero", {}, "FetchAdd"],
    ["vector-insert", "index-not-rebuilt", {}, "CrashAndRebuild"],
  ])("%s: %s", async (aspect, defect, constants, action) => {
    const entry = await engineEntry(`transactional-store/${aspect}`);
    const { outcome } = await tour(aspect, constants, entry.defects[defect]?.make());
    expect(outcome.verdict).toMatch(/^(refusedEffect|refusedGuard|accepted)$/);
    expect("action" in outcome ? outcome.action : undefined).toBe(action);
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
  "snapshot-reads": ["walLock"],
  versions: ["walLock"],
  "vector-insert": ["found", "nextId"],
};

describe("a variable that is not read from the engine fails the tour", () => {
  const models: readonly (readonly [string, Constants])[] = [
    ["snapshot-reads", { keys: 1, branches: 1, crashes: 1 }],
    ["cross-branch", {}],
    ["garbage-collection", {}],
    ["versions", {}],
    ["locks", {}],
    ["vector-insert", { existing: 1 }],
  ];
  const cases = models.flatMap(([aspect, constants]) =>
    Object.keys(findModel(`transactional-store/${aspect}`).spec.variables)
      .filter((variable) => constant[aspect]?.includes(variable) !== true)
      .map((variable) => ({ aspect, variable, constants })),
  );
  it.each(cases)("$aspect: $variable", async ({ aspect, variable, constants }) => {
    const entry = await engineEntry(`transactional-store/${aspect}`);
    const { outcome } = await tour(aspect, constants, new Frozen(entry.production(), variable));
    expect(outcome).toMatchObject({ verdict: "refusedEffect" });
  });
});

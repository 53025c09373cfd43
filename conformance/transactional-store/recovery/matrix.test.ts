import { describe, expect, it } from "vitest";
import { recoveryCounterexamples } from "../../../counterexamples/transactional-store-recovery.ts";
import type { DiskImage, UnsyncedOperation } from "../../../engine/wiring/controlled/crash-images.ts";
import { ControlledDisk } from "../../../engine/wiring/controlled/disk.ts";
import type { Driver, Observation } from "../../driver.ts";
import { defectOfDesign, engineEntry } from "../../engines.ts";
import { DurabilityDriver } from "./durability-driver.ts";
import { fixedSpec, loadCounterexample, replayCell, tourCell } from "./matrix-cells.ts";
import { matrix, tours } from "./matrix.ts";
import type { MatrixRow } from "./matrix.ts";
import { production } from "./store-process.ts";

type DrivenRow = Extract<MatrixRow, { readonly defect: string }>;
const driven = matrix.filter((r): r is DrivenRow => "defect" in r);
const defectOf = ({ defect, tour }: DrivenRow): Driver => {
  const found = tours[tour].engine.defects[defect];
  if (found === undefined) throw new Error(`no defect ${defect}`);
  return found.make();
};

describe("the matrix", () => {
  it("has a row for every counterexample of these specs, and every defect says which it reproduces", async () => {
    const specs = new Set(Object.values(tours).map((t) => t.model));
    const expected = recoveryCounterexamples.filter((c) => specs.has(c.model)).map((c) => c.name);
    expect(matrix.map((r) => r.counterexample).sort()).toEqual([...expected].sort());
    for (const row of driven) {
      const { model, design } = loadCounterexample(row.counterexample).trace;
      const defect = defectOfDesign(await engineEntry(model), design);
      expect(defect.counterexamples).toContain(row.counterexample);
    }
  });

  it.each(driven)("$counterexample is reproduced by the defect $defect", async (row) => {
    const { trace } = loadCounterexample(row.counterexample);
    const expected = { verdict: "reproduced", step: trace.steps.length, invariant: trace.violated?.property };
    expect(await replayCell(row.counterexample, defectOf(row))).toMatchObject(expected);
  });

  it.each(driven)("$counterexample is refused by production, at the step where the fixed spec refuses it", async (row) => {
    const fixed = await replayCell(row.counterexample, fixedSpec(row.counterexample, row.options));
    const actual = await replayCell(row.counterexample, tours[row.tour].engine.production());
    expect(fixed.verdict).toMatch(/^refused(Guard|Effect)$/);
    const { verdict, step, action } = fixed;
    expect(actual).toMatchObject({ verdict, step, action, ...("path" in fixed ? { path: fixed.path } : {}) });
  });

  it("is not vacuous: a variable that the engine shows otherwise is seen, whichever it is", async () => {
    /** Says something else of one variable, from the first state on. */
    const perturbed = (driver: Driver, variable: string): Driver => ({
      name: `${driver.name}, perturbed`,
      init: (setup) => driver.init(setup),
      step: (action, args) => driver.step(action, args),
      observe: async (): Promise<Observation> => {
        const { state, unobserved } = await driver.observe();
        return { state: { ...state, [variable]: "otherwise" }, unobserved };
      },
      close: () => driver.close(),
    });
    const onePerEngine = driven.filter((row, i) => driven.findIndex((r) => tours[r.tour].engine === tours[row.tour].engine) === i);
    for (const row of onePerEngine) {
      const { trace } = loadCounterexample(row.counterexample);
      for (const variable of Object.keys(trace.steps[0]?.state ?? {})) {
        const outcome = await replayCell(row.counterexample, perturbed(defectOf(row), variable));
        expect([row.counterexample, variable, outcome.verdict]).toEqual([row.counterexample, variable, "refusedEffect"]);
        expect(outcome).toHaveProperty("path", variable);
      }
    }
  });
});

describe("the disk that crashes", () => {
  it("loses what was not synced: a disk whose sync does nothing is found out", async () => {
    /** But for the first one, which is that of the log's header: the specs begin behind it. */
    class DiskWithoutSync extends ControlledDisk {
      #durable: DiskImage | undefined;
      override async sync(file: string): Promise<void> {
        await super.sync(file);
        this.#durable ??= super.crashKeeping(() => false);
      }
      override crashKeeping(isKept: (operation: UnsyncedOperation) => boolean): DiskImage {
        return this.#durable ?? super.crashKeeping(isKept);
      }
    }
    const driver = new DurabilityDriver({ ...production, disk: (image) => new DiskWithoutSync(image) });
    const { outcome } = await tourCell(tours.strict, driver);
    expect(outcome).toMatchObject({ verdict: "refusedEffect", action: "Sync", path: "disk" });
  });
  it("keeps no more than the crash lets it: one that loses nothing is found out", async () => {
    class DriverWithoutLoss extends DurabilityDriver {
      protected override crashTo(): void {
        super.crashTo(this.disk.image());
      }
    }
    const { outcome } = await tourCell(tours.strict, new DriverWithoutLoss());
    expect(outcome).toMatchObject({ verdict: "refusedEffect", action: "CrashMachine", path: "disk" });
  });
});

it("production takes every step without a log, and refuses every other", async () => {
  const report = await tourCell(tours.none, tours.none.engine.production());
  expect(report.outcome).toEqual({ verdict: "passed" });
  expect(report.coverage.edges).toEqual({ covered: 404, total: 404 });
  expect(report.unobserved.paths).toEqual([]);
});

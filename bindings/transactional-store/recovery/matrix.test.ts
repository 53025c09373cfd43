import { describe, expect, it } from "vitest";
import { recoveryCounterexamples } from "../../../counterexamples/transactional-store-recovery.ts";
import { readTrace } from "../../../cli/trace-file.ts";
import type { DiskImage, UnsyncedOperation } from "../../../engine/wiring/controlled/crash-images.ts";
import { ControlledDisk } from "../../../engine/wiring/controlled/disk.ts";
import type { Driver, Observation } from "../../../conformance/driver.ts";
import { defectOfDesign } from "../../../conformance/engine-entry.ts";
import { engineEntry } from "../../engines.ts";
import { replayCells, tourCell, tourInstance } from "../../../scoreboard/matrix-cells.ts";
import type { DrivenRow } from "../../matrix-row.ts";
import { replayOn } from "../../../conformance/replay.ts";
import { tourOn } from "../../../conformance/tour.ts";
import { DurabilityDriver } from "./durability-driver.ts";
import { matrix, tours } from "./matrix.ts";
import { production } from "./store-process.ts";

const driven = matrix.filter((r): r is DrivenRow => "defect" in r);
const load = (counterexample: string) => readTrace(`counterexamples/${counterexample}.itf.json`, undefined);

describe("the matrix", () => {
  it("has a row for every counterexample of these specs, and every defect says which it reproduces", async () => {
    const models = new Set(Object.values(tours).map((t) => t.model));
    const expected = recoveryCounterexamples.filter((c) => models.has(c.model)).map((c) => c.name);
    expect(matrix.map((r) => r.counterexample).sort()).toEqual([...expected].sort());
    for (const row of driven) {
      const { model, design } = (await load(row.counterexample)).trace;
      const defect = defectOfDesign(await engineEntry(model), design);
      expect(defect.counterexamples).toContain(row.counterexample);
    }
  });

  it.each(driven)(
    "$counterexample is reproduced by the defect $defect, and refused by production where the fixed spec refuses it",
    async (row) => {
      const { defective, production: refused, fixedSpec, length, violated } = await replayCells(row);
      expect(defective).toMatchObject({ verdict: "reproduced", step: length, invariant: violated });
      expect(fixedSpec.verdict).toMatch(/^refused(Guard|Effect)$/);
      const { verdict, step, action } = fixedSpec;
      expect(refused).toMatchObject({ verdict, step, action, ...("path" in fixedSpec ? { path: fixedSpec.path } : {}) });
    },
  );

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
    const onePerModel = driven.filter((row, i) => driven.findIndex((r) => r.tour.model === row.tour.model) === i);
    for (const row of onePerModel) {
      const { trace, instance } = await load(row.counterexample);
      const defect = (await engineEntry(trace.model)).defects[row.defect];
      for (const variable of Object.keys(trace.steps[0]?.state ?? {})) {
        const driver = perturbed(defect?.make() ?? expect.fail(`no defect ${row.defect}`), variable);
        const { outcome } = await replayOn(instance, trace, driver);
        await driver.close();
        expect([row.counterexample, variable, outcome.verdict]).toEqual([row.counterexample, variable, "refusedEffect"]);
        expect(outcome).toHaveProperty("path", variable);
      }
    }
  });
});

describe("the disk that crashes", () => {
  const toured = async (driver: Driver) => (await tourOn(await tourInstance(tours.strict), driver, { model: tours.strict.model })).outcome;

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
    expect(await toured(driver)).toMatchObject({ verdict: "refusedEffect", action: "Sync", path: "disk" });
  });
  it("keeps no more than the crash lets it: one that loses nothing is found out", async () => {
    class DriverWithoutLoss extends DurabilityDriver {
      protected override crashTo(): void {
        super.crashTo(this.disk.image());
      }
    }
    expect(await toured(new DriverWithoutLoss())).toMatchObject({ verdict: "refusedEffect", action: "CrashMachine", path: "disk" });
  });
});

it("production takes every step without a log, and refuses every other", async () => {
  const report = await tourCell(tours.none);
  expect(report.outcome).toEqual({ verdict: "passed" });
  expect(report.coverage.edges).toEqual({ covered: 404, total: 404 });
  expect(report.unobserved.paths).toEqual([]);
});

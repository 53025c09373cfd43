import { describe, expect, it } from "vitest";
import { instanceOf } from "../../cli/subject.ts";
import { findModel } from "../../models/index.ts";
import { tourCell } from "../../scoreboard/matrix-cells.ts";
import { tourOn } from "../../conformance/tour.ts";
import { engine } from "./engine.ts";
import { largestTour, matrix, tour } from "./matrix.ts";

const model = "viewstamped-replication";

describe("tours of Viewstamped Replication", () => {
  it("production passes every step of one value and one timer, with all that is forbidden tried in every state", async () => {
    const { outcome, coverage } = await tourCell(largestTour);
    expect(outcome).toEqual({ verdict: "passed" });
    expect(coverage).toMatchObject({ kind: "edges", states: { covered: 42_753 }, edges: { covered: 106_793, total: 106_793 } });
    expect(coverage.probes).toBeGreaterThan(1_000_000);
  }, 1_800_000);
  it("production passes a sample of two values and one timer, with state transfer", async () => {
    const { outcome, coverage } = await tourCell({ ...tour, options: { maxStates: 1000, maxSteps: 20_000 } });
    expect(outcome).toEqual({ verdict: "passed" });
    const { NoProgressChange, ...actions } = coverage.actions;
    expect(NoProgressChange).toBe(0);
    expect(Object.entries(actions).filter(([, taken]) => taken === 0)).toEqual([]);
  });
  it("production passes the tour that tells the defects from it", async () => {
    expect((await tourCell(tour)).outcome).toEqual({ verdict: "passed" });
  });
  it.each(matrix.flatMap((row) => ("defect" in row ? [row] : [])))(
    "the defect $defect is found by a tour of the published design, and conforms to its own",
    async ({ defect, tour: fixed }) => {
      const { outcome } = await tourCell(fixed, defect);
      expect(outcome).toMatchObject({ verdict: "refusedEffect", action: "SendGetState" });
      const found = engine.defects[defect];
      if (found === undefined) throw new Error(defect);
      const own = instanceOf(findModel(model), fixed.constants, found.design);
      const report = await tourOn(own, found.make(), { model, ...fixed.options });
      expect(report.outcome).toEqual({ verdict: "passed" });
    },
  );
});

import { describe, expect, it } from "vitest";
import { replayCells } from "../../scoreboard/matrix-cells.ts";
import type { DrivenRow } from "../matrix-row.ts";
import { matrix } from "./matrix.ts";
import { engine } from "./engine.ts";

const driven = matrix.filter((row): row is DrivenRow => "defect" in row);

/** Where production and the fixed spec part from the counterexample. */
const refusals: Readonly<Record<string, readonly [step: number, path: string]>> = {
  "eager-1": [11, "replicas[3].status"],
  "eager-2": [15, "replicas[3].status"],
  "eager-3": [15, "replicas[3].viewNumber"],
  "lazy-1": [12, "replicas[3].status"],
  "lazy-2": [18, "replicas[3].status"],
  "lazy-3": [12, "replicas[3].status"],
};

describe("the counterexamples of Viewstamped Replication", () => {
  it("all have a defect", () => {
    expect(driven.map((row) => row.counterexample)).toEqual(Object.keys(refusals));
    expect(Object.values(engine.defects).flatMap((d) => d.counterexamples)).toEqual(Object.keys(refusals));
  });
  it.each(driven)(
    "$counterexample is reproduced by the defective engine, and refused by production where the fixed spec refuses it",
    async (row) => {
      const cells = await replayCells(row);
      expect(cells.defective).toMatchObject({ verdict: "reproduced", step: cells.length, invariant: cells.violated });
      const [step, path] = refusals[row.counterexample] ?? [];
      expect(cells.production).toMatchObject({ verdict: "refusedEffect", step, action: "SendGetState", path });
      expect(cells.fixedSpec).toEqual(cells.production);
    },
  );
});

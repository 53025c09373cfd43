import { describe, expect, it } from "vitest";
import { commitCounterexamples } from "../../../counterexamples/transactional-store-commit.ts";
import { readTrace } from "../../../cli/trace-file.ts";
import { engineEntry } from "../../engines.ts";
import { replayCells, tourCell } from "../../../scoreboard/matrix-cells.ts";
import type { DrivenRow } from "../../matrix-row.ts";
import { replayOn } from "../../../conformance/replay.ts";
import { production } from "./commit-driver.ts";
import { matrix } from "./matrix.ts";
import { VersionsDriver } from "./versions-driver.ts";

const quick = ["torn-snapshot", "pending-too-late", "newest-version-collected", "two-lock-orders", "map-entry-kept", "two-vector-ids"];
const nameOf = ({ counterexample }: DrivenRow): string => counterexample.split("/")[1] ?? "";
const driven = matrix.filter((row): row is DrivenRow => "defect" in row);

/** Where production and the fixed spec part from the counterexample: the state, and the field or the engine's guard. */
const refusals: Readonly<Record<string, readonly [step: number, action: string, why: string]>> = {
  "torn-snapshot": [5, "Apply", "storeVersion"],
  "late-version": [9, "Finish", "storeVersion"],
  "pending-too-late": [3, "Allocate", "pending{1}"],
  "open-while-replaying": [6, "Lock", "the store is not open"],
  "forgetful-read-set": [8, "Apply", "storeVersion"],
  "lost-across-branches": [8, "Write", "a transaction of b2 has no operation on another branch"],
  "old-version-in-front": [8, "Write", "a transaction of b2 has no operation on another branch"],
  "newest-version-collected": [5, "Drop", "chain"],
  "two-lock-orders": [2, "Start", "a commit has one way in, and it begins with the branch's lock"],
  "own-branch-first": [2, "Start", "a transaction of b1 has no operation on another branch"],
  "map-entry-kept": [2, "Start", "threads.t1.toTake"],
  "waits-for-itself": [2, "Start", "a transaction of b1 has no operation on another branch"],
  "two-vector-ids": [2, "Begin", "pc[1]"],
  "crossed-updates": [2, "Begin", "pc[1]"],
};

describe("the counterexamples of the commit side", () => {
  it("all have a row", async () => {
    const rows = matrix.map((r) => r.counterexample);
    expect(rows).toEqual(expect.arrayContaining(commitCounterexamples.map((c) => c.name)));
    expect(Object.keys(refusals)).toEqual(driven.map(nameOf));
    for (const { counterexample, defect, tour } of driven)
      expect((await engineEntry(tour.model)).defects[defect]?.counterexamples).toContain(counterexample);
  });

  it.each(driven)("$counterexample is reproduced by the defect, and refused by production where the fixed spec refuses it", async (row) => {
    const cells = await replayCells(row);
    expect(cells.defective).toMatchObject({ verdict: "reproduced", step: cells.length, invariant: cells.violated });
    const [step, action, why] = refusals[nameOf(row)] ?? [];
    expect(cells.production).toMatchObject({ verdict: expect.stringMatching(/^refused/) as unknown, step, action });
    expect("guard" in cells.production ? cells.production.guard : "path" in cells.production ? cells.production.path : "").toBe(why);
    expect(cells.fixedSpec).toMatchObject({ verdict: cells.production.verdict, step, action });
  });

  // The others need larger models: see tours.exhaustive.test.ts.
  it.each(driven.filter((row) => quick.includes(nameOf(row))))("a tour tells the engine with $defect from production", async (row) => {
    const { outcome } = await tourCell(row.tour, row.defect);
    expect(outcome.verdict).toMatch(/^(refusedEffect|accepted)$/);
  });

  it("wal-out-of-order is what production does", async () => {
    const { trace, instance } = await readTrace("counterexamples/transactional-store/wal-out-of-order.itf.json", undefined);
    const driver = new VersionsDriver(production);
    expect((await replayOn(instance, trace, driver)).outcome).toMatchObject({ verdict: "reproduced", step: 5 });
    driver.close();
  });
});

describe("small tours on production", () => {
  it.each([
    ["transactional-store/snapshot-reads", { writers: 1, branches: 1 }],
    ["transactional-store/serialisability", { keys: 1, transactions: 1 }],
    ["transactional-store/garbage-collection", { versions: 2 }],
    ["transactional-store/locks", {}],
    ["transactional-store/vector-insert", { threads: 1 }],
  ])("every step of %s %j passes, and what is forbidden is refused", async (model, constants) => {
    const { outcome, coverage, unobserved } = await tourCell({ model, constants });
    expect(outcome).toEqual({ verdict: "passed" });
    expect(coverage.edges.covered).toBe(coverage.edges.total);
    expect(unobserved.paths).toEqual(model.endsWith("vector-insert") ? ["found", "nextId"] : []);
  });
});

import { expect, it } from "vitest";
import { dieHard, twoPhaseCommit } from "../fixtures/published-specs.ts";
import { judge } from "./search.ts";

/** As TLC counts them (github.com/tlaplus/Examples: specifications/transaction_commit and specifications/DieHard). */
it("finds the published number of states of two-phase commit with three resource managers", () => {
  const found = judge(twoPhaseCommit(3));
  expect(found.distinct).toBe(288);
  expect(found.findings.filter((f) => f.kind !== "deadlock")).toEqual([]);
});

it("counts states that differ by renaming resource managers once", () => {
  // A class has from one to 3! states; with one resource manager there is nothing to rename.
  const { distinct } = judge(twoPhaseCommit(3), { symmetry: true });
  expect(distinct).toBeGreaterThanOrEqual(288 / 6);
  expect(distinct).toBeLessThan(288);
  expect(judge(twoPhaseCommit(1), { symmetry: true })).toEqual(judge(twoPhaseCommit(1)));
});

it("finds the 16 states of die hard and its shortest solution", () => {
  const found = judge(dieHard);
  expect(found.distinct).toBe(16);
  expect(found.findings).toEqual([{ kind: "invariant", property: "NotSolved", length: 7 }]);
});

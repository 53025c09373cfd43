import { describe, expect, it } from "vitest";
import { twoPhaseCommit } from "../../specs/classics/two-phase-commit.ts";
import { instantiate } from "../../specs/language/index.ts";
import { viewstampedReplication } from "../../specs/viewstamped-replication/spec.ts";
import { counterSpec, mailboxSpec } from "../interpret/fixtures/example-specs.ts";
import { referenceSearch } from "./reference-search.ts";

describe("the reference search agrees with TLC", () => {
  it("on TwoPhase with three resource managers", () => {
    const result = referenceSearch(instantiate(twoPhaseCommit));
    expect(result).toMatchObject({ generated: 1146, distinct: 288, depth: 11, exhausted: true, violations: [] });
    expect(Object.values(result.actions).reduce((a, b) => a + b)).toBe(1145);
  });
  it("on viewstamped replication without values", () => {
    const instance = instantiate(viewstampedReplication, { constants: { values: 0, startViewOnTimerLimit: 1 } });
    expect(referenceSearch(instance, { allowDeadlock: true })).toMatchObject({
      generated: 4055,
      distinct: 1366,
      depth: 16,
      exhausted: true,
    });
  });
});

describe("the reference search", () => {
  it("finds the same depth with symmetry, in fewer states", () => {
    const instance = instantiate(twoPhaseCommit);
    expect(referenceSearch(instance, { symmetry: true })).toMatchObject({ distinct: 80, depth: 11 });
    const [plain, reduced] = [false, true].map((symmetry) =>
      referenceSearch(instantiate(mailboxSpec), { symmetry, continueAfterViolation: true, allowDeadlock: true }),
    );
    expect(reduced?.violations).toEqual(plain?.violations);
    expect(reduced?.distinct).toBeLessThan(plain?.distinct ?? 0);
  });
  it("stops at the first violation, or goes on and gives the first of each property", () => {
    const instance = instantiate(mailboxSpec);
    const first = referenceSearch(instance);
    expect(first.violation).toEqual({ kind: "invariant", property: "OneAccepted", length: 5 });
    expect(first).toMatchObject({ exhausted: false, violations: [first.violation] });
    const all = referenceSearch(instance, { continueAfterViolation: true });
    expect(all.violations).toEqual([
      { kind: "invariant", property: "OneAccepted", length: 5 },
      { kind: "action-property", property: "NeverChanges", length: 5 },
      { kind: "deadlock", property: "deadlock", length: 11 },
    ]);
    expect(referenceSearch(instance, { invariants: ["NeverForgets"], allowDeadlock: true })).toMatchObject({
      exhausted: true,
      violations: [],
    });
  });
  it("checks states outside a constraint, but neither counts nor expands them", () => {
    const instance = instantiate(counterSpec("constraint"), { constants: { limit: 3 } });
    const result = referenceSearch(instance, { continueAfterViolation: true });
    // 0, 1, 2 and 3 are counted; 4 (twice) and 5 are generated.
    expect(result).toMatchObject({ generated: 9, distinct: 4, depth: 3, actions: { Add: 8 } });
    expect(result.violations).toEqual([{ kind: "invariant", property: "Small", length: 3 }]);
  });
  it("reports deadlocks and obeys its bounds", () => {
    const instance = instantiate(counterSpec("deadlock"), { constants: { limit: 6 } });
    expect(referenceSearch(instance, { invariants: [] }).violation).toEqual({ kind: "deadlock", property: "deadlock", length: 4 });
    expect(referenceSearch(instance, { maxDepth: 2 })).toMatchObject({ distinct: 3, depth: 2, exhausted: false });
    expect(referenceSearch(instance, { maxStates: 2 })).toMatchObject({ distinct: 2, exhausted: false });
  });
  it("finds nothing impure in the specs that it is an oracle for", () => {
    const instance = instantiate(viewstampedReplication, { constants: { values: 1, startViewOnTimerLimit: 1 } });
    expect(referenceSearch(instance, { maxStates: 300, checkPure: true, allowDeadlock: true }).distinct).toBe(300);
  });
});

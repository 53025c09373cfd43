import { describe, expect, it } from "vitest";
import { findings, verdictsByDesign } from "./lattice.ts";
import type { DesignRun } from "./lattice.ts";

const holds = (design: DesignRun["design"]): DesignRun => ({ design, complete: true, verdict: "holds", violation: undefined });
const violated = (design: DesignRun["design"], length: number): DesignRun => ({
  design,
  complete: false,
  verdict: "violated",
  violation: { property: "Safe", length },
});
const final = { update: "lazy", guard: "strict", status: true };

describe("the verdict of a design over several models", () => {
  it("is a violation if there is one, and the shortest of them", () => {
    const [verdict] = verdictsByDesign([holds(final), violated(final, 9), violated(final, 7)]);
    expect(verdict).toMatchObject({ verdict: "violated", violation: { length: 7 } });
  });
  it("is inconclusive rather than holds", () => {
    const [verdict] = verdictsByDesign([holds(final), { ...holds(final), verdict: "inconclusive" }]);
    expect(verdict?.verdict).toBe("inconclusive");
  });
  it("is inconclusive when only some of the properties were checked", () => {
    expect(verdictsByDesign([{ ...holds(final), complete: false }])[0]?.verdict).toBe("inconclusive");
    expect(verdictsByDesign([violated(final, 7)])[0]?.verdict).toBe("violated");
  });
  it("does not depend on the order of the switches", () => {
    expect(verdictsByDesign([holds({ a: true, b: false }), holds({ b: false, a: true })])).toHaveLength(1);
  });
});

describe("findings", () => {
  it("calls a switch necessary when turning it alone away violates", () => {
    const found = findings(final, [holds(final), violated({ ...final, guard: "monotonic" }, 15), holds({ ...final, update: "eager" })]);
    expect(found?.switches).toEqual([
      { name: "update", choice: "lazy", kind: "not shown necessary", instead: ["eager"] },
      { name: "guard", choice: "strict", kind: "necessary", instead: "monotonic", property: "Safe", length: 15 },
      { name: "status", choice: true, kind: "not run alone" },
    ]);
  });
  it("does not blame one switch for a design that differs in two", () => {
    const found = findings(final, [holds(final), violated({ ...final, guard: "monotonic", status: false }, 15)]);
    expect(found?.switches.map((s) => s.kind)).toEqual(["not run alone", "not run alone", "not run alone"]);
  });
  it("names the smallest sufficient sets only", () => {
    const found = findings(final, [
      holds(final),
      holds({ ...final, update: "eager" }),
      holds({ update: "eager", guard: "strict", status: false }),
    ]);
    expect(found?.sufficient).toEqual([{ guard: "strict" }]);
  });
  it("says nothing relative to a design that does not hold", () => {
    expect(findings(final, [violated(final, 3), holds({ ...final, update: "eager" })])).toBeUndefined();
  });
});

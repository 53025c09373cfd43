import { describe, expect, it } from "vitest";
import { diffText, diffTraces } from "./diff.ts";
import { overtaking } from "./fixtures/example-traces.ts";

const without = (at: number) => ({ ...overtaking, steps: overtaking.steps.filter((_, i) => i !== at) });

describe("two traces side by side", () => {
  it("align on the actions that they share", () => {
    const rows = diffTraces(overtaking, without(2)).map((r) => [r.left?.at, r.right?.at]);
    expect(rows).toEqual([[1, 1], [2, 2], [3, undefined], [4, 3], [5, 4], [6, 5]]); // prettier-ignore
    expect(diffTraces(without(2), overtaking).map((r) => [r.left?.at, r.right?.at])).toContainEqual([undefined, 3]);
    expect(diffTraces(overtaking, overtaking).every((r) => r.sameState)).toBe(true);
  });
  it("read as two columns with marks", () => {
    expect(diffText(overtaking, without(2), { width: 101 }).split("\n").slice(0, 4)).toEqual([
      "1 Initial predicate                               = 1 Initial predicate",
      "2 Offer(v1)                                       = 2 Offer(v1)",
      "3 Offer(v2)                                       <",
      "4 Accept(3, Offer(value=v2, dest=3, source=1))    = 3 Accept(3, Offer(value=v2, dest=3, source=1))",
    ]);
  });
  it("show where a shared action leads to different states", () => {
    const steps = overtaking.steps.map((s, i) => (i === 2 ? { ...s, state: { ...s.state, offered: { v1: true } } } : s));
    const text = diffText(overtaking, { ...overtaking, steps });
    expect(text).toMatch(/^3 Offer\(v2\) +≠ 3 Offer\(v2\)$/m);
    expect(text).toContain("States 3 and 3 differ (left → right):\n  offered.v2: true → absent");
  });
});

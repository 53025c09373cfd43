import { describe, expect, it } from "vitest";
import { defects } from "./example-defects.ts";
import { runSchedule } from "./example-schedule.ts";

describe("random schedules with crashes, restarts, losses and epochs", () => {
  it.each([1, 2, 3])("keep all invariants (seed %i)", async (seed) => {
    const { violated, taken, proofs } = await runSchedule({ seed, length: 400 });
    expect(violated).toBeUndefined();
    // A schedule in which nothing happens would keep them as well.
    expect(Object.keys(taken)).toEqual(expect.arrayContaining(["submit", "fetch", "deliver", "write", "crash", "restart", "advance"]));
    expect(proofs).toBeGreaterThan(0);
  });

  it.each(["signsBeforeDurable", "relaxedRows", "doesNotPopulate"])("find %s", async (name) => {
    const { parts, violates } = defects[name] ?? expect.fail();
    expect(violates).toContain((await runSchedule({ seed: 5, length: 500, parts })).violated);
  });

  it("repeat for the same seed", async () => {
    expect(await runSchedule({ seed: 7, length: 200 })).toEqual(await runSchedule({ seed: 7, length: 200 }));
  });
});

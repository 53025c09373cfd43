import { describe, expect, it } from "vitest";
import { defects } from "./example-defects.ts";
import { runSchedule } from "./example-schedule.ts";

describe("many random schedules", () => {
  it("keep all invariants", async () => {
    let [proofs, fetched] = [0, 0];
    for (let seed = 1000; seed < 1200; seed++) {
      const result = await runSchedule({
        seed,
        length: 1000,
        config: seed % 2 === 0 ? { quota: { batches: 3, memoryBytes: 0 } } : { graceTime: 1 },
      });
      expect(result.violated, `seed ${seed}`).toBeUndefined();
      proofs += result.proofs;
      fetched += result.fetched;
    }
    expect(proofs).toBeGreaterThan(1000);
    expect(fetched).toBeGreaterThan(1000);
  });

  it.each(Object.entries(defects))("find %s", async (_name, { parts, violates }) => {
    const found = async (): Promise<string | undefined> => {
      for (let seed = 0; seed < 300; seed++) {
        const { violated } = await runSchedule({ seed, length: 600, parts, config: { batchIdRange: 1 } });
        if (violated !== undefined) return violated;
      }
      return undefined;
    };
    expect(violates).toContain(await found());
  });
});

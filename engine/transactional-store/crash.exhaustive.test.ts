import { describe, expect, test } from "vitest";
import { checkpointStep, collectStep, commitStep, record, refusedStep, verdict, wrongAfter } from "./example-crashes.ts";
import type { WorkloadStep } from "./example-crashes.ts";
import { open, ports } from "./example-store.ts";
import { ControlledDisk } from "../wiring/controlled/disk.ts";

const steps: readonly WorkloadStep[] = Array.from({ length: 40 }, (_, i) => {
  if (i % 11 === 10) return checkpointStep;
  if (i % 13 === 12) return collectStep;
  return i % 7 === 6 ? refusedStep : commitStep;
});

describe("a crash before any disk operation of a long workload", () => {
  test.each(["P", "M0", "M1", "M2", "M3", "M4"] as const)("of kind %s leaves a prefix with all that was acknowledged", async (kind) => {
    const { images, wrong } = await verdict(
      await record(steps, { segmentBytes: 900 }, kind, { everyCutUpToBytes: 32, maxImages: 1024 }),
      3,
    );
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(images).toBeGreaterThan(60);
  });

  test.each(["M1", "M2", "M3", "M4"] as const)("of kind %s leaves a prefix in batched mode, and loses at most the batch", async (kind) => {
    // One record a step: a collection leaves none, so that a step is not a record.
    const logged = steps.filter((step) => step !== collectStep);
    const options = { segmentBytes: 900, durability: "batched", batchRecords: 4 } as const;
    const { moments, states } = await record(logged, options, kind, { everyCutUpToBytes: 8, maxImages: 256 });
    const wrong: string[] = [];
    for (const { before, acknowledged, begun, images } of moments)
      for (const image of images) {
        const found = await wrongAfter(image, states, Math.max(0, acknowledged - 3), begun);
        if (found !== undefined) wrong.push(`before ${before}: ${found}`);
      }
    expect(wrong.slice(0, 3)).toEqual([]);
  });

  test("and a second crash, during the recovery", async () => {
    const { moments, states } = await record(steps.slice(0, 14), { segmentBytes: 500 }, "M4", { maxImages: 24, everyCutUpToBytes: 4 });
    const wrong: string[] = [];
    let twice = 0;
    for (const { acknowledged, begun, images } of moments)
      for (const image of images) {
        const disk = new ControlledDisk(image);
        const during: ReturnType<typeof disk.crash>[] = [];
        disk.watch(() => during.push(disk.crash("M4", { maxImages: 16, everyCutUpToBytes: 4 })));
        await open(ports(disk));
        for (const left of during.flatMap((c) => c.images)) {
          twice += 1;
          const found = await wrongAfter(left, states, acknowledged, begun);
          if (found !== undefined) wrong.push(found);
        }
      }
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(twice).toBeGreaterThan(1000);
  });
});

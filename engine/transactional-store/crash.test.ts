import { describe, expect, test } from "vitest";
import {
  DiskWithoutDirectorySync,
  DiskWithoutSync,
  checkpointStep,
  collectStep,
  commitStep,
  record,
  refusedStep,
  verdict,
} from "./example-crashes.ts";

const steps = [commitStep, commitStep, refusedStep, checkpointStep, commitStep, commitStep, collectStep, checkpointStep, commitStep];
const options = { segmentBytes: 500 };
const few = { maxImages: 24, everyCutUpToBytes: 6 };

describe("a crash before any disk operation of a workload", () => {
  test.each(["P", "M0", "M4"] as const)("of kind %s leaves a prefix with all that was acknowledged", async (kind) => {
    const recording = await record(steps, options, kind, few);
    const { images, wrong } = await verdict(recording, 5);
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(recording.moments.length).toBeGreaterThan(40);
    expect(images).toBeGreaterThanOrEqual(20);
  });

  test("is seen to lose what was acknowledged when syncs do nothing", async () => {
    const { wrong } = await verdict(await record(steps, options, "M0", few, new DiskWithoutSync()), 5);
    expect(wrong.filter((w) => w.includes("were acknowledged") || w.includes("not recovered"))).not.toEqual([]);
    const directory = await verdict(await record(steps, options, "M4", few, new DiskWithoutDirectorySync()), 5);
    expect(directory.wrong).not.toEqual([]);
  });
});

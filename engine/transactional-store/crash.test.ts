import { describe, expect, test } from "vitest";
import type { DiskImage } from "../wiring/controlled/crash-images.ts";
import { ControlledDisk } from "../wiring/controlled/disk.ts";
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
import { open, ports, put } from "./example-store.ts";

const steps = [commitStep, commitStep, refusedStep, checkpointStep, commitStep, commitStep, collectStep, checkpointStep, commitStep];
const options = { segmentBytes: 500 };
const few = { maxImages: 10, everyCutUpToBytes: 3 };

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
    const directory = await verdict(await record(steps.slice(0, 5), options, "M4", few, new DiskWithoutDirectorySync()), 5);
    expect(directory.wrong).not.toEqual([]);
  });
});

/** The versions that recovery replays, in the order of the log. */
const replayed = async (image: DiskImage): Promise<readonly unknown[]> => {
  const of = ports(new ControlledDisk(image));
  const versions: unknown[] = [];
  const reached = (step: string, args: Readonly<Record<string, unknown>> = {}): undefined => {
    if (step === "ReplayRecord") versions.push(args["version"]);
  };
  await open({ ...of, steps: Object.assign(of.steps, { reached }) });
  return versions;
};

test.each(["P", "M4"] as const)(
  "a crash of kind %s during commits of several branches leaves a prefix of the log with all that was acknowledged",
  async (kind) => {
    const of = ports();
    const options = { segmentBytes: 600 };
    const store = await open(of, options);
    const branches = ["main", "b1", "b2", "b3"];
    for (const name of branches.slice(1)) await store.createBranch(name);
    const acknowledged: number[] = [];
    const moments: { readonly known: number; readonly images: readonly DiskImage[] }[] = [];
    of.disk.watch(() => moments.push({ known: acknowledged.length, images: of.disk.crash(kind, few).images }));
    const client = async (branch: string): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        const outcome = await put(store, { n: `${i}`, [branch]: "x".repeat(i) }, branch);
        if (outcome.status === "committed") acknowledged.push(outcome.version);
      }
    };
    await Promise.all(branches.map(client));
    const log = await replayed(of.disk.image());
    expect(log.length).toBe(15);
    for (const { known, images } of moments)
      for (const image of images) {
        const found = await replayed(image);
        expect(found).toEqual(log.slice(0, found.length));
        expect(found).toEqual(expect.arrayContaining(acknowledged.slice(0, known)));
      }
  },
);

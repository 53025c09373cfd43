import { describe, expect, it } from "vitest";
import { instanceOf } from "../../cli/subject.ts";
import { findModel } from "../../models/index.ts";
import type { Constants } from "../../specs/language/schema.ts";
import { HarnessError } from "../../conformance/driver.ts";
import type { Setup } from "../../conformance/driver.ts";
import { tourCell } from "../../scoreboard/matrix-cells.ts";
import { RestoreModesDriver } from "./modes-driver.ts";
import { chunkedSnapshot } from "./numbered-snapshot.ts";
import { ParallelRestoreDriver } from "./parallel-driver.ts";
import { TornWritesDriver } from "./torn-driver.ts";

const setupOf = (model: string, constants: Constants): Setup => {
  const instance = instanceOf(findModel(model), constants, {});
  return { model, constants: instance.constants, design: instance.design, seed: 0, initial: {} };
};

describe("production passes every step, with all that is forbidden tried in every state:", () => {
  const parallel = { crashes: 0, failedWrites: 0, badChunks: 0 };
  it.each<readonly [string, Constants, number]>([
    ["snapshot-restore/parallel", { ...parallel, chunks: 1, badChunks: 1 }, 68],
    ["snapshot-restore/parallel", { ...parallel, chunks: 1, crashes: 1 }, 116],
    ["snapshot-restore/kv-lead", { ...parallel, chunks: 2, failedWrites: 1, lead: 1 }, 168],
    ["snapshot-restore/modes", { chunks: 1, runs: 2, badChunks: 1 }, 72],
    ["snapshot-restore/torn-writes", { chunks: 1, crashes: 1 }, 227],
  ])("%s with %o", async (model, constants, edges) => {
    const { outcome, coverage, unobserved } = await tourCell({ model, constants });
    expect(outcome).toEqual({ verdict: "passed" });
    expect(coverage).toMatchObject({ kind: "edges", edges: { covered: edges, total: edges } });
    expect(unobserved).toEqual({ paths: [], fields: 0 });
  });
});

describe("a refusal is the engine's own", () => {
  it("says where the restore is", async () => {
    const driver = new ParallelRestoreDriver();
    await driver.init(setupOf("snapshot-restore/parallel", { chunks: 1 }));
    expect(await driver.step("FetchChunk", {})).toEqual({ kind: "refused", guard: "no chunk is asked for: the restore is down, at Open" });
    expect(await driver.step("Open", {})).toEqual({ kind: "ok" });
    expect(await driver.step("FetchBadChunk", { k: 2 })).toEqual({ kind: "ok" });
    expect(await driver.step("KvValues", {})).toMatchObject({ guard: "KvValues is not next: the restore is adding, at TreeAdd" });
    expect(await driver.step("TreeAdd", {})).toEqual({ kind: "ok" });
    expect(driver.observe().state).toMatchObject({
      treePc: "refused",
      badKey: 2,
      hashed: { 1: "good", 2: "bad" },
      kv: { 1: "none", 2: "none" },
    });
    driver.close();
  });

  it("gives the engine's reason for a bad chunk that a run refuses, and leaves the run where it was", async () => {
    const driver = new RestoreModesDriver();
    await driver.init(setupOf("snapshot-restore/modes", { chunks: 2, runs: 1, badChunks: 1 }));
    await driver.step("StartRun", { mode: "Default" });
    await driver.step("AddChunk", { at: 1 });
    const before = driver.observe();
    expect(before.state).toMatchObject({ at: 2, tree: 1, kvProgress: 1 });
    const refused = await driver.step("AddBadChunk", { at: 2 });
    expect(refused.kind === "refused" && refused.guard).toMatch(/^the range proof of chunk 1 of main does not lead to root/);
    expect(driver.observe()).toEqual(before);
    driver.close();
  });

  it("tells which shard comes next", async () => {
    const driver = new TornWritesDriver();
    await driver.init(setupOf("snapshot-restore/torn-writes", { chunks: 1, crashes: 0 }));
    await driver.step("TreeBegin", {});
    expect(await driver.step("TreeShard", { k: 2 })).toEqual({ kind: "refused", guard: "the next shard of the tree is that of key 1" });
    await driver.step("KvBegin", {});
    await driver.step("KvShard", { k: 2 });
    expect(await driver.step("KvShardsEnd", {})).toEqual({ kind: "refused", guard: "the shards of 1 are not written yet" });
    driver.close();
  });
});

describe("the harness", () => {
  it.each([new ParallelRestoreDriver(), new RestoreModesDriver(), new TornWritesDriver()])("does not step before init", async (driver) => {
    await expect(driver.step("Crash", {})).rejects.toThrow(HarnessError);
  });
  it("has no word for a hash that stands for nothing, or for a key that is not in the snapshot", async () => {
    const snapshot = await chunkedSnapshot(2, 2);
    expect(() => snapshot.contentsBelow("0", "ab".repeat(32))).toThrow(/a hash at 0 that no choice of values has/);
    expect(() => snapshot.numberOf("ab".repeat(32))).toThrow(HarnessError);
    expect(snapshot.chunk(1).pairs).toHaveLength(2);
  });
});

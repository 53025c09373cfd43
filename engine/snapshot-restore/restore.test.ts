import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { settle } from "../wiring/controlled/settle.ts";
import { Restore } from "./restore.ts";
import type { RestoreMode, RestoreOptions } from "./restore.ts";
import { BadChunkError, BadManifestError, OtherClusterError, OtherSnapshotError, RestoreFailedError, UnopenableError } from "./errors.ts";
import {
  ExampleSource,
  clusterId,
  diskOf,
  emptyDisk,
  noSteps,
  pairsOf,
  pairsOn,
  run,
  snapshotOf,
  tablesOf,
} from "./fixtures/example-snapshot.ts";
import type { Disk, Run, Tables } from "./fixtures/example-snapshot.ts";
import { discardSnapshot } from "./fetch-snapshot.ts";
import { badChunks, searchFaults, wrongOnDisk, wrongWhenFinished } from "./fixtures/restore-oracle.ts";
import { leafOf } from "./snapshot.ts";

const six = pairsOf(["a", "b", "c", "d", "e", "f"]);
const modes: readonly RestoreMode[] = ["default", "keysOnly", "treeOnly"];

describe("a restore", () => {
  it("ends with the pairs and the tree of the snapshot, whatever they are", async () => {
    const keys = fc.uniqueArray(fc.string({ unit: "binary", maxLength: 6 }), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(keys, fc.integer({ min: 1, max: 8 }), fc.constantFrom(...modes), async (some, chunkPairs, mode) => {
        const snapshot = await snapshotOf(pairsOf(some), chunkPairs);
        const { outcome, disk } = await run(snapshot, { mode });
        expect(outcome).toBe("finished");
        expect(await wrongWhenFinished(disk, snapshot, mode)).toBeUndefined();
        expect((await pairsOn(disk)).length).toBe(mode === "treeOnly" ? 0 : some.length);
        expect(disk.tree.size > 0).toBe(mode !== "keysOnly");
      }),
      { numRuns: 60 },
    );
  });

  it("goes through one mode after the other, each by the progress of its own sides", async () => {
    const snapshot = await snapshotOf(six);
    const someModes = fc.array(fc.tuple(fc.constantFrom(...modes), fc.nat(12)), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(someModes, fc.constantFrom(...modes), async (before, mode) => {
        let disk: Disk = emptyDisk;
        for (const [m, at] of before) {
          const result: Run = await run(snapshot, { disk, mode: m, withCrashes: true });
          disk = result.crashes[at]?.at(-1) ?? result.disk;
        }
        const last = await run(snapshot, { disk, mode });
        expect(last.outcome).toBe("finished");
        expect(await wrongWhenFinished(last.disk, snapshot, mode)).toBeUndefined();
      }),
      { numRuns: 25 },
    );
  });

  it("writes nothing again when it has finished", async () => {
    const snapshot = await snapshotOf(six);
    const { disk } = await run(snapshot);
    const again = await run(snapshot, { disk });
    expect(again).toMatchObject({ outcome: "finished", writes: 0 });
  });

  it("gives up a write that fails again and again, with its cause, and goes on when it is run again", async () => {
    const snapshot = await snapshotOf(six);
    const { outcome, error, disk } = await run(snapshot, { failing: [5, 6, 7, 8, 9, 10, 11], maxFailures: 1 });
    expect(outcome).toBe("failed");
    expect(error).toBeInstanceOf(RestoreFailedError);
    expect(String(error)).toContain("ENOSPC");
    expect(await wrongOnDisk(disk, snapshot)).toBeUndefined();
    const again = await run(snapshot, { disk });
    expect(await wrongWhenFinished(again.disk, snapshot)).toBeUndefined();
  });

  it("cuts its running write off when it is abandoned, and is of no use then", async () => {
    const { manifest, chunks } = await snapshotOf(six);
    const tables = tablesOf(emptyDisk);
    const stopped: string[] = [];
    let goOn = (): void => undefined;
    const late = new Promise<void>((resolve) => (goOn = resolve));
    const steps = { reached: (step: string) => (step === "WriteShard" ? (stopped.push(step), late) : undefined) };
    const restore = new Restore({ clusterId, manifest, tables, steps });
    await restore.open();
    await restore.addChunk(chunks[0]);
    expect(restore.observe().tree.write).toBe("pending");
    await restore.abandon();
    expect(stopped).toEqual(["WriteShard"]);
    goOn();
    await settle(tables.kv, tables.tree);
    expect(diskOf(tables).tree.size).toBe(0);
    await expect(restore.addChunk(chunks[1])).rejects.toThrow(RestoreFailedError);
  });

  it("finishes after the last chunk, not before, and stays finished", async () => {
    const { manifest, chunks } = await snapshotOf(six);
    const tables = tablesOf(emptyDisk);
    const early = new Restore({ clusterId, manifest, tables, steps: noSteps });
    await early.open();
    await early.addChunk(chunks[0]);
    await expect(early.finish()).rejects.toThrow("chunk 1 of main comes before finish");
    await early.abandon();
    const restore = new Restore({ clusterId, manifest, tables, steps: noSteps });
    await restore.open();
    for (const chunk of chunks.slice(restore.observe().at)) await restore.addChunk(chunk);
    await restore.finish();
    await restore.abandon();
    expect(restore.observe().pc).toBe("finished");
  });

  it("writes in 1 to 256 shards, a power of two", async () => {
    const { manifest } = await snapshotOf(six);
    const withShards = (shards: number) => new Restore({ clusterId, manifest, tables: tablesOf(emptyDisk), steps: noSteps, shards });
    for (const shards of [0, 3, 0.5, 512]) expect(() => withShards(shards)).toThrow(`a power of two up to 256, not ${shards}`);
    for (const shards of [1, 2, 256]) expect(withShards(shards).observe().pc).toBe("down");
  });

  it("writes the values of a chunk once for each shard that it has any of, then its progress", async () => {
    const { manifest, chunks } = await snapshotOf(six, 6);
    const firstDigits = new Set(six.map((pair) => leafOf(pair).keyHash[0]));
    expect(firstDigits.size).toBeGreaterThan(2);
    for (const [shards, writes] of [
      [1, 2],
      [16, firstDigits.size + 1],
    ] as const) {
      const tables = tablesOf(emptyDisk);
      let seen = 0;
      tables.kv.watch((call) => (seen += call.kind === "write" ? 1 : 0));
      const restore = new Restore({ clusterId, manifest, tables, steps: noSteps, mode: "keysOnly", shards });
      await restore.open();
      await restore.addChunk(chunks[0]);
      expect(seen).toBe(writes);
    }
  });

  it("goes on with the first chunk that a side of its mode lacks, and looks at no other side", async () => {
    const { manifest, chunks } = await snapshotOf(six);
    const other = await snapshotOf(pairsOf(["x"]));
    const opened = async (tables: Tables, mode: RestoreMode): Promise<Restore> => {
      const restore = new Restore({ clusterId, manifest, tables, steps: noSteps, mode });
      await restore.open();
      return restore;
    };
    const add = async (tables: Tables, mode: RestoreMode, count: number): Promise<void> => {
      const restore = await opened(tables, mode);
      for (const chunk of chunks.slice(0, count)) await restore.addChunk(chunk);
      await restore.abandon();
    };
    for (let ofKv = 0; ofKv <= chunks.length; ofKv++)
      for (let ofTree = 0; ofTree <= chunks.length; ofTree++) {
        const tables = tablesOf(emptyDisk);
        await add(tables, "keysOnly", ofKv);
        await add(tables, "treeOnly", ofTree);
        // The last chunk of a tree that is cut off may still be on its way to the disk.
        const onTree = (await opened(tables, "treeOnly")).observe().at;
        expect(onTree).toBeGreaterThanOrEqual(Math.max(0, ofTree - 1));
        expect((await opened(tables, "keysOnly")).observe().at).toBe(ofKv);
        expect((await opened(tables, "default")).observe().at).toBe(Math.min(ofKv, onTree));
      }
    const { disk } = await run(other);
    expect((await opened(tablesOf({ kv: disk.kv, tree: new Map() }), "treeOnly")).observe().at).toBe(0);
    expect((await opened(tablesOf({ kv: new Map(), tree: disk.tree }), "keysOnly")).observe().at).toBe(0);
  });

  it("shows all that it holds in memory as plain values", async () => {
    const { manifest, chunks } = await snapshotOf(six);
    const restore = new Restore({ clusterId, manifest, tables: tablesOf(emptyDisk), steps: noSteps });
    expect(restore.observe()).toMatchObject({ pc: "down", at: 0 });
    await restore.open();
    for (const chunk of chunks) await restore.addChunk(chunk);
    const state = restore.observe();
    expect(structuredClone(state)).toEqual(state);
    const end = manifest.chunkEnds.at(-1);
    expect(state).toMatchObject({
      pc: "ready",
      at: 3,
      kv: { progress: end, usage: { count: 6 } },
      tree: { previous: end, isComplete: false },
    });
    await restore.finish();
    expect(restore.observe()).toMatchObject({ pc: "finished", tree: { handed: end, isComplete: false } });
  });
});

describe("faults", () => {
  it.each(modes)("crashes of the process and the machine at every write, as many as one likes: %s", async (mode) => {
    const { disks, wrong } = await searchFaults(await snapshotOf(six), { mode });
    expect(wrong).toEqual([]);
    expect(disks).toBeGreaterThan(mode === "default" ? 20 : 5);
  });

  it.each(modes)("a failed write at every write, before and after crashes: %s", async (mode) => {
    const { wrong } = await searchFaults(await snapshotOf(six.slice(0, 4)), { failing: true, mode, orders: ["inTurns"] });
    expect(wrong).toEqual([]);
  });

  it("every bad chunk at every position is refused before anything of it is on disk, and another peer's is taken", async () => {
    const snapshot = await snapshotOf(six);
    for (const mode of modes) {
      for (const [index, chunk] of snapshot.chunks.entries()) {
        for (const [name, bad] of badChunks(chunk)) {
          const source = new ExampleSource(snapshot, [[index, bad]]);
          const { outcome, disk } = await run(snapshot, { source, mode });
          expect(source.blamed, `${mode}, chunk ${index} with ${name}`).toEqual([expect.any(BadChunkError)]);
          expect(outcome).toBe("finished");
          expect(await wrongWhenFinished(disk, snapshot, mode)).toBeUndefined();
        }
      }
    }
  });

  it("a bad chunk before and after crashes", async () => {
    const snapshot = await snapshotOf(six.slice(0, 4));
    const bad = snapshot.chunks.flatMap((chunk, i) =>
      badChunks(chunk).flatMap(([name, b]) => (/value 0|no pair 1/.test(name) ? [[i, b] as const] : [])),
    );
    const { wrong } = await searchFaults(snapshot, { bad });
    expect(wrong).toEqual([]);
  });
});

describe("what does not belong together is refused", () => {
  const restoreOf = (options: Partial<RestoreOptions> & Pick<RestoreOptions, "manifest" | "tables">) =>
    new Restore({ clusterId, steps: noSteps, ...options });
  const sizesOf = (tables: Tables) => [diskOf(tables).kv.size, diskOf(tables).tree.size];

  it("a snapshot of another cluster", async () => {
    const { manifest } = await snapshotOf(six);
    expect(() => restoreOf({ manifest, clusterId: "another", tables: tablesOf(emptyDisk) })).toThrow(OtherClusterError);
  });

  it("another snapshot than the one begun, until that is discarded", async () => {
    const snapshot = await snapshotOf(six);
    const { crashes, disk: end } = await run(snapshot, { withCrashes: true });
    for (const disk of [...crashes.flat(), end].filter(({ kv, tree }) => kv.size + tree.size > 0)) {
      for (const change of [{ version: 8 }, { position: 71 }, { root: "1".repeat(64) }]) {
        const tables = tablesOf(disk);
        const other = { ...snapshot.manifest, ...change };
        await expect(restoreOf({ manifest: other, tables }).open()).rejects.toThrow(OtherSnapshotError);
        await discardSnapshot(tables);
        expect(sizesOf(tables)).toEqual([0, 0]);
        await restoreOf({ manifest: other, tables }).open();
      }
    }
  });

  it("rows that are no rows of a restore", async () => {
    const snapshot = await snapshotOf(six);
    const { crashes } = await run(snapshot, { withCrashes: true });
    const disk = crashes.at(-3)?.[0] ?? emptyDisk;
    const wrong = Buffer.from("nonsense");
    for (const row of ["kv/main/progress", "kv/main/snapshot", "tree/main/snapshot", "tree/main/root", "tree/main/node/111111"]) {
      const side = row.startsWith("kv") ? "kv" : "tree";
      const tables = tablesOf({ ...disk, [side]: new Map([...disk[side], [row, wrong]]) });
      await expect(restoreOf({ manifest: snapshot.manifest, tables }).open(), row).rejects.toThrow(UnopenableError);
    }
  });

  it("a manifest that ends early, or counts wrongly", async () => {
    const snapshot = await snapshotOf(six);
    const { manifest } = snapshot;
    for (const change of [{ chunkEnds: manifest.chunkEnds.slice(0, 2) }, { count: 5 }, { bytes: 1 }]) {
      for (const mode of ["default", "keysOnly"] as const) {
        const bad = { ...snapshot, manifest: { ...manifest, ...change } };
        const source = new ExampleSource(bad);
        source.blame = (error) => Promise.reject(error);
        const { error, disk } = await run(bad, { source, mode });
        expect(error).toBeInstanceOf(BadManifestError);
        expect(disk.tree.has("tree/main/root")).toBe(false);
        const again = await run(snapshot, { disk, mode });
        expect(await wrongWhenFinished(again.disk, snapshot, mode)).toBeUndefined();
      }
    }
  });
});

import { describe, expect, test } from "vitest";
import { seen } from "./example-crashes.ts";
import { all, bytes, contents, open, ports, put, reopen } from "./example-store.ts";
import { encodeVersioned } from "./spaces.ts";
import type { Pair, Space } from "./spaces.ts";
import type { TransactionalStore } from "./transactional-store.ts";

const filled = async (of = ports()): Promise<TransactionalStore> => {
  const store = await open(of);
  await store.createBranch("side");
  const t = store.begin();
  t.createCollection("v", { dimension: 2, metric: "l2sq" });
  await t.insertVector("v", "a", [1, 2]);
  t.put("a", bytes("1"));
  await store.commitPrepared(t.prepare({ client: "c", request: 7 }), { position: 3, index: 1 });
  await put(store, { b: "2", gone: "x" }, "side");
  await put(store, { b: "3", gone: null }, "side");
  return store;
};
/** Shipped: nothing is shared with the store that exported it. */
const shipped = async (store: TransactionalStore): Promise<readonly { readonly name: string; readonly pairs: readonly Pair[] }[]> => {
  const exported = await store.exportSpaces();
  const spaces = await Promise.all(exported.spaces.map(async ({ name, pairs }) => ({ name, pairs: await all(pairs) })));
  exported.release();
  return spaces;
};

describe("a whole store", () => {
  test("goes to another one, with versions, clients and position, and survives there", async () => {
    const source = await filled();
    const spaces = await shipped(source);
    expect(spaces.map((s) => s.name)).toEqual(["meta", "clients", "branch/$branches", "branch/main", "branch/side"]);
    const of = ports();
    const target = await open(of);
    await put(target, { old: "1" });
    const reader = target.begin();
    await target.importSpaces(spaces);
    await expect(reader.get("old")).rejects.toThrow("given up: the store was replaced by an import");
    expect(await seen(target)).toBe(await seen(source));
    expect(await shipped(target)).toEqual(spaces);
    // Both come to the same, later, too.
    for (const store of [source, target]) await put(store, { later: "1" });
    const recovered = await reopen(of.disk.crash("M0").images[0] ?? { files: new Map() });
    expect(await seen(recovered)).toBe(await seen(source));
    expect(source.observe().snapshots).toEqual({});
  });

  test.each<[string, readonly Space[]]>([
    ["the space meta is missing", []],
    ["no space", [{ name: "nonsense", pairs: [["a", bytes("")]] }]],
    ["the counters of the space meta is not MessagePack", [{ name: "meta", pairs: [["counters", bytes("\u00ff")]] }]],
    ["which is none of a branch", [{ name: "branch/main", pairs: [["q", encodeVersioned(1, bytes(""))]] }]],
    ["a version and a value have at least 8", [{ name: "branch/main", pairs: [["ka", bytes("1")]] }]],
  ])("is not replaced by what is none: %s", async (message, spaces) => {
    const of = ports();
    const store = await filled(of);
    const before = await seen(store);
    await expect(store.importSpaces(spaces)).rejects.toThrow(message);
    expect(await seen(store)).toBe(before);
    expect(await seen(await reopen(of.disk.image()))).toBe(before);
  });

  test("is replaced as a whole or not at all, wherever a crash comes", async () => {
    const source = await filled();
    const spaces = await shipped(source);
    const of = ports();
    const target = await open(of, { segmentBytes: 200 });
    await target.createBranch("side");
    for (const key of ["a", "b", "c"]) await put(target, { [key]: "old" });
    await target.checkpoint();
    await put(target, { d: "old" });
    const oldState = JSON.stringify([await contents(target), target.version]);
    const newState = JSON.stringify([await contents(source), source.version]);
    const found: { readonly acknowledged: boolean; readonly state: string }[] = [];
    const images = [];
    let acknowledged = false;
    of.disk.watch(() =>
      images.push(...of.disk.crash("M4", { maxImages: 16, everyCutUpToBytes: 3 }).images.map((image) => ({ image, acknowledged }))),
    );
    await target.importSpaces(spaces);
    acknowledged = true;
    await put(target, { after: "1" });
    images.push(...of.disk.crash("M4").images.map((image) => ({ image, acknowledged })));
    for (const { image, acknowledged: isDone } of images) {
      const store = await reopen(image);
      found.push({ acknowledged: isDone, state: JSON.stringify([await contents(store), store.version]) });
    }
    const afterState = JSON.stringify([await contents(target), target.version]);
    expect(new Set(found.filter((f) => !f.acknowledged).map((f) => f.state))).toEqual(new Set([oldState, newState]));
    expect(new Set(found.filter((f) => f.acknowledged).map((f) => f.state))).toEqual(new Set([newState, afterState]));
  });

  test("stops if an import may or may not be in force, until it is opened again", async () => {
    const of = ports();
    const store = await filled(of);
    const spaces = await shipped(store);
    await put(store, { more: "1" });
    of.disk.arm({ matches: (c) => c.kind === "syncDirectory", code: "EIO" });
    await expect(store.importSpaces(spaces)).rejects.toThrow("EIO");
    await expect(put(store, { lost: "1" })).rejects.toThrow("until the store is opened again");
  });
});

describe("a branch", () => {
  test("is exported at a version, in order, while it changes", async () => {
    const store = await open(ports());
    await put(store, { b: "1", a: "1", c: "1" });
    const exported = store.exportBranch("main");
    await put(store, { a: "2", b: null, d: "2" });
    await store.collectVersions();
    const pairs = await all(exported.pairs);
    expect(pairs).toEqual(["a", "b", "c"].map((key) => [`k${key}`, encodeVersioned(1, bytes("1"))]));
    expect([exported.count, exported.version]).toEqual([3, 1]);
    expect(await store.collectVersions()).toBe(3);
    expect(() => store.exportBranch("main", 1)).toThrow("may be collected");
    expect(() => store.exportBranch("main", 9)).toThrow("not published: the newest is 2");
  });

  test("is replaced by what was restored, at its version and position", async () => {
    const source = await filled();
    const pairs = await all(source.exportBranch("main").pairs);
    const of = ports();
    const target = await open(of);
    await put(target, { x: "old" });
    await target.importBranch("main", pairs, { version: source.version, position: 9 });
    await target.importBranch("copy", pairs, { version: source.version });
    for (const store of [target, await reopen(of.disk.image())]) {
      expect(await contents(store)).toEqual({ a: "1" });
      expect(await contents(store, "copy")).toEqual({ a: "1" });
      expect(store.searchVectors("copy", "v", [1, 2], 5)).toEqual([{ key: "a", distance: 0 }]);
      expect([store.branches(), store.position, store.version]).toEqual([["copy", "main"], 9, source.version]);
    }
    await expect(target.importBranch("main", [["ka", encodeVersioned(99, bytes(""))]], { version: 5 })).rejects.toThrow(
      "has version 99, the store's is 5",
    );
    expect(await contents(target)).toEqual({ a: "1" });
  });
});

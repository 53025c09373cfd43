import { describe, expect, test } from "vitest";
import { checkpointName } from "./checkpoint-file.ts";
import { contents, open, ports, put, reopen } from "./example-store.ts";
import { segmentName } from "./segment.ts";

const first = segmentName(1);

describe("the log", () => {
  test("is replayed, over several segments and after checkpoints", async () => {
    const of = ports();
    const store = await open(of, { segmentBytes: 200 });
    for (let i = 1; i <= 6; i++) await put(store, { [`k${i}`]: `${i}`, last: `${i}` });
    await put(store, { k1: null });
    expect((await of.disk.list()).filter((f) => f.startsWith("wal")).length).toBeGreaterThan(2);
    const all = { k2: "2", k3: "3", k4: "4", k5: "5", k6: "6", last: "6" };
    const before = await reopen(of.disk.image());
    expect(await contents(before)).toEqual(all);
    expect(before.version).toBe(7);
    await store.checkpoint();
    await put(store, { after: "1" });
    await store.checkpoint();
    await put(store, { after: "2" });
    const files = await of.disk.list();
    expect(files.filter((f) => f.startsWith("checkpoint")).length).toBe(2);
    expect(files).not.toContain(first);
    expect(await contents(await reopen(of.disk.image()))).toEqual({ ...all, after: "2" });
  });

  test("goes on behind a torn tail, which is cut off", async () => {
    const of = ports();
    const store = await open(of);
    await put(store, { a: "1" });
    const whole = await of.disk.size(first);
    await put(store, { b: "2" });
    const torn = (await of.disk.size(first)) - 1;
    await of.disk.truncate(first, torn);
    const again = ports(of.disk);
    const recovered = await open(again);
    expect(again.logged.filter((l) => l.includes("torn tail"))).toEqual([
      `warn torn tail cut off {"file":"${first}","offset":${whole},"bytes":${torn - whole}}`,
    ]);
    expect(await contents(recovered)).toEqual({ a: "1" });
    await put(recovered, { c: "3" });
    expect(await contents(await reopen(of.disk.image()))).toEqual({ a: "1", c: "3" });
  });

  test("with a damaged record that is no tail is refused, naming file and place", async () => {
    const of = ports();
    const store = await open(of);
    await put(store, { a: "1" });
    const at = await of.disk.size(first);
    await put(store, { b: "2" });
    await put(store, { c: "3" });
    of.disk.corrupt(first, at + 40);
    await expect(reopen(of.disk.image())).rejects.toThrow(
      new RegExp(
        `^${first} is corrupted at byte ${at}: the checksum does not match, and the record at byte \\\\d+ was written when this one was synced$`.replaceAll(
          "\\\\d",
          "\\d",
        ),
      ),
    );
    expect(of.disk.image().files.get(first)?.length).toBeGreaterThan(at);
  });

  test("with a damaged record in an earlier segment, or with a segment missing, is refused", async () => {
    const of = ports();
    const store = await open(of, { segmentBytes: 100 });
    for (let i = 1; i <= 4; i++) await put(store, { [`k${i}`]: "x".repeat(50) });
    const image = of.disk.image();
    of.disk.corrupt(segmentName(2), (await of.disk.size(segmentName(2))) - 1);
    await expect(reopen(of.disk.image())).rejects.toThrow(`${segmentName(2)} is corrupted at byte`);
    const without = new Map(image.files);
    without.delete(segmentName(2));
    await expect(reopen({ files: without })).rejects.toThrow(`${segmentName(2)} is missing`);
    without.delete(segmentName(1));
    await expect(reopen({ files: without })).rejects.toThrow(`the log does not begin with ${segmentName(1)}`);
    const foreign = ports();
    await open(foreign, { storeId: "another" });
    await expect(open(foreign, { storeId: "mine" })).rejects.toThrow("the disk has the store another, not mine");
  });

  test("does not take bytes of a user for a record behind a torn tail", async () => {
    const of = ports();
    const store = await open(of);
    await put(store, { a: "1" });
    await put(store, { b: "2" });
    const record = of.disk.image().files.get(first)?.slice(-60) ?? new Uint8Array();
    const other = ports();
    const victim = await open(other, { storeId: "victim" });
    const t = victim.begin();
    t.put("forged", new Uint8Array([...record, ...record]));
    await t.commit();
    await other.disk.truncate(first, (await other.disk.size(first)) - 1);
    expect(await contents(await reopen(other.disk.image()))).toEqual({});
  });
});

describe("a failure of the disk", () => {
  test.each([
    ["a sync that fails", { matches: (c: { kind: string }) => c.kind === "sync", code: "EIO" }],
    ["a sync that fails and forgets", { matches: (c: { kind: string }) => c.kind === "sync", code: "EIO", pagesMarkedClean: true }],
    ["a full disk", { matches: (c: { kind: string }) => c.kind === "append", code: "ENOSPC", writtenBytes: 20 }],
  ])("%s stops commits, not reads, until the store is opened again", async (_, failure) => {
    const of = ports();
    const store = await open(of);
    await put(store, { a: "1" });
    of.disk.arm(failure);
    await expect(put(store, { b: "2" })).rejects.toThrow(failure.code);
    await expect(put(store, { c: "3" })).rejects.toThrow("nothing is committed until the store is opened again");
    await expect(store.checkpoint()).rejects.toThrow("nothing is committed");
    await expect(store.sync()).rejects.toThrow("nothing is committed");
    expect(await contents(store)).toEqual({ a: "1" });
    const recovered = await reopen(of.disk.crash("M0").images[0] ?? { files: new Map() });
    expect(await contents(recovered)).toEqual({ a: "1" });
    await put(recovered, { d: "4" });
    expect(await contents(recovered)).toEqual({ a: "1", d: "4" });
  });

  test("a checkpoint that fails leaves everything as it was", async () => {
    const of = ports();
    const store = await open(of);
    await put(store, { a: "1" });
    of.disk.arm({ matches: (c) => c.kind === "append" && c.file === "checkpoint.tmp", code: "ENOSPC", writtenBytes: 10 });
    await expect(store.checkpoint()).rejects.toThrow("ENOSPC");
    await put(store, { b: "2" });
    expect(await contents(await reopen(of.disk.image()))).toEqual({ a: "1", b: "2" });
    await store.checkpoint();
    expect(await contents(await reopen(of.disk.image()))).toEqual({ a: "1", b: "2" });
  });
});

describe("a damaged checkpoint", () => {
  test("is passed over for the one before it, or else an error", async () => {
    const of = ports();
    const store = await open(of);
    await put(store, { a: "1" });
    await store.checkpoint();
    await put(store, { b: "2" });
    const newest = checkpointName(await store.checkpoint());
    await put(store, { c: "3" });
    of.disk.corrupt(newest, 100);
    expect(await contents(await reopen(of.disk.image()))).toEqual({ a: "1", b: "2", c: "3" });
    for (const file of await of.disk.list()) if (file.startsWith("checkpoint")) of.disk.corrupt(file, 101);
    await expect(reopen(of.disk.image())).rejects.toThrow(`the store cannot be recovered: ${newest} is corrupted`);
  });
});

test("batched: not synced before the batch is full or its time is over; none: not before a checkpoint", async () => {
  const of = ports();
  const store = await open(of, { durability: "batched", batchRecords: 3, batchMs: 50 });
  const surviving = async (): Promise<unknown> => contents(await reopen(of.disk.crash("M0").images[0] ?? { files: new Map() }));
  await put(store, { a: "1" });
  await put(store, { b: "2" });
  expect(await surviving()).toEqual({});
  await put(store, { c: "3" });
  expect(await surviving()).toEqual({ a: "1", b: "2", c: "3" });
  await put(store, { d: "4" });
  of.clock.advance(50);
  await of.disk.list();
  expect(await surviving()).toHaveProperty("d");
  await put(store, { e: "5" });
  await store.close();
  expect(await surviving()).toHaveProperty("e");
  const volatile = ports();
  const inMemory = await open(volatile, { durability: "none" });
  await put(inMemory, { a: "1" });
  await inMemory.sync();
  expect(await contents(await reopen(volatile.disk.image()))).toEqual({});
  await inMemory.checkpoint();
  expect(await contents(await reopen(volatile.disk.image()))).toEqual({ a: "1" });
});

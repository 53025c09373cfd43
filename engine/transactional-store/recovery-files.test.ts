/** What recovery makes of the files that it finds: which segment may follow which, and what a crash has left half made. */
import { describe, expect, test } from "vitest";
import { ControlledDisk } from "../wiring/controlled/disk.ts";
import { checkpointName, temporaryName } from "./checkpoint-file.ts";
import { contents, open, ports, put, reopen } from "./example-store.ts";
import type { TestPorts } from "./example-store.ts";
import { encodeHeader, formatVersion, readHeader, segmentName } from "./segment.ts";
import type { SegmentHeader } from "./segment.ts";

const [first, second] = [segmentName(1), segmentName(2)];

/** A store with one commit, in one segment. */
const withOneCommit = async (): Promise<{ of: TestPorts; next: SegmentHeader }> => {
  const of = ports();
  await put(await open(of, { storeId: "mine" }), { a: "1" });
  const { storeId } = readHeader(await of.disk.read(first), first, true)?.header ?? { storeId: "" };
  return { of, next: { format: formatVersion, storeId, index: 2, baseVersion: 1, continues: true } };
};

describe("a segment", () => {
  test("without records goes on where the one before it has ended", async () => {
    const { of, next } = await withOneCommit();
    await of.disk.append(second, encodeHeader(next));
    const again = ports(of.disk);
    const store = await open(again);
    expect([store.version, await contents(store)]).toEqual([1, { a: "1" }]);
    await put(store, { b: "2" });
    expect(await contents(await reopen(of.disk.image()))).toEqual({ a: "1", b: "2" });
  });

  test.each<[string, Partial<SegmentHeader>, string]>([
    ["of another store", { storeId: "other" }, `${second} belongs to the store other, not to mine`],
    ["that a checkpoint began, which is not there", { continues: false }, `${second} follows the checkpoint checkpoint-`],
    ["that begins after another version", { baseVersion: 2 }, "it begins after version 2, the log before it ends with 1"],
    ["with the header of another", { index: 3 }, `its header is that of ${segmentName(3)}`],
  ])("%s is refused", async (_, over, message) => {
    const { of, next } = await withOneCommit();
    await of.disk.append(second, encodeHeader({ ...next, ...over }));
    await expect(reopen(of.disk.image())).rejects.toThrow(message);
  });

  test("whose header was never synced is removed if it is the last, and only then", async () => {
    const { of, next } = await withOneCommit();
    await of.disk.append(second, encodeHeader(next).subarray(0, 5));
    const store = await open(ports(of.disk));
    expect(await of.disk.list()).not.toContain(second);
    expect(await contents(store)).toEqual({ a: "1" });
    await of.disk.append(second, encodeHeader(next).subarray(0, 5));
    await of.disk.append(segmentName(3), encodeHeader({ ...next, index: 3 }));
    await expect(reopen(of.disk.image())).rejects.toThrow(`${second} is corrupted at byte 0`);
  });

  test("whose header is damaged is an error when a record is behind it, however short it is; and nothing is removed", async () => {
    const { of, next } = await withOneCommit();
    await of.disk.append(second, encodeHeader(next));
    await put(await open(ports(of.disk)), { b: "2" });
    of.disk.corrupt(second, 0);
    const before = (await of.disk.read(second)).length;
    expect(before).toBeLessThan(512);
    for (let time = 1; time <= 2; time++) {
      await expect(open(ports(of.disk))).rejects.toThrow(`${second} is corrupted at byte 0: its header cannot be read`);
      expect((await of.disk.read(second)).length).toBe(before);
    }
  });

  test("that the log begins with must be there", async () => {
    const { of } = await withOneCommit();
    await of.disk.remove(first);
    expect(await contents(await reopen(of.disk.image()))).toEqual({});
    await of.disk.append(second, new Uint8Array(5));
    await expect(reopen(of.disk.image())).rejects.toThrow(`the log does not begin with ${first}`);
  });
});

test("a checkpoint that was not finished is removed", async () => {
  const { of } = await withOneCommit();
  await of.disk.append(temporaryName, new Uint8Array(5));
  await open(ports(of.disk));
  expect(await of.disk.list()).toEqual([first]);
});

describe("a checkpoint", () => {
  /** One commit before it, and one behind. */
  const withCheckpoint = async (): Promise<TestPorts> => {
    const of = ports();
    const store = await open(of);
    await put(store, { a: "1" });
    await store.checkpoint();
    await put(store, { b: "2" });
    return of;
  };

  test("is what a store says it began with, and 0 is said without one", async () => {
    const of = ports();
    expect((await open(of)).observe().checkpoint.index).toBe(0);
    expect((await reopen(of.disk.image())).observe().checkpoint.index).toBe(0);
    expect((await reopen((await withCheckpoint()).disk.image())).observe().checkpoint.index).toBe(2);
  });

  test("by itself is all of a store that was imported, until its segment is begun", async () => {
    const { disk } = await withCheckpoint();
    const of = ports();
    await (await open(of)).importSpaces((await (await reopen(disk.image())).exportSpaces()).spaces);
    await of.disk.remove(second);
    const store = await open(ports(of.disk));
    expect(await contents(store)).toEqual({ a: "1", b: "2" });
    // So that the log is not read without its checkpoint.
    expect(readHeader(await of.disk.read(second), second, true)?.header.continues).toBe(false);
    expect(store.observe()).toMatchObject({ checkpoint: { index: 2 }, wal: { index: 2 } });
  });

  test("without its segment is not enough, nor with one whose header is torn", async () => {
    const { disk } = await withCheckpoint();
    await disk.truncate(second, 5);
    const lacking = `${second} is corrupted at byte 0: its header cannot be read, and ${checkpointName(2)} needs it`;
    await expect(open(ports(disk))).rejects.toThrow(lacking);
    // The error leaves it where it is.
    await expect(open(ports(disk))).rejects.toThrow(lacking);
    await disk.remove(second);
    const without = `the store cannot be recovered: ${checkpointName(2)} needs ${second}, which is not there`;
    // The segment before it would do for all but the commits that are lost.
    await expect(reopen(disk.image())).rejects.toThrow(without);
    await disk.remove(first);
    await expect(reopen(disk.image())).rejects.toThrow(without);
  });

  test("whose segment is lost is an error also if it is damaged itself: an older one would hide it", async () => {
    const of = await withCheckpoint();
    const store = await open(ports(of.disk));
    const [older, newer] = [2, await store.checkpoint()];
    await put(store, { c: "3" });
    of.disk.corrupt(checkpointName(newer), 0);
    expect(await contents(await reopen(of.disk.image()))).toEqual({ a: "1", b: "2", c: "3" });
    await of.disk.remove(segmentName(newer));
    expect(await of.disk.list()).toEqual(expect.arrayContaining([checkpointName(older), segmentName(older)]));
    await expect(reopen(of.disk.image())).rejects.toThrow(`; ${checkpointName(newer)} needs ${segmentName(newer)}, which is not there`);
  });

  test("that is damaged is no empty disk, also without a log, and the operator is told why it is not used", async () => {
    const of = await withCheckpoint();
    await (await open(ports(of.disk))).checkpoint();
    for (const file of await of.disk.list()) if (file.startsWith("checkpoint")) await of.disk.truncate(file, 5);
    const again = ports(of.disk);
    await expect(open(again)).rejects.toThrow("the store cannot be recovered");
    expect(again.logged).toEqual(
      [3, 2].map((index) => {
        const file = checkpointName(index);
        const reason = `${file} is corrupted at byte 0: 5 bytes are left, a record has at least 37`;
        return `warn checkpoint not usable ${JSON.stringify({ file, reason })}`;
      }),
    );
    for (const file of await of.disk.list()) if (file.startsWith("wal")) await of.disk.remove(file);
    await expect(open(ports(of.disk))).rejects.toThrow(`the store cannot be recovered: ${checkpointName(3)} is corrupted`);
  });
});

test("the order in which a disk lists its files is no matter", async () => {
  class DiskFromBehind extends ControlledDisk {
    override async list(): Promise<readonly string[]> {
      return [...(await super.list())].reverse();
    }
  }
  const of = ports();
  const store = await open(of, { segmentBytes: 100 });
  for (let i = 1; i <= 4; i++) await put(store, { [`k${i}`]: "x".repeat(50) });
  const again = await open(ports(new DiskFromBehind(of.disk.image())));
  expect(await contents(again)).toEqual(await contents(store));
});

test("the log goes on behind the highest version, also with a segment that begins before the next commit is in it", async () => {
  const { of } = await withOneCommit();
  const store = await open(ports(of.disk), { segmentBytes: 100 });
  await put(store, { b: "x".repeat(100) });
  expect(await of.disk.list()).toContain(second);
  expect((await reopen(of.disk.image())).version).toBe(2);
});

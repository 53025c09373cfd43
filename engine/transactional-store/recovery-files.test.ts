/** What recovery makes of the files that it finds: which segment may follow which, and what a crash has left half made. */
import { describe, expect, test } from "vitest";
import { temporaryName } from "./checkpoint-file.ts";
import { contents, open, ports, put, reopen } from "./example-store.ts";
import type { TestPorts } from "./example-store.ts";
import { encodeHeader, formatVersion, readHeader, segmentName } from "./segment.ts";
import type { SegmentHeader } from "./segment.ts";

const [first, second] = [segmentName(1), segmentName(2)];

/** A store with one commit, in one segment. */
const withOneCommit = async (): Promise<{ of: TestPorts; next: SegmentHeader }> => {
  const of = ports();
  await put(await open(of), { a: "1" });
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
    ["of another store", { storeId: "other" }, `${second} belongs to the store other, not to `],
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

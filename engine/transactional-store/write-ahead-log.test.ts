/** The log by itself: when it syncs and sets its timer, where a segment ends, and what the next one says of itself. */
import { describe, expect, test } from "vitest";
import { settle } from "../wiring/controlled/settle.ts";
import { ports } from "./example-store.ts";
import type { TestPorts } from "./example-store.ts";
import type { WalRecord } from "./record.ts";
import { readHeader, segmentName } from "./segment.ts";
import type { SegmentHeader } from "./segment.ts";
import { WriteAheadLog } from "./write-ahead-log.ts";
import type { Durability, Place } from "./write-ahead-log.ts";

const batchMs = 50;
const record = (version: number, valueBytes = 1): WalRecord => ({
  type: "commit",
  version,
  position: 0,
  index: 0,
  body: { branch: "main", writes: [["ka", new Uint8Array(valueBytes)]] },
});

/** A log that goes on with its second segment, which is empty. */
const logOf = async (mode: Durability["mode"], batchRecords = 3, segmentBytes = 1000): Promise<{ of: TestPorts; wal: WriteAheadLog }> => {
  const of = ports();
  const wal = new WriteAheadLog(of, { storeId: "s", index: 1, bytes: 100, version: 0 }, { mode, batchRecords, batchMs }, segmentBytes);
  await wal.rotate();
  return { of, wal };
};
const add = (wal: WriteAheadLog, version: number): Promise<Place> => wal.append(record(version), "t");
const commit = async (wal: WriteAheadLog, version: number): Promise<void> => wal.makeDurable(await add(wal, version));
const rest = (of: TestPorts): Promise<void> => settle(of.disk, of.steps, of.clock);
const due = (of: TestPorts): readonly unknown[] => of.clock.timers().map(({ name, dueMs }) => [name, dueMs]);
const headerOf = async (of: TestPorts, index: number): Promise<SegmentHeader | undefined> =>
  readHeader(await of.disk.read(segmentName(index)), segmentName(index), true)?.header;

/** The append of a second record is under way when the first is synced, and its commit has not yet come to its own sync. */
const appendedDuringSync = async (mode: "strict" | "batched"): Promise<TestPorts> => {
  const { of, wal } = await logOf(mode, 1);
  await add(wal, 1);
  of.disk.hold();
  const second = add(wal, 2);
  await rest(of);
  const durable = wal.makeDurable(1);
  await rest(of);
  of.clock.advance(10);
  of.disk.releaseAll();
  await Promise.all([second, durable]);
  expect(wal.observe()).toMatchObject({ appended: 2, durable: 1 });
  return of;
};

describe("batched", () => {
  test("every batch counts from the last sync, and its time from its first record", async () => {
    const { of, wal } = await logOf("batched");
    for (const [first, at] of [
      [1, 0],
      [4, 7],
    ] as const) {
      of.clock.advance(at);
      await commit(wal, first);
      of.clock.advance(5);
      await commit(wal, first + 1);
      expect([wal.observe().durable, due(of)]).toEqual([first - 1, [["SyncOverdue", of.clock.now() - 5 + batchMs]]]);
      await commit(wal, first + 2);
      expect([wal.observe().durable, due(of)]).toEqual([first + 2, []]);
    }
  });

  test("what is appended while a sync is under way is synced in its own time", async () => {
    const of = await appendedDuringSync("batched");
    expect(due(of)).toEqual([["SyncOverdue", 10 + batchMs]]);
  });

  test("a sync of the segment before a restart says nothing of the new one", async () => {
    const { of, wal } = await logOf("batched", 3, 1e6);
    await wal.append(record(1, 1000), "t");
    of.disk.hold((call) => call.kind === "sync" && call.file === segmentName(2));
    const synced = wal.sync();
    await rest(of);
    await wal.restart(3, 1);
    const { bytes } = wal.observe();
    of.disk.releaseAll();
    await synced;
    // A record that called synced what is not would turn a torn tail into damage.
    expect(wal.observe()).toMatchObject({ index: 3, bytes, durableBytes: bytes });
  });
});

test("strict and none need no timer", async () => {
  expect(due(await appendedDuringSync("strict"))).toEqual([]);
  const { of, wal } = await logOf("none");
  await commit(wal, 1);
  expect(due(of)).toEqual([]);
});

describe("a segment", () => {
  test("that has no record yet takes one that is larger than a segment", async () => {
    const { wal } = await logOf("strict", 3, 200);
    await wal.append(record(1, 500), "t");
    expect(wal.observe().index).toBe(2);
    await wal.append(record(2, 500), "t");
    expect(wal.observe().index).toBe(3);
  });

  test("names itself before it is begun, and begins after the highest version that was told", async () => {
    const { of, wal } = await logOf("none");
    of.steps.hold();
    const rotated = wal.rotate({ baseVersion: 7 });
    expect(of.steps.waiting()).toMatchObject([{ step: "Rotate", args: { index: 3 } }]);
    of.steps.releaseAll();
    expect([await rotated, await wal.rotate()]).toEqual([3, 4]);
    expect(await headerOf(of, 4)).toMatchObject({ index: 4, baseVersion: 7, continues: true });
  });

  test("with which the log begins anew follows no other, and may go back to a lower version", async () => {
    const { of, wal } = await logOf("strict");
    await commit(wal, 9);
    await wal.restart(3, 4);
    expect(await headerOf(of, 3)).toMatchObject({ index: 3, baseVersion: 4, continues: false });
  });
});

describe("a closed log", () => {
  test("takes nothing, and its timer is gone", async () => {
    const { of, wal } = await logOf("batched");
    await commit(wal, 1);
    expect([wal.isUsable, wal.observe().poisoned]).toEqual([true, null]);
    wal.close();
    expect([due(of), wal.observe().poisoned]).toEqual([[], "the store is closed"]);
    await expect(add(wal, 2)).rejects.toThrow("the store is closed");
    of.clock.advance(batchMs);
    await rest(of);
    expect(wal.observe()).toMatchObject({ appended: 1, durable: 0 });
  });

  test("still says what it failed of before", async () => {
    const { of, wal } = await logOf("strict");
    of.disk.arm({ matches: (call) => call.kind === "sync", code: "EIO" });
    await expect(commit(wal, 1)).rejects.toThrow(`the log failed to sync ${segmentName(2)}`);
    wal.close();
    expect(wal.observe().poisoned).toContain("EIO");
    await expect(add(wal, 2)).rejects.toThrow("EIO");
  });
});

import { describe, expect, it } from "vitest";
import { NodeDisk } from "./node-disk.ts";
import type { DiskRequest } from "./node-disk.ts";

const write = (ioId: number, file: string, off: number, text: string): DiskRequest => ({
  type: "disk",
  op: "write",
  ioId,
  file,
  off,
  data: Buffer.from(text).toString("base64"),
});
const sync = (ioId: number, file: string): DiskRequest => ({ type: "disk", op: "sync", ioId, file });
const textIn = (disk: NodeDisk, file: string): string | undefined => disk.durable[file]?.toString();
/** Issues the operations and ends them in order. */
const diskAfter = (...requests: readonly DiskRequest[]): NodeDisk => {
  const disk = new NodeDisk();
  for (const request of requests) disk.issue(request);
  for (const { ioId } of requests) disk.end(ioId, false);
  return disk;
};

describe("a node's disk after a crash", () => {
  it("has what was synced, and of the rest the first writes as asked", () => {
    const requests = [write(1, "a", 0, "one"), write(2, "b", 0, "x"), sync(3, "a"), write(4, "a", 3, "two"), write(5, "a", 0, "ONE")];
    const kept = (persisted: number): (string | undefined)[] => {
      const disk = diskAfter(...requests);
      expect(disk.unsynced).toBe(3);
      disk.crash(persisted);
      return [textIn(disk, "a"), textIn(disk, "b")];
    };
    expect(kept(0)).toEqual(["one", undefined]);
    expect(kept(1)).toEqual(["one", "x"]);
    expect(kept(2)).toEqual(["onetwo", "x"]);
    expect(kept(3)).toEqual(["ONEtwo", "x"]);
  });
  it("has lost what had not ended, and what failed", () => {
    const disk = diskAfter(write(1, "a", 0, "one"));
    disk.issue(write(2, "a", 3, "two"));
    disk.issue(sync(3, "a"));
    expect(disk.issue(sync(3, "b"))).toBe(false);
    expect(disk.pending).toEqual([
      { ioId: 2, op: "write", file: "a" },
      { ioId: 3, op: "sync", file: "a" },
    ]);
    expect(disk.end(3, true)).toBe(true);
    expect(disk.end(3, false)).toBe(false);
    disk.crash(9);
    expect(textIn(disk, "a")).toBe("one");
    expect(disk.pending).toEqual([]);
  });
  it("cuts and fills files as asked", () => {
    const truncate: DiskRequest = { type: "disk", op: "truncate", ioId: 2, file: "a", off: 2 };
    expect(textIn(diskAfter(write(1, "a", 0, "one"), truncate, sync(3, "a")), "a")).toBe("on");
    expect(textIn(diskAfter(write(1, "a", 2, "x"), sync(2, "a")), "a")).toBe("\0\0x");
  });
});

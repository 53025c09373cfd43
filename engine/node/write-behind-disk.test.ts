import { describe, expect, it } from "vitest";
import { ControlledDisk } from "../wiring/controlled/disk.ts";
import { bytes } from "./example-nodes.ts";
import { WriteBehindDisk } from "./write-behind-disk.ts";

const written = (disk: ControlledDisk): string[] => {
  const calls: string[] = [];
  disk.watch((call) =>
    calls.push(`${call.kind}${"file" in call ? ` ${call.file}` : ""}${call.kind === "append" ? ` ${call.bytes.length}` : ""}`),
  );
  return calls;
};

describe("a disk that gathers appends", () => {
  it("writes them together, before whatever comes next about their file", async () => {
    const disk = new ControlledDisk();
    const calls = written(disk);
    const behind = new WriteBehindDisk(disk);
    for (const text of ["a", "b", "c"]) await behind.append("log", bytes(text));
    await behind.append("other", bytes("x"));
    expect(calls).toEqual([]);
    await behind.sync("log");
    expect(calls).toEqual(["append log 3", "sync log"]);
    await behind.append("log", bytes("d"));
    expect(Buffer.from(await behind.read("log")).toString()).toBe("abcd");
    await behind.append("log", bytes("e"));
    await behind.truncate("log", 4);
    await behind.append("log", bytes("f"));
    await behind.rename("log", "new");
    expect(Buffer.from(await behind.read("new")).toString()).toBe("abcdf");
    expect(await behind.list()).toEqual(["new", "other"]);
  });

  it("writes many at once", async () => {
    const disk = new ControlledDisk();
    const calls = written(disk);
    const behind = new WriteBehindDisk(disk);
    for (let i = 0; i < 5; i++) await behind.append("log", new Uint8Array(300_000));
    expect(calls).toEqual(["append log 1200000"]);
  });

  it("says of a file that something is missing, and writes nothing behind it", async () => {
    const disk = new ControlledDisk();
    const behind = new WriteBehindDisk(disk);
    await behind.append("log", bytes("a"));
    await behind.sync("log");
    disk.arm({ code: "ENOSPC", matches: (call) => call.kind === "append" });
    await behind.append("log", bytes("b"));
    await expect(behind.sync("log")).rejects.toThrow("ENOSPC");
    await behind.append("log", bytes("c"));
    await expect(behind.sync("log")).rejects.toThrow("ENOSPC");
    await expect(behind.read("log")).rejects.toThrow("ENOSPC");
    expect(Buffer.from(await disk.read("log")).toString()).toBe("a");
  });
});

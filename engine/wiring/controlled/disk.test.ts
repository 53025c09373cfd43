import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CrashKind, type DiskImage, keyOf } from "./crash-images.ts";
import { ControlledDisk } from "./disk.ts";
import { settle } from "./settle.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (image: DiskImage): Record<string, string> =>
  Object.fromEntries([...image.files].map(([name, content]) => [name, Buffer.from(content).toString().replaceAll("\0", "_")]));
const images = (disk: ControlledDisk, kind: CrashKind): Record<string, string>[] => {
  const crash = disk.crash(kind);
  expect(crash.sampled).toEqual([]);
  return crash.images.map(text);
};
const contents = (disk: ControlledDisk, kind: CrashKind, file = "a"): Set<string | undefined> =>
  new Set(images(disk, kind).map((i) => i[file]));

test("a disk keeps its own copy of bytes that are given as a Buffer", async () => {
  const [image, appended] = [Buffer.from("image"), Buffer.from("append")];
  const disk = new ControlledDisk({ files: new Map([["f", image]]) });
  await disk.append("g", appended);
  await disk.truncate("f", 0);
  image.fill(0);
  appended.fill(0);
  expect(Buffer.from(disk.crashKeeping(() => false).files.get("f") ?? []).toString()).toBe("image");
  expect(Buffer.from(await disk.read("g")).toString()).toBe("append");
});

describe("what survives a crash", () => {
  test("nothing is lost with the process, and what was not synced may be lost with the machine", async () => {
    const disk = new ControlledDisk();
    await disk.append("a", bytes("ab"));
    await disk.sync("a");
    await disk.append("a", bytes("cd"));
    await disk.append("a", bytes("ef"));
    expect(images(disk, "P")).toEqual([{ a: "abcdef" }]);
    expect(images(disk, "M0")).toEqual([{ a: "ab" }]);
    expect(contents(disk, "M1")).toEqual(new Set(["ab", "abcd", "abcdef"]));
    expect(contents(disk, "M2")).toEqual(new Set(["ab", "abcd", "abcdef", "ab__ef"]));
    expect(contents(disk, "M3")).toEqual(new Set(["ab", "abc", "abcd", "abcdef", "abcde", "ab__", "ab__e", "ab__ef"]));
    expect(contents(disk, "M4")).toEqual(new Set([undefined, ...contents(disk, "M3")]));
  });

  test("an append in flight leaves any prefix when the process crashes, and so may not even have created the file", async () => {
    const disk = new ControlledDisk();
    disk.hold();
    void disk.append("a", bytes("xy"));
    void disk.append("a", bytes("z"));
    await settle(disk);
    expect(contents(disk, "P")).toEqual(new Set([undefined, "", "x", "xy", "xyz"]));
    expect(contents(disk, "M0")).toEqual(new Set([undefined]));
    expect(contents(disk, "M1")).toEqual(new Set([undefined, "xy", "xyz"]));
  });

  test("one particular crash is chosen by what it keeps", async () => {
    const disk = new ControlledDisk();
    await disk.append("a", bytes("1"));
    await disk.sync("a");
    for (const [file, content] of [
      ["a", "2"],
      ["b", "3"],
      ["a", "4"],
    ] as const)
      await disk.append(file, bytes(content));
    expect(disk.unsynced().map((o) => `${o.kind} ${o.file} at ${o.offset}`)).toEqual(["append a at 1", "append b at 0", "append a at 2"]);
    expect(text(disk.crashKeeping((o) => o.file === "b"))).toEqual({ a: "1", b: "3" });
    expect(text(disk.crashKeeping((o) => o.offset !== 1))).toEqual({ a: "1_4", b: "3" });
    const all = disk.crash("M2").images.map(keyOf);
    expect(all).toContain(keyOf(disk.crashKeeping((o) => o.offset !== 1)));
    await disk.remove("b");
    expect(disk.unsynced().map((o) => o.file)).toEqual(["a", undefined, "a"]);
  });

  test("files are written back in any order", async () => {
    const disk = new ControlledDisk();
    await disk.append("a", bytes("1"));
    await disk.append("b", bytes("2"));
    expect(images(disk, "M1")).not.toContainEqual({ a: "", b: "2" });
    expect(images(disk, "M2")).toContainEqual({ a: "", b: "2" });
  });

  test("the last surviving operation decides the length", async () => {
    const disk = new ControlledDisk({ files: new Map([["a", bytes("abcdef")]]) });
    await disk.truncate("a", 2);
    await disk.append("a", bytes("X"));
    expect(contents(disk, "M2")).toEqual(new Set(["abcdef", "ab", "abX"]));
  });

  test("renames and removals are undone, each for itself, until the directory is synced", async () => {
    const disk = new ControlledDisk({ files: new Map([["current", bytes("old")]]) });
    await disk.append("new", bytes("new"));
    await disk.sync("new");
    await disk.rename("new", "current");
    await disk.append("log", bytes("l"));
    await disk.sync("log");
    expect(images(disk, "M3")).toEqual([{ current: "new", log: "l" }]);
    const left = images(disk, "M4");
    expect(left).toHaveLength(6);
    for (const current of [{ current: "old" }, { current: "old", new: "new" }, { current: "new" }])
      for (const log of [{}, { log: "l" }]) expect(left).toContainEqual({ ...current, ...log });
    await disk.syncDirectory();
    expect(images(disk, "M4")).toEqual([{ current: "new", log: "l" }]);
    await disk.remove("log");
    expect(images(disk, "M4")).toEqual(expect.arrayContaining([{ current: "new" }, { current: "new", log: "l" }]));
  });

  test("a rename over a file that was not synced leaves an empty one", async () => {
    const disk = new ControlledDisk({ files: new Map([["current", bytes("old")]]) });
    await disk.append("new", bytes("new"));
    await disk.rename("new", "current");
    expect(images(disk, "M0")).toEqual([{ current: "" }]);
  });

  test("after a sync that failed, a later one does not save what the kernel forgot", async () => {
    const disk = new ControlledDisk();
    disk.arm({ matches: (c) => c.kind === "sync", code: "EIO", pagesMarkedClean: true });
    await disk.append("a", bytes("ab"));
    await expect(disk.sync("a")).rejects.toMatchObject({ code: "EIO" });
    await disk.append("a", bytes("cd"));
    await disk.sync("a");
    expect(text(disk.image())).toEqual({ a: "abcd" });
    expect(images(disk, "M0")).toEqual([{ a: "__cd" }]);
  });

  test("a sync that failed without that can be repeated", async () => {
    const disk = new ControlledDisk();
    disk.arm({ matches: (c) => c.kind === "sync", code: "EIO" });
    await disk.append("a", bytes("ab"));
    await expect(disk.sync("a")).rejects.toMatchObject({ code: "EIO" });
    expect(images(disk, "M0")).toEqual([{ a: "" }]);
    await disk.sync("a");
    expect(images(disk, "M0")).toEqual([{ a: "ab" }]);
  });

  test("more than eight open operations are sampled, with every prefix among the images, and the result says so", async () => {
    const disk = new ControlledDisk();
    for (let i = 0; i < 12; i++) await disk.append("a", bytes(String.fromCharCode(97 + i)));
    const crash = disk.crash("M2", { seed: 7, maxImages: 300 });
    expect(crash.sampled).toEqual(["operations"]);
    expect(crash.openOperations).toBe(12);
    expect(crash.images.length).toBeGreaterThan(200);
    const found = crash.images.map((i) => text(i)["a"]);
    for (let i = 0; i <= 12; i++) expect(found).toContain("abcdefghijkl".slice(0, i));
    expect(disk.crash("M2", { seed: 7, maxImages: 300 }).images.map(keyOf)).toEqual(crash.images.map(keyOf));
    expect(disk.crash("M3", { maxImages: 50 }).sampled).toEqual(["operations"]);
  });

  test("a corrupted byte is corrupt in every image", async () => {
    const disk = new ControlledDisk();
    await disk.append("a", bytes("abc"));
    await disk.sync("a");
    await disk.append("a", bytes("d"));
    disk.corrupt("a", 1, 1);
    expect(contents(disk, "M2")).toEqual(new Set(["acc", "accd"]));
    expect(() => disk.corrupt("a", 9)).toThrow("'a' has 4 bytes, none at 9");
  });
});

describe("holding and failing", () => {
  test("calls wait in the order of their file, and other files go past them", async () => {
    const disk = new ControlledDisk();
    disk.hold((c) => c.kind === "sync");
    const done: string[] = [];
    const note = (name: string) => () => void done.push(name);
    await disk.append("a", bytes("1"));
    void disk.sync("a").then(note("sync"));
    void disk.append("a", bytes("2")).then(note("append"));
    await disk.append("b", bytes("3"));
    await settle(disk);
    expect(done).toEqual([]);
    expect(disk.pending()).toMatchObject([{ id: 2, kind: "sync", file: "a" }]);
    disk.complete(2);
    await settle(disk);
    expect(done).toEqual(["sync", "append"]);
    expect(() => disk.complete(2)).toThrow("no call 2 is held; held are: none");
  });

  test("a later call on the same file cannot be completed first", async () => {
    const disk = new ControlledDisk();
    disk.hold();
    void disk.append("a", bytes("1"));
    void disk.rename("a", "b");
    await settle(disk);
    expect(() => disk.complete(2)).toThrow("call 2 waits for call 1");
  });

  test("a full disk takes a part of an append", async () => {
    const disk = new ControlledDisk();
    disk.hold();
    const append = disk.append("a", bytes("abc"));
    disk.fail(1, "ENOSPC", { writtenBytes: 2 });
    await expect(append).rejects.toMatchObject({ code: "ENOSPC" });
    expect(text(disk.image())).toEqual({ a: "ab" });
  });

  test("the second and third append are armed to fail", async () => {
    const disk = new ControlledDisk();
    disk.arm({ matches: (c) => c.kind === "append", nth: 2, times: 2, code: "EIO" });
    const outcomes = await Promise.allSettled(["1", "2", "3", "4"].map((t) => disk.append("a", bytes(t))));
    expect(outcomes.map((o) => o.status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    expect(text(disk.image())).toEqual({ a: "14" });
  });

  test("nothing is answered after the process is gone", async () => {
    const disk = new ControlledDisk();
    disk.halt();
    let answered = false;
    void disk.append("a", bytes("1")).finally(() => (answered = true));
    await settle(disk);
    expect(answered).toBe(false);
    expect(text(disk.image())).toEqual({});
  });
});

const file = fc.constantFrom("a", "b");
const operation = fc.oneof(
  fc.record({ kind: fc.constant("append" as const), file, bytes: fc.uint8Array({ minLength: 1, maxLength: 3 }) }),
  fc.record({ kind: fc.constant("truncate" as const), file, length: fc.nat(4) }),
  fc.record({ kind: fc.constant("rename" as const), file, to: file }),
  fc.record({ kind: fc.constant("remove" as const), file }),
  fc.record({ kind: fc.constant("sync" as const), file }),
  fc.record({ kind: fc.constant("syncDirectory" as const) }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

const run = async (disk: ControlledDisk, o: Operation): Promise<void> => {
  const call = {
    append: () => o.kind === "append" && disk.append(o.file, o.bytes),
    truncate: () => o.kind === "truncate" && disk.truncate(o.file, o.length),
    rename: () => o.kind === "rename" && disk.rename(o.file, o.to),
    remove: () => o.kind === "remove" && disk.remove(o.file),
    sync: () => o.kind === "sync" && disk.sync(o.file),
    syncDirectory: () => disk.syncDirectory(),
  }[o.kind];
  // Operations on files that are not there, and truncations beyond the end, are refused and change nothing.
  await Promise.resolve(call()).catch(() => undefined);
};
const workload = fc.array(operation, { maxLength: 6 });
const enumerated = { enumeratedOperations: 99, maxImages: 1e6 };

describe("calibration: a log that is synced before it is acknowledged", () => {
  /** Appends one byte per record, syncs, and acknowledges it; gives the acknowledged records that some crash loses. */
  const lostBy = async (disk: ControlledDisk, kind: CrashKind): Promise<number> => {
    let acknowledged = "";
    let lost = 0;
    const count = (): void => {
      for (const image of images(disk, kind)) if (!(image["log"] ?? "").startsWith(acknowledged)) lost++;
    };
    disk.watch(count);
    await disk.append("log", bytes(""));
    await disk.syncDirectory();
    for (const record of ["a", "b", "c"]) {
      await disk.append("log", bytes(record));
      await disk.sync("log");
      acknowledged += record;
    }
    count();
    return lost;
  };
  class DiskWithoutSync extends ControlledDisk {
    override sync(): Promise<void> {
      return Promise.resolve();
    }
  }

  test.each(["P", "M0", "M1", "M2", "M3", "M4"] as const)("loses nothing by %s", async (kind) => {
    expect(await lostBy(new ControlledDisk(), kind)).toBe(0);
  });

  test("and loses something, by every crash of the machine, when the syncs are left out", async () => {
    expect(await lostBy(new DiskWithoutSync(), "P")).toBe(0);
    for (const kind of ["M0", "M1", "M2", "M3", "M4"] as const) expect(await lostBy(new DiskWithoutSync(), kind)).toBeGreaterThan(0);
  });
});

describe("for any workload", () => {
  test("each kind of crash includes the one before it, and what is read now is among them all", async () => {
    await fc.assert(
      fc.asyncProperty(workload, async (operations) => {
        const disk = new ControlledDisk();
        for (const o of operations) await run(disk, o);
        const kinds = (["M0", "M1", "M2", "M3", "M4"] as const).map((k) => new Set(disk.crash(k, enumerated).images.map(keyOf)));
        expect(kinds[0]?.size).toBe(1);
        for (const [i, kind] of kinds.slice(1).entries()) expect([...(kinds[i] ?? [])].filter((k) => !kind.has(k))).toEqual([]);
        expect(disk.crash("P").images.map(keyOf)).toEqual([keyOf(disk.image())]);
        expect(kinds[1]).toContain(keyOf(disk.image()));
      }),
      { numRuns: 60 },
    );
  });

  test("so it is with calls in flight: they may all have been carried out, or none", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 4 }), fc.array(operation, { maxLength: 3 }), async (before, inFlight) => {
        const [disk, done] = [new ControlledDisk(), new ControlledDisk()];
        for (const o of before) await Promise.all([run(disk, o), run(done, o)]);
        const none = keyOf(disk.image());
        disk.hold();
        for (const o of inFlight) void run(disk, o);
        await settle(disk);
        for (const o of inFlight) await run(done, o);
        const all = keyOf(done.image());
        const kinds = (["M0", "M1", "M2", "M3", "M4"] as const).map((k) => new Set(disk.crash(k, enumerated).images.map(keyOf)));
        for (const [i, kind] of kinds.slice(1).entries()) expect([...(kinds[i] ?? [])].filter((k) => !kind.has(k))).toEqual([]);
        for (const images of [kinds[1], new Set(disk.crash("P", enumerated).images.map(keyOf))]) {
          expect(images).toContain(none);
          expect(images).toContain(all);
        }
        expect(keyOf(disk.image())).toBe(none);
      }),
      { numRuns: 60 },
    );
  });

  test("what was synced, with its name, survives every kind of crash until it is changed", async () => {
    await fc.assert(
      fc.asyncProperty(workload, fc.array(fc.uint8Array({ minLength: 1, maxLength: 3 }), { maxLength: 3 }), async (before, appended) => {
        const disk = new ControlledDisk();
        for (const o of before) await run(disk, o);
        await disk.append("a", Uint8Array.of(1));
        await disk.sync("a");
        await disk.syncDirectory();
        const synced = await disk.read("a");
        for (const more of appended) await disk.append("a", more);
        for (const kind of ["P", "M0", "M1", "M2", "M3", "M4"] as const)
          for (const image of disk.crash(kind, enumerated).images) expect(image.files.get("a")?.subarray(0, synced.length)).toEqual(synced);
      }),
      { numRuns: 60 },
    );
  });

  test("with everything synced there is one image, and a disk opened on it reads the same", async () => {
    await fc.assert(
      fc.asyncProperty(workload, async (operations) => {
        const disk = new ControlledDisk();
        for (const o of operations) await run(disk, o);
        for (const name of await disk.list()) await disk.sync(name);
        await disk.syncDirectory();
        const [image, ...others] = disk.crash("M4").images;
        expect(others).toEqual([]);
        if (image === undefined) throw new Error("no image");
        expect(text(new ControlledDisk(image).image())).toEqual(text(disk.image()));
      }),
      { numRuns: 60 },
    );
  });

  test("sampled images are among the enumerated ones", async () => {
    await fc.assert(
      fc.asyncProperty(workload, fc.constantFrom("M2" as const, "M3" as const, "M4" as const), async (operations, kind) => {
        const disk = new ControlledDisk();
        for (const o of operations) await run(disk, o);
        const all = new Set(disk.crash(kind, enumerated).images.map(keyOf));
        const sampled = disk.crash(kind, { enumeratedOperations: -1, maxImages: 20 }).images.map(keyOf);
        expect(sampled.filter((k) => !all.has(k))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

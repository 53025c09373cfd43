/** What both disks must do, the real one and the one in memory. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { Disk } from "../ports.ts";
import { ControlledDisk } from "./controlled/disk.ts";
import { FileDisk } from "./production/disk.ts";

const parent = await mkdtemp(join(tmpdir(), "lockstep-disk-"));
const opened: FileDisk[] = [];
afterAll(async () => {
  for (const disk of opened) await disk.close();
  await rm(parent, { recursive: true });
});

const openFileDisk = async (): Promise<FileDisk> => {
  const disk = await FileDisk.open(join(parent, String(opened.length)));
  opened.push(disk);
  return disk;
};

const implementations: [string, () => Promise<Disk>, number][] = [
  ["controlled", () => Promise.resolve(new ControlledDisk()), 200],
  ["production", openFileDisk, 25],
];

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe.each(implementations)("a %s disk", (_name, open, numRuns) => {
  test("reads what was appended, from an offset, up to a length, and nothing beyond the end", async () => {
    const disk = await open();
    await disk.append("a", bytes("hello "));
    await disk.append("a", bytes("world"));
    expect(await disk.read("a")).toEqual(bytes("hello world"));
    expect(await disk.read("a", 6)).toEqual(bytes("world"));
    expect(await disk.read("a", 4, 3)).toEqual(bytes("o w"));
    expect(await disk.read("a", 9, 100)).toEqual(bytes("ld"));
    expect(await disk.read("a", 11)).toEqual(bytes(""));
    expect(await disk.read("a", 50, 1)).toEqual(bytes(""));
    expect(await disk.size("a")).toBe(11);
  });

  test("keeps a copy of the bytes, and gives copies away", async () => {
    const disk = await open();
    const given = bytes("abc");
    const appended = disk.append("a", given);
    given.fill(0);
    await appended;
    (await disk.read("a")).fill(0);
    expect(await disk.read("a")).toEqual(bytes("abc"));
  });

  test("appends that are not awaited keep their order", async () => {
    const disk = await open();
    const letters = Array.from("abcdefghijklmnopqrstuvwxyz");
    await Promise.all(letters.map((l) => disk.append("a", bytes(l))));
    expect(await disk.read("a")).toEqual(bytes(letters.join("")));
  });

  test("an empty append creates the file", async () => {
    const disk = await open();
    await disk.append("a", bytes(""));
    expect(await disk.list()).toEqual(["a"]);
    expect(await disk.size("a")).toBe(0);
  });

  test("cuts a file, and appends at the cut", async () => {
    const disk = await open();
    await disk.append("a", bytes("abcdef"));
    await disk.truncate("a", 2);
    await disk.append("a", bytes("X"));
    expect(await disk.read("a")).toEqual(bytes("abX"));
    await expect(disk.truncate("a", 4)).rejects.toMatchObject({ code: "EINVAL" });
    await expect(disk.truncate("a", -1)).rejects.toMatchObject({ code: "EINVAL" });
  });

  test("renames over another file, and the name is free again", async () => {
    const disk = await open();
    await disk.append("a", bytes("a"));
    await disk.append("b", bytes("b"));
    await disk.rename("a", "b");
    expect(await disk.list()).toEqual(["b"]);
    await disk.append("a", bytes("new"));
    await disk.append("b", bytes("+"));
    await disk.rename("b", "b");
    expect(await disk.read("a")).toEqual(bytes("new"));
    expect(await disk.read("b")).toEqual(bytes("a+"));
  });

  test("a removed file is gone, and one made with its name is new", async () => {
    const disk = await open();
    await disk.append("a", bytes("old"));
    await disk.remove("a");
    expect(await disk.list()).toEqual([]);
    await disk.append("a", bytes("n"));
    expect(await disk.read("a")).toEqual(bytes("n"));
  });

  test("a file that is not there: ENOENT", async () => {
    const disk = await open();
    const calls = [disk.read("x"), disk.size("x"), disk.truncate("x", 0), disk.rename("x", "y"), disk.remove("x"), disk.sync("x")];
    for (const outcome of await Promise.allSettled(calls))
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "ENOENT" } });
    expect(await disk.list()).toEqual([]);
  });

  test.each(["", ".", "..", "a/b", "../x", "a\0", "x".repeat(256)])("refuses the name %j: EINVAL", async (name) => {
    const disk = await open();
    await expect(disk.append(name, bytes("a"))).rejects.toMatchObject({ code: "EINVAL" });
    await expect(disk.rename(name, "a")).rejects.toMatchObject({ code: "EINVAL" });
    await expect(disk.read(name)).rejects.toMatchObject({ code: "EINVAL" });
    await expect(disk.read("a", -1)).rejects.toMatchObject({ code: "EINVAL" });
  });

  test("agrees with files in memory after any operations", async () => {
    const file = fc.constantFrom("a", "b", "c");
    const operations = fc.array(
      fc.oneof(
        fc.tuple(fc.constant("append" as const), file, fc.uint8Array({ maxLength: 5 })),
        fc.tuple(fc.constant("truncate" as const), file, fc.nat(6)),
        fc.tuple(fc.constant("rename" as const), file, file),
        fc.tuple(fc.constant("remove" as const), file),
        fc.tuple(fc.constant("sync" as const), file),
        fc.tuple(fc.constant("syncDirectory" as const)),
      ),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(operations, async (all) => {
        const disk = await open();
        const model = new Map<string, readonly number[]>();
        const isDone = (call: Promise<void>): Promise<boolean> =>
          call.then(
            () => true,
            () => false,
          );
        for (const [kind, name, argument] of all) {
          const old = name === undefined ? undefined : model.get(name);
          if (kind === "append") {
            expect(await isDone(disk.append(name, argument))).toBe(true);
            model.set(name, [...(old ?? []), ...argument]);
          } else if (kind === "truncate") {
            const isPossible = old !== undefined && argument <= old.length;
            expect(await isDone(disk.truncate(name, argument))).toBe(isPossible);
            if (isPossible) model.set(name, old.slice(0, argument));
          } else if (kind === "rename") {
            expect(await isDone(disk.rename(name, argument))).toBe(old !== undefined);
            model.delete(name);
            if (old !== undefined) model.set(argument, old);
          } else if (kind === "remove") {
            expect(await isDone(disk.remove(name))).toBe(old !== undefined);
            model.delete(name);
          } else if (kind === "sync") expect(await isDone(disk.sync(name))).toBe(old !== undefined);
          else expect(await isDone(disk.syncDirectory())).toBe(true);
        }
        expect(await disk.list()).toEqual([...model.keys()].sort());
        for (const [name, content] of model) {
          expect([...(await disk.read(name))]).toEqual(content);
          expect(await disk.size(name)).toBe(content.length);
        }
      }),
      { numRuns },
    );
  });
});

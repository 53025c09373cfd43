import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { FileDisk, writeAll } from "./disk.ts";
import { LevelTable } from "./table.ts";

const parent = await mkdtemp(join(tmpdir(), "lockstep-disk-"));
afterAll(() => rm(parent, { recursive: true }));

test("a short write is continued, and one that takes nothing is an error", async () => {
  const written: number[] = [];
  const handle = {
    write: (bytes: Uint8Array, offset: number, length: number, position: number) => {
      const bytesWritten = Math.min(2, length, 5 - written.length);
      for (let i = 0; i < bytesWritten; i++) written[position + i] = bytes[offset + i] ?? -1;
      return Promise.resolve({ bytesWritten, buffer: bytes });
    },
  };
  // Of the overloads of `write`, `writeAll` uses this one.
  await writeAll(handle as unknown as Parameters<typeof writeAll>[0], Uint8Array.of(1, 2, 3, 4, 5), 0);
  expect(written).toEqual([1, 2, 3, 4, 5]);
  await expect(writeAll(handle as unknown as Parameters<typeof writeAll>[0], Uint8Array.of(6), 5)).rejects.toMatchObject({ code: "EIO" });
});

test("files are there for the next process, in a directory that is made with its parents", async () => {
  const directory = join(parent, "x", "y");
  const disk = await FileDisk.open(directory);
  await disk.append("a", Uint8Array.of(1));
  await disk.sync("a");
  await disk.syncDirectory();
  await disk.close();
  await expect(disk.read("a")).rejects.toMatchObject({ code: "EBADF" });
  const again = await FileDisk.open(directory);
  await again.append("a", Uint8Array.of(2));
  expect([...(await readFile(join(directory, "a")))]).toEqual([1, 2]);
  await again.close();
});

test("more files than are kept open", async () => {
  const disk = await FileDisk.open(join(parent, "many"));
  const names = Array.from({ length: 150 }, (_, i) => `f${i}`);
  for (let round = 1; round <= 2; round++) await Promise.all(names.map((n, i) => disk.append(n, Uint8Array.of(i))));
  for (const [i, name] of names.entries()) {
    await disk.sync(name);
    expect([...(await disk.read(name))]).toEqual([i, i]);
  }
  await disk.close();
});

test("lists files only, and does not follow links", async () => {
  const directory = join(parent, "links");
  const disk = await FileDisk.open(directory);
  await writeFile(join(parent, "outside"), "secret");
  await symlink(join(parent, "outside"), join(directory, "link"));
  await mkdir(join(directory, "folder"));
  await disk.append("a", Uint8Array.of(1));
  expect(await disk.list()).toEqual(["a"]);
  await expect(disk.read("link")).rejects.toMatchObject({ code: "ELOOP" });
  await expect(disk.read("folder")).rejects.toMatchObject({ code: "EISDIR" });
  await disk.close();
});

test("a table that is open elsewhere says so", async () => {
  const directory = join(parent, "table");
  const table = await LevelTable.open(directory);
  await expect(LevelTable.open(directory)).rejects.toThrow(/cannot open the table in .*table: .*lock/i);
  await table.write([{ put: "a", value: Uint8Array.of(1) }], { sync: true });
  await table.close();
  const again = await LevelTable.open(directory);
  expect(await again.get("a")).toEqual(Uint8Array.of(1));
  await again.close();
});

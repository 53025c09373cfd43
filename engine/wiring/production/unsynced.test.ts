import { expect, test } from "vitest";
import { ControlledDisk } from "../controlled/disk.ts";
import { ControlledTable } from "../controlled/table.ts";
import { UnsyncedDisk, UnsyncedTable } from "./unsynced.ts";

const put = (key: string, value: number) => ({ put: key, value: Uint8Array.of(value) });
/** What a process that is killed leaves in the table below. */
const left = async (table: ControlledTable): Promise<readonly string[]> => {
  const found: string[] = [];
  for await (const [key, value] of table.entries()) found.push(`${key}=${String(value[0])}`);
  return found;
};

test("a table is read as it was written, and only what was synced is below it, with all before it", async () => {
  const below = new ControlledTable();
  const table = new UnsyncedTable(below);
  await table.write([put("a", 1)], { sync: false });
  await table.write([put("b", 2), put("a", 3)], { sync: false });
  expect([await table.get("a"), await table.get("b")]).toEqual([Uint8Array.of(3), Uint8Array.of(2)]);
  expect(await left(below)).toEqual([]);
  await table.write([put("c", 4), { delete: "b" }], { sync: true });
  await table.write([{ delete: "a" }], { sync: false });
  expect(await table.get("a")).toBeUndefined();
  expect(await left(below)).toEqual(["a=3", "c=4"]);
  const seen: string[] = [];
  for await (const [key] of table.entries()) seen.push(key);
  expect(seen).toEqual(["c"]);
  await table.write([put("d", 5)], { sync: false });
  await table.close();
});

test("a file has what was appended, and below it only what was synced", async () => {
  const below = new ControlledDisk();
  const disk = new UnsyncedDisk(below);
  await disk.append("f", Uint8Array.of(1));
  await disk.append("f", Uint8Array.of(2));
  expect(await below.size("f")).toBe(0);
  await disk.sync("f");
  await disk.append("f", Uint8Array.of(3));
  expect(await below.read("f")).toEqual(Uint8Array.of(1, 2));
  expect(await disk.read("f")).toEqual(Uint8Array.of(1, 2, 3));
  await disk.append("f", Uint8Array.of(4));
  await disk.remove("f");
  expect(await disk.list()).toEqual([]);
});

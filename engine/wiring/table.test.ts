/** What both tables must do, LevelDB and the one in memory. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { Range, Table, Write } from "../ports.ts";
import { ControlledTable } from "./controlled/table.ts";
import { LevelTable } from "./production/table.ts";

const parent = await mkdtemp(join(tmpdir(), "lockstep-table-"));
afterAll(() => rm(parent, { recursive: true }));
let directories = 0;

const implementations: [string, () => Promise<Table>, number][] = [
  ["controlled", () => Promise.resolve(new ControlledTable()), 200],
  ["production", () => LevelTable.open(join(parent, String(++directories))), 30],
];

const put = (key: string, ...value: number[]): Write => ({ put: key, value: Uint8Array.from(value) });
const entries = async (table: Table, range?: Range): Promise<[string, number[]][]> => {
  const found: [string, number[]][] = [];
  for await (const [key, value] of table.entries(range)) found.push([key, [...value]]);
  return found;
};
const keys = async (table: Table, range?: Range): Promise<string> => (await entries(table, range)).map(([k]) => k).join(" ");

describe.each(implementations)("a %s table", (_name, open, numRuns) => {
  test("gives back what was put, until it is deleted", async () => {
    const table = await open();
    await table.write([put("a", 1, 2), put("b"), put("", 9)], { sync: true });
    expect(await table.get("a")).toEqual(Uint8Array.of(1, 2));
    expect(await table.get("b")).toEqual(new Uint8Array(0));
    expect(await table.get("")).toEqual(Uint8Array.of(9));
    expect(await table.get("c")).toBeUndefined();
    await table.write([{ delete: "a" }, { delete: "never" }], { sync: false });
    expect(await table.get("a")).toBeUndefined();
    await table.close();
  });

  test("the later of two writes to a key stands, in one call and in two that are not awaited", async () => {
    const table = await open();
    await table.write([put("a", 1), put("a", 2), put("b", 1), { delete: "b" }, { delete: "c" }, put("c", 1)], { sync: false });
    expect(await entries(table)).toEqual([
      ["a", [2]],
      ["c", [1]],
    ]);
    await Promise.all([3, 4, 5].map((n) => table.write([put("a", n)], { sync: n === 4 })));
    expect(await table.get("a")).toEqual(Uint8Array.of(5));
  });

  test("keeps copies", async () => {
    const table = await open();
    const value = Uint8Array.of(1);
    const written = table.write([{ put: "a", value }], { sync: false });
    value[0] = 2;
    await written;
    (await table.get("a"))?.fill(3);
    expect(await entries(table)).toEqual([["a", [1]]]);
  });

  test("lists a range, forwards and backwards, up to a limit", async () => {
    const table = await open();
    await table.write(
      Array.from("abcde", (k) => put(k)),
      { sync: false },
    );
    expect(await keys(table)).toBe("a b c d e");
    expect(await keys(table, { from: "b", to: "d" })).toBe("b c");
    expect(await keys(table, { from: "b", to: "d", reverse: true })).toBe("c b");
    expect(await keys(table, { reverse: true, limit: 2 })).toBe("e d");
    expect(await keys(table, { limit: 0 })).toBe("");
    expect(await keys(table, { from: "d", to: "b" })).toBe("");
    await expect(keys(table, { limit: -1 })).rejects.toMatchObject({ code: "EINVAL" });
  });

  test("orders keys by their UTF-8 bytes, which is not the order of UTF-16", async () => {
    const table = await open();
    await table.write([put("\u{1f600}"), put("\uffee"), put("z"), put("é")], { sync: false });
    expect(await keys(table)).toBe("z é \uffee \u{1f600}");
    expect(await keys(table, { from: "\uffee" })).toBe("\uffee \u{1f600}");
  });

  test("refuses a key that is not well-formed", async () => {
    const table = await open();
    await expect(table.write([put("ok"), put("\ud800")], { sync: false })).rejects.toMatchObject({ code: "EINVAL" });
    await expect(table.get("\udc00")).rejects.toMatchObject({ code: "EINVAL" });
    expect(await keys(table)).toBe("");
  });

  test("what is listed is as of the beginning of the listing", async () => {
    const table = await open();
    await table.write([put("a"), put("b")], { sync: false });
    const seen: string[] = [];
    for await (const [key] of table.entries()) {
      seen.push(key);
      await table.write([put("c"), { delete: "b" }], { sync: false });
    }
    expect(seen).toEqual(["a", "b"]);
    expect(await keys(table)).toBe("a c");
  });

  test("a closed table refuses", async () => {
    const table = await open();
    const written = table.write([put("a")], { sync: true });
    await table.close();
    await written;
    await expect(table.get("a")).rejects.toMatchObject({ code: "LEVEL_DATABASE_NOT_OPEN" });
    await expect(table.write([put("a")], { sync: false })).rejects.toMatchObject({ code: "LEVEL_DATABASE_NOT_OPEN" });
    await expect(keys(table)).rejects.toMatchObject({ code: "LEVEL_DATABASE_NOT_OPEN" });
  });

  test("agrees with a map after any writes", async () => {
    const key = fc.constantFrom("a", "aa", "b", "ä", "\u{1f600}", "\uffee");
    const write = fc.oneof(fc.record({ put: key, value: fc.uint8Array({ maxLength: 3 }) }), fc.record({ delete: key }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(write, { maxLength: 4 }), { maxLength: 5 }), async (calls) => {
        const table = await open();
        const model = new Map<string, number[]>();
        await Promise.all(calls.map((writes, i) => table.write(writes, { sync: i === 2 })));
        for (const w of calls.flat()) {
          if ("put" in w) model.set(w.put, [...w.value]);
          else model.delete(w.delete);
        }
        const sorted = [...model].sort(([a], [b]) => Buffer.from(a).compare(Buffer.from(b)));
        expect(await entries(table)).toEqual(sorted);
        expect(await entries(table, { reverse: true })).toEqual(sorted.reverse());
        await table.close();
      }),
      { numRuns },
    );
  });
});

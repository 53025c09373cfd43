import { describe, expect, test } from "vitest";
import { settle } from "./settle.ts";
import { ControlledTable, type TableImage } from "./table.ts";

const put = (key: string, n = 0) => [{ put: key, value: Uint8Array.of(n) }];
const keys = (images: readonly TableImage[]): string[] => images.map((i) => [...i.rows.keys()].join(""));
const synced = { sync: true };
const unsynced = { sync: false };

describe("crashes of a table", () => {
  test("a synced call is durable with all before it; unsynced calls are lost from the last backwards", async () => {
    const table = new ControlledTable();
    await table.write(put("a"), unsynced);
    expect(keys(table.crash("M"))).toEqual(["", "a"]);
    await table.write(put("b"), synced);
    expect(keys(table.crash("M"))).toEqual(["ab"]);
    await table.write([...put("c"), { delete: "a" }], unsynced);
    await table.write(put("d"), unsynced);
    expect(keys(table.crash("M"))).toEqual(["ab", "bc", "bcd"]);
    expect(keys(table.crash("P"))).toEqual(["bcd"]);
    expect(keys([new ControlledTable(table.crash("M")[1]).image()])).toEqual(["bc"]);
  });

  test("calls in flight may have been carried out, in order", async () => {
    const table = new ControlledTable();
    table.hold();
    void table.write(put("a"), synced);
    void table.write(put("b"), synced);
    await settle(table);
    expect(keys(table.crash("P"))).toEqual(["", "a", "ab"]);
    expect(keys(table.crash("M"))).toEqual(["", "a", "ab"]);
  });

  test("held writes are completed in the order of the calls, and reads go past them", async () => {
    const table = new ControlledTable();
    table.hold();
    const first = table.write(put("a"), synced);
    const second = table.write(put("b"), synced);
    expect(await table.get("a")).toBeUndefined();
    expect(() => table.complete(2)).toThrow("call 2 waits for call 1");
    table.complete(1);
    await first;
    table.fail(2, "EIO");
    await expect(second).rejects.toMatchObject({ code: "EIO" });
    expect(keys([table.image()])).toEqual(["a"]);
    expect(keys(table.crash("M"))).toEqual(["a"]);
  });

  test("an armed failure writes nothing", async () => {
    const table = new ControlledTable();
    table.arm({ matches: (c) => c.kind === "write" && c.sync, code: "ENOSPC" });
    await table.write(put("a"), unsynced);
    await expect(table.write(put("b"), synced)).rejects.toMatchObject({ code: "ENOSPC" });
    expect(keys(table.crash("M"))).toEqual(["", "a"]);
  });

  test("closing waits for what is held", async () => {
    const table = new ControlledTable();
    table.hold();
    void table.write(put("a"), synced);
    let isClosed = false;
    const closed = table.close().then(() => (isClosed = true));
    await settle(table);
    expect(isClosed).toBe(false);
    table.complete(1);
    await closed;
  });
});

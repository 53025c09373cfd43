import { describe, expect, it } from "vitest";
import { int, map, mapOf, names, optional, partial, record, seq, symmetric } from "../../../specs/language/index.ts";
import { SpecError } from "../../../specs/language/index.ts";
import { resolve } from "../../../specs/language/schema.ts";
import { TableFull } from "./pair-table.ts";
import { TextTable, reserveTexts } from "./text-table.ts";
import { ABSENT, ValueTable } from "../tracked/value-table.ts";

describe("a table of texts", () => {
  it("gives equal texts equal ids", () => {
    const table = new TextTable();
    const texts = ["", "0", "[1,2]", "0"];
    expect(texts.map((t) => table.intern(t))).toEqual([0, 1, 2, 1]);
    expect(table.size).toBe(3);
    expect(table.text(2)).toBe("[1,2]");
    expect(() => table.text(3)).toThrow(RangeError);
  });
  it("may be shared: every thread reads what any of them wrote", () => {
    const memory = reserveTexts(10_000, 1_000);
    const [a, b] = [new TextTable(memory), new TextTable(memory)];
    for (let i = 0; i < 300; i++) expect((i % 3 === 0 ? a : b).intern(`[${String(i)}]`)).toBe(i);
    for (let i = 0; i < 300; i++) {
      expect(a.text(i)).toBe(`[${String(i)}]`);
      expect(b.intern(`[${String(i)}]`)).toBe(i);
    }
    const late = new TextTable(memory);
    expect(late.text(299)).toBe("[299]");
    expect(() => late.text(300)).toThrow(RangeError);
  });
  it("says when the shared memory is full", () => {
    expect(() => new TextTable(reserveTexts(3, 10)).intern("long")).toThrow(TableFull);
    const few = new TextTable(reserveTexts(100, 1));
    few.intern("1");
    expect(() => few.intern("2")).toThrow(TableFull);
    expect(few.intern("1")).toBe(0);
  });
});

describe("a table of values", () => {
  const members = names("v", 3);
  const Value = symmetric("Value", members);
  const table = (type: Parameters<typeof resolve>[0]): ValueTable => new ValueTable(resolve(type, {}, "x"), new TextTable());

  it("decodes each value once, frozen", () => {
    const t = table(record({ a: int(0, 3), b: seq(int(0, 3)) }));
    const id = t.id({ b: [1, 2], a: 0 }, "x");
    expect(t.value(id)).toEqual({ a: 0, b: [1, 2] });
    expect(t.value(id)).toBe(t.value(id));
    expect(Object.isFrozen(t.value(id))).toBe(true);
    expect(t.id({ a: 0, b: [1, 2] }, "x")).toBe(id);
    expect(() => t.id({ a: 4, b: [] }, "x")).toThrow(SpecError);
  });
  it("tells parts apart, and those that are not there", () => {
    const t = table(record({ a: int(0, 3), b: int(0, 3) }));
    const [x, y] = [t.id({ a: 1, b: 2 }, "x"), t.id({ a: 1, b: 3 }, "x")];
    expect(t.part(x, 0)).toBe(t.part(y, 0));
    expect(t.part(x, 1)).not.toBe(t.part(y, 1));
    const p = table(partial(Value, int(0, 3)));
    expect(p.partNames).toEqual(["v1", "v2", "v3"]);
    const sparse = p.id({ v2: 0 }, "x");
    expect([p.part(sparse, 0), p.part(sparse, 2)]).toEqual([ABSENT, ABSENT]);
    expect(p.part(sparse, 1)).not.toBe(ABSENT);
  });
  it("permutes members wherever the schema has them", () => {
    const t = table(record({ chosen: optional(Value), rank: map(Value, int(0, 3)) }));
    const id = t.id({ chosen: "v1", rank: { v1: 1, v2: 2, v3: 3 } }, "x");
    const image = t.image(id, 0, {
      Value: new Map([
        ["v1", "v2"],
        ["v2", "v1"],
        ["v3", "v3"],
      ]),
    });
    expect(t.value(image)).toEqual({ chosen: "v2", rank: { v1: 2, v2: 1, v3: 3 } });
    const same = t.id({ chosen: null, rank: mapOf(members, () => 0) }, "x");
    expect(
      t.image(same, 0, {
        Value: new Map([
          ["v1", "v2"],
          ["v2", "v1"],
          ["v3", "v3"],
        ]),
      }),
    ).toBe(same);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BagValue, NetworkValue, SetValue, equal } from "../specs/language/collections.ts";
import type { EnumSchema, Field, Schema } from "../specs/language/schema.ts";
import { changeText, changeWithin, changesOf, pathText } from "./changes.ts";
import { schemas, valuesOf } from "./interpret/fixtures/arbitrary-values.ts";
import { callText, shorten, shortenMiddle, valueText } from "./value-text.ts";

/** Strings that look like other values, or like pieces of a text. */
const strings = [
  "null",
  "absent",
  "true",
  "1",
  "-1",
  "a",
  "a b",
  "a, b",
  "{}",
  "{a}",
  "<<a>>",
  "a × 2",
  "A",
  "A(x=1)",
  "x=1",
  "",
  '"a"',
  "… 1 alike",
];
const word: Schema = { kind: "enum", members: [...strings, 1, -1, 2] };
const optional = (element: Schema): Schema => ({ kind: "optional", element });
const keys: EnumSchema = { kind: "enum", members: ["a", "a: 1, b", "b", "type", "1", "null"] };
const field = (name: string, schema: Schema): Field => ({ name, schema });

/** Schemas of few values, so that two of them are often the same text if they can be. */
const confusable: fc.Arbitrary<Schema> = fc.constantFrom<Schema>(
  word,
  optional(word),
  { kind: "seq", element: optional(word) },
  { kind: "set", element: word },
  { kind: "bag", element: word },
  { kind: "seq", element: { kind: "set", element: word } },
  { kind: "network", element: { kind: "record", fields: [field("dest", word)] }, by: "dest", destinations: keys, owners: {} },
  { kind: "map", keys, value: optional({ kind: "enum", members: ["null", "absent", "a"] }), partial: true },
  { kind: "record", fields: [field("type", optional(word)), field("x", word)] },
  optional({ kind: "union", variants: strings.map((tag, i) => ({ tag, fields: i % 2 === 0 ? [] : [field("x", word)] })) }),
);
const pairOfSchema = schemas.chain((schema) => fc.tuple(valuesOf(schema), valuesOf(schema)));

describe("values as text", () => {
  it.each<readonly [unknown, string]>([
    ["v1", "v1"],
    ["two words", '"two words"'],
    [[1, ["a"]], "<<1, <<a>>>>"],
    [{ a: 1, b: { c: true } }, "{a: 1, b: {c: true}}"],
    [{ type: "Abort" }, "Abort"],
    [{ type: "Prepared", rm: "rm1", log: [] }, "Prepared(rm=rm1, log=<<>>)"],
    [SetValue.of([2, 1]), "{1, 2}"],
    [new BagValue([[1, 1], [2, 3]]), "{1, 2 × 3}"], // prettier-ignore
    [new NetworkValue([[{ type: "M" }, 0]], "dest"), "{M × 0}"],
    [null, "null"],
    [undefined, "absent"],
    ...["null", "absent", "true", "false", "NaN", "12", "-1", "{}", "<<>>", "", 'a"b', "a, b"].map(
      (text) => [text, JSON.stringify(text)] as const,
    ),
    [{ type: "null" }, '"null"'],
    [{ type: "a(x=1)", x: 1 }, '"a(x=1)"(x=1)'],
    [{ "a: 1, b": 1, 2: "x" }, '{2: x, "a: 1, b": 1}'],
  ])("%j", (value, text) => {
    expect(valueText(value)).toBe(text);
  });
  it("of calls and of what is too long", () => {
    expect(callText("Act", {})).toBe("Act");
    expect(callText("Act", { r: 2, m: { type: "M", x: 1 } })).toBe("Act(2, M(x=1))");
    expect(callText("Act", { m: "abcdefgh" }, 4)).toBe("Act(abc…)");
    expect(shorten("abc", 3)).toBe("abc");
    expect(shortenMiddle("abcdefghij", 5)).toBe("ab…ij");
    expect(shortenMiddle("abcdefghij", 10)).toBe("abcdefghij");
  });
  it("are never the same for two values of one schema", () => {
    const pair = confusable.chain((schema) => fc.tuple(valuesOf(schema), valuesOf(schema)));
    fc.assert(
      fc.property(fc.oneof(pair, pairOfSchema), ([a, b]) => {
        expect(valueText(a) === valueText(b)).toBe(equal(a, b));
      }),
      { numRuns: 3000 },
    );
  });
});

describe("changes", () => {
  it("are the leaves that differ", () => {
    const before = { r: { 1: { log: [1], set: SetValue.of([1, 2]) } }, bag: new BagValue([["x", 1]]), m: { type: "A", x: 1 }, gone: 1 };
    const after = { r: { 1: { log: [1, 2], set: SetValue.of([2, 3]) } }, bag: new BagValue([["x", 2]]), m: { type: "B", x: 1 } };
    expect(changesOf(before, after).map(changeText)).toEqual([
      "r[1].log: <<1>> → <<1, 2>>",
      "r[1].set + 3",
      "r[1].set - 1",
      "bag: x × 1 → × 2",
      "m: A(x=1) → B(x=1)",
      "gone: 1 → absent",
    ]);
    expect(changesOf(before, { ...before })).toEqual([]);
  });
  it("count what a network has pending", () => {
    const net = (...counts: readonly (readonly [string, number])[]) => ({ net: new NetworkValue(counts, "dest") });
    expect(changesOf(net(["a", 1]), net(["a", 0], ["b", 0], ["c", 1])).map(changeText)).toEqual([
      "net: a pending 1 → 0",
      "net + b, pending 0",
      "net + c",
    ]);
  });
  it("have paths", () => {
    expect(pathText(["replicas", "2", "log"])).toBe("replicas[2].log");
    expect(pathText(["x", "a-b"])).toBe("x[a-b]");
    expect(pathText(["x", "a b"])).toBe("x[a b]");
    expect(pathText(["x", "1][2"])).toBe('x["1][2"]');
  });
});

describe("a change in little room", () => {
  const fields = (last: number) => ({ ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`field_${String(i)}`, 0])), last });
  const within = (before: unknown, after: unknown, width = 100): readonly string[] => {
    const changes = changesOf({ x: before }, { x: after });
    return changes.map((c) => changeWithin(c, width, changes));
  };
  it("is whole where it fits", () => {
    expect(within([1, 2], [1, 3])).toEqual(["x: <<1, 2>> → <<1, 3>>"]);
  });
  it("shows the part of a long value that changed", () => {
    const log = Array.from({ length: 40 }, (_, i) => i);
    expect(within(log, [...log, 99])).toEqual(["x: <<… 40 alike>> → <<… 40 alike, 99>>"]);
    expect(within([1, fields(0), 2], [1, fields(7), 2])).toEqual([
      "x: <<… 1 alike, {last: 0, … 20 alike}, … 1 alike>> → <<… 1 alike, {last: 7, … 20 alike}, … 1 alike>>",
    ]);
    expect(within([{ type: "M", ...fields(0) }], [{ type: "M", ...fields(7) }])).toEqual([
      "x: <<M(last=0, … 20 alike)>> → <<M(last=7, … 20 alike)>>",
    ]);
    expect(within([SetValue.of(log)], [SetValue.of([...log, 99])])).toEqual(["x: <<{… 40 alike}>> → <<{… 40 alike, 99}>>"]);
  });
  it("shows what came beside what went", () => {
    expect(within(SetValue.of([fields(0), fields(1)]), SetValue.of([fields(0), fields(7)]))).toEqual([
      "x + {last: 7, … 20 alike}",
      "x - {last: 1, … 20 alike}",
    ]);
  });
  it("leaves out the middle of what is new and long: its end is seen", () => {
    const [line = ""] = within([], [fields(7)]);
    expect(line).toMatch(/^x: <<>> → <<\{field_0: 0, .+….+, last: 7\}>>$/);
    expect(line).toHaveLength(100);
  });
  it("names the path even when that alone is too long", () => {
    expect(within([], [fields(7)], 10)).toEqual(["x: <<>> → <<{fie… 7}>>"]);
  });
  it("keeps to the width and is whole where there is room for all", () => {
    fc.assert(
      fc.property(pairOfSchema, fc.integer({ min: 40, max: 200 }), ([a, b], width) => {
        const changes = changesOf({ x: a }, { x: b });
        for (const change of changes) {
          expect(changeWithin(change, Infinity, changes)).toBe(changeText(change));
          expect(changeWithin(change, width + pathText(change.path).length, changes).length).toBeLessThanOrEqual(
            width + pathText(change.path).length,
          );
        }
      }),
    );
  });
});

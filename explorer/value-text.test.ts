import { describe, expect, it } from "vitest";
import { BagValue, NetworkValue, SetValue } from "../specs/language/collections.ts";
import { changeText, changesOf, pathText } from "./changes.ts";
import { callText, shorten, valueText } from "./value-text.ts";

describe("values as text", () => {
  it.each([
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
  ])("%j", (value, text) => {
    expect(valueText(value)).toBe(text);
  });
  it("of calls and of what is too long", () => {
    expect(callText("Act", {})).toBe("Act");
    expect(callText("Act", { r: 2, m: { type: "M", x: 1 } })).toBe("Act(2, M(x=1))");
    expect(callText("Act", { m: "abcdefgh" }, 4)).toBe("Act(abc…)");
    expect(shorten("abc", 3)).toBe("abc");
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
    expect(pathText(["x", "a b"])).toBe("x[a b]");
  });
});

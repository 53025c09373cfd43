import { describe, expect, it } from "vitest";
import { assignment, constantsOf, dumpFile, durationMs, joinDump, memoryBytes, wholeNumber, workers } from "./options.ts";

describe("durations", () => {
  it.each([
    ["90", 90_000],
    ["1.5s", 1_500],
    ["250ms", 250],
    ["5m", 300_000],
    ["2h", 7_200_000],
  ])("%s is %i ms", (text, ms) => expect(durationMs(text)).toBe(ms));
  it.each(["", "0", "-1", "5d", "s", "1e3", "Infinity"])("refuses %j", (text) => expect(() => durationMs(text)).toThrow("duration"));
});

describe("numbers", () => {
  it.each(["", "-1", "1.5", "1e3", "0x10", "NaN", "99999999999999999999"])("refuses %j as a whole number", (text) =>
    expect(() => wholeNumber(0)(text)).toThrow("whole number"),
  );
  it("refuses one below its minimum", () => expect(() => wholeNumber(1)("0")).toThrow("at least 1"));
  it("takes memory in GiB", () => expect(memoryBytes("0.5")).toBe(536_870_912));
  it.each(["0", "-1", "lots"])("refuses %j GiB", (text) => expect(() => memoryBytes(text)).toThrow("GiB"));
  it("takes auto as the number of processors", () => expect(workers("auto")).toBeGreaterThan(0));
  it.each(["0", "65", "two"])("refuses %j workers", (text) => expect(() => workers(text)).toThrow("auto"));
});

describe("assignments", () => {
  it("split at the first equals sign", () => expect(assignment("a=b=c", {})).toEqual({ a: "b=c" }));
  it.each(["a", "=b", "a="])("refuse %j", (text) => expect(() => assignment(text, {})).toThrow("name=value"));
  it("refuse a name that comes twice", () => expect(() => assignment("a=2", { a: "1" })).toThrow("twice"));
  it("of constants are numbers, names or JSON", () => {
    expect(constantsOf({ a: "-3", b: "x", c: "[true]" })).toEqual({ a: -3, b: "x", c: [true] });
    expect(() => constantsOf({ a: "3x" })).toThrow("a number");
  });
});

describe("--dump dot FILE", () => {
  it("is joined wherever it stands", () => {
    expect(joinDump(["check", "--dump", "dot", "a b.dot", "model"])).toEqual(["check", "--dump=dot:a b.dot", "model"]);
  });
  it("keeps a file name with a colon", () => expect(dumpFile("dot:c:x.dot")).toBe("c:x.dot"));
  it("needs a file", () => expect(() => joinDump(["check", "--dump", "dot"])).toThrow("missing"));
});

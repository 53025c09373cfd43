import { describe, expect, it } from "vitest";
import { markdownTable, table, thousands } from "./table.ts";

describe("tables", () => {
  const headings = ["model", "distinct", "result"];
  const rows = [
    ["a|b", 1234567, "holds"],
    ["longer", 12, undefined],
  ] as const;
  it("align numbers to the right, with thousands separated", () => {
    expect(table(headings, rows).split("\n")).toEqual([
      "model    distinct  result",
      "──────  ─────────  ──────",
      "a|b     1,234,567  holds",
      "longer         12",
    ]);
  });
  it("are also Markdown", () => {
    expect(markdownTable(headings, rows).split("\n")).toEqual([
      "| model | distinct | result |",
      "| --- | ---: | --- |",
      "| a\\|b | 1,234,567 | holds |",
      "| longer | 12 |  |",
    ]);
  });
  it.each([
    [0, "0"],
    [999, "999"],
    [-1234, "-1,234"],
    [1234567.25, "1,234,567.25"],
    [1e21, "1e+21"],
  ])("write %d as %s", (n, text) => {
    expect(thousands(n)).toBe(text);
  });
});

import { describe, expect, it } from "vitest";
import { bar, progressLine, searchProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";
import { plain } from "../explorer/report/painter.ts";

const at = { depth: 12, generated: 1_234_567, distinct: 400, queued: 100, elapsedMs: 30_000 };

const recording = (live: boolean): { readonly terminal: Terminal; readonly written: string[] } => {
  const written: string[] = [];
  return { written, terminal: { out: () => undefined, err: (text) => void written.push(text), live, columns: 60, painter: plain } };
};

describe("progress", () => {
  it("is in TLC's words", () => {
    expect(progressLine(at, new Date(2026, 0, 2, 3, 4, 5))).toBe(
      "Progress(12) at 2026-01-02 03:04:05: 1,234,567 states generated (2,469,134 s/min), " +
        "400 distinct states found (800 ds/min), 100 states left on queue.",
    );
  });
  it("shows as a bar how much of what was found is expanded", () => expect(bar(at)).toBe("[###############.....]"));
  it("prints whole lines into a file, and not too many", () => {
    const { terminal, written } = recording(false);
    const reporter = searchProgress(terminal, "m");
    for (let elapsedMs = 0; elapsedMs <= 10_000; elapsedMs += 100) reporter.onProgress({ ...at, elapsedMs });
    expect(written).toHaveLength(2); // after 1 s and after 6 s
    expect(written.every((line) => line.endsWith(".\n"))).toBe(true);
  });
  it("rewrites one line on a terminal, within its width, and takes it away at the end", () => {
    const { terminal, written } = recording(true);
    const reporter = searchProgress(terminal, "a model with a rather long name");
    reporter.onProgress(at);
    reporter.finish(undefined);
    expect(written[0]).toMatch(/^\r/);
    expect(written[0]?.replace("\r\u001B[2K", "").length).toBeLessThan(60);
    expect(written.at(-1)).toBe("\r\u001B[2K");
  });
});

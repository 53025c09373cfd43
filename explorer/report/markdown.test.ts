import { describe, expect, it } from "vitest";
import { eager, overtaking } from "./fixtures/example-traces.ts";
import { lessonMarkdown, markdown } from "./markdown.ts";
import { mermaid } from "./mermaid.ts";

describe("the lesson of a counterexample", () => {
  const lesson = {
    title: "A late StartView erases an acknowledged write",
    story: "Replica 3 acknowledges a write and then hears late of the view that it is in.",
    wrong: "Only the primary still has v1.",
    missingRule: "A StartView of the replica's own view counts only during a view change.",
    command: "npm run -s lockstep -- check viewstamped-replication --design viewUpdate=eager",
  };
  const text = lessonMarkdown(eager, lesson);
  it("has its parts in order", () => {
    const headings = text.split("\n").filter((l) => l.startsWith("#"));
    expect(headings).toEqual([
      `# ${lesson.title}`,
      "## Step by step",
      "## Where it goes wrong",
      "## The rule that was missing",
      "## Bounds",
    ]);
    for (const part of [lesson.story, lesson.wrong, lesson.missingRule, lesson.command, mermaid(eager)]) expect(text).toContain(part);
  });
  it("tabulates the steps and names bounds and minimality", () => {
    expect(text).toContain("| 15 | `ExecuteOp(2)` | `replicas[2].commitNumber: 0 → 1`<br>`auxClientAcked.v1: false → true` |");
    expect(text).toContain("`values=2`, `startViewOnTimerLimit=1`");
    expect(text).toContain("The trace is minimal: breadth-first search has exhausted every shorter behaviour within these bounds.");
    expect(lessonMarkdown(overtaking, lesson)).toContain("The trace is not proven minimal");
    expect(text.endsWith("```\n")).toBe(true);
  });
  it("is also made of a trace alone", () => {
    expect(markdown(overtaking)).toMatch(/^# mailbox: OneAccepted\n\nInvariant OneAccepted is violated/);
  });
});

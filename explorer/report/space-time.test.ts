import { describe, expect, it } from "vitest";
import { committing, eager, longChange, overtaking } from "./fixtures/example-traces.ts";
import { spaceTimeText } from "./space-time.ts";

describe("a trace as a space-time diagram", () => {
  it("draws a column for each process and an arrow for each delivery", () => {
    expect(spaceTimeText(overtaking)).toBe(
      [
        "   r1         r2         r3",
        " 1 │          │          │           initial state",
        " 2 │          │          │           Offer(v1)",
        "   │          │          │             purse - v1, offered.v1 = true, messages + 2 Offer(…)",
        " 3 │          │          │           Offer(v2)",
        "   │          │          │             purse - v2, offered.v2 = true, messages + 2 Offer(…)",
        " 4 ├──────────┼─────────►●           Accept ← Offer(value=v2)",
        "   │          │          │             value = v2, history = <<v2>>, accepted + v2, messages +",
        "   │          │          │             Ack(dest=1, source=3)",
        " 5 ●◄─────────┼──────────┤           ReceiveAck ← Ack",
        "   │          │          │             acks + 3",
        " 6 ├╌╌╌╌╌╌╌╌╌╌┼╌╌╌╌╌╌╌╌╌►●           Accept ← Offer(value=v1), sent in 2",
        "   │          │          │             value = v1, history = <<v2, v1>>, accepted + v1, messages:",
        "   │          │          │             Ack(dest=1, source=3) pending 0 → 1",
        "   ✗ OneAccepted is violated",
        "",
        "(… stands for what was left out; --full shows all of it)",
      ].join("\n"),
    );
  });
  it("marks local actions on their process", () => {
    expect(spaceTimeText(committing).split("\n").slice(2, 4)).toEqual([
      " 2 ●          │           RMPrepare",
      "   │          │             rmState = prepared, msgs + Prepared(rm=rm1)",
    ]);
  });
  it("drops no change, and shows all of it on request", () => {
    const text = spaceTimeText(longChange);
    for (const part of ["store = ", "last: 7}>>", "other[2] = 1", "d = 1", "e = 1", "--full shows all of it"]) expect(text).toContain(part);
    const full = spaceTimeText(longChange, { full: true });
    expect(full).not.toContain("…");
    for (let i = 0; i < 20; i++) expect(full).toContain(`field_${String(i)}: 0`);
  });
  it.each([60, 80, 100])("keeps to a width of %i", (width) => {
    const text = spaceTimeText(eager, { width });
    expect(Math.max(...text.split("\n").map((l) => l.length))).toBeLessThanOrEqual(width);
    expect(text).toMatch(/ 13 │ +├╌+►● +ReceiveSV ← StartView\(view=2, log=<<>>,/);
  });
  it("draws only who acts when there are many processes", () => {
    const rmState = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`rm${String(i + 1)}`, "working"]));
    const step = (action: string | undefined, rm: string) => ({
      action,
      arguments: action === undefined ? {} : { rm },
      location: "",
      state: { rmState },
    });
    const trace = { ...committing, steps: [step(undefined, ""), step("A", "rm7"), step("B", "rm29")] };
    expect(spaceTimeText(trace).split("\n")[0]?.trim().split(/ +/)).toEqual(["rm7", "rm29"]);
  });
});

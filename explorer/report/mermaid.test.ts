import { describe, expect, it } from "vitest";
import { committing, eager, overtaking } from "./fixtures/example-traces.ts";
import { longChange } from "./fixtures/example-traces.ts";
import { mermaid } from "./mermaid.ts";

const lines = (text: string): string[] => text.split("\n").map((l) => l.trim());

describe("a trace as a Mermaid diagram", () => {
  it("draws deliveries as arrows, dashed where an earlier message comes late", () => {
    expect(lines(mermaid(overtaking))).toEqual([
      "sequenceDiagram",
      "participant r1",
      "participant r2",
      "participant r3",
      "Note over r1,r3: 2. Offer(v1)<br/>purse - v1<br/>offered.v1 = true<br/>messages + 2 Offer(…)",
      "Note over r1,r3: 3. Offer(v2)<br/>purse - v2<br/>offered.v2 = true<br/>messages + 2 Offer(…)",
      "r1->>r3: 4. Offer(value=v2)",
      "Note over r3: Accept<br/>value = v2<br/>history = ⟨v2⟩<br/>accepted + v2<br/>messages + Ack(dest=1, source=3)",
      "r3->>r1: 5. Ack",
      "Note over r1: ReceiveAck<br/>acks + 3",
      "r1-->>r3: 6. Offer(value=v1) — late, sent in state 2",
      "Note over r3: Accept<br/>value = v1<br/>history = ⟨v2, v1⟩<br/>accepted + v1<br/>messages: Ack(dest=1, source=3) pending 0 → 1",
      "Note over r1,r3: State 6: OneAccepted is violated",
    ]);
  });
  it("shows what matters of the first counterexample of viewstamped replication", () => {
    const drawn = lines(mermaid(eager));
    expect(drawn).toContain("r2->>r1: 3. StartViewChange(view=2)");
    expect(drawn).toContain("r2-->>r3: 13. StartView(view=2, log=⟨⟩, op=0, commit=0) — late, sent in state 8");
    expect(drawn).toContain("Note over r3: ReceiveSV<br/>log = ⟨⟩<br/>op = 0");
    expect(drawn).toContain("r3->>r2: 14. PrepareOk(view=2, op=1)");
    expect(drawn.at(-1)).toBe("Note over r1,r3: State 15: AcknowledgedWritesExistOnMajority is violated");
    // A GetState is for any replica: the dest that nobody is called by must not become a participant.
    expect(drawn.filter((l) => l.startsWith("participant"))).toEqual(["participant r1", "participant r2", "participant r3"]);
  });
  it("has notes alone where there are no messages", () => {
    expect(lines(mermaid(committing)).slice(3)).toEqual([
      "Note over rm1: 2. RMPrepare<br/>rmState = prepared<br/>msgs + Prepared(rm=rm1)",
      "Note over rm1: 3. TMRcvPrepared<br/>tmPrepared + rm1",
      "Note over rm1,rm2: 4. TMAbort<br/>tmState = aborted<br/>msgs + Abort",
      "Note over rm2: 5. RMRcvAbortMsg<br/>rmState = aborted",
    ]);
  });
  it("drops no change: what is too long has a mark, and what are too many are named", () => {
    const note = lines(mermaid(longChange)).at(-2) ?? "";
    expect(note).toMatch(/^Note over p1: 2\. Put<br\/>store = .{10,40}last: 7}⟩/);
    expect(note).toContain("…");
    expect(note).toMatch(/<br\/>other\[2\] = 1<br\/>a = 1<br\/>b = 1<br\/>c = 1<br\/>… d, e$/);
    const full = lines(mermaid(longChange, undefined, { full: true })).at(-2) ?? "";
    expect(full).not.toContain("…");
    for (const part of ["field_19: 0, last: 7}", "d = 1", "e = 1"]) expect(full).toContain(part);
  });
  it("escapes what Mermaid would read as markup, and draws a spec without processes", () => {
    const trace = {
      ...committing,
      model: "a;b",
      steps: [
        { action: undefined, arguments: {}, location: "", state: { x: "" } },
        { action: "Set", arguments: {}, location: "", state: { x: "a;b#c<d" } },
      ],
    };
    expect(lines(mermaid(trace))).toEqual([
      "sequenceDiagram",
      "participant system as a#59;b",
      'Note over system: 2. Set<br/>x = "a#59;b#35;c#lt;d"',
    ]);
  });
});

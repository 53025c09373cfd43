import { describe, expect, it } from "vitest";
import { committing, longChange, overtaking } from "./fixtures/example-traces.ts";
import { plain } from "./painter.ts";
import { conclusion, traceText } from "./text.ts";

describe("a trace as text", () => {
  it("prints the first state in full and then what changes", () => {
    expect(traceText(overtaking).split("\n\n").slice(0, 4)).toEqual([
      [
        "State 1: <Initial predicate>",
        "    nodes[1] = {value: null, history: <<>>, acks: {}}",
        "    nodes[2] = {value: null, history: <<>>, acks: {}}",
        "    nodes[3] = {value: null, history: <<>>, acks: {}}",
        "    messages = {}",
        "    purse = {v1, v2}",
        "    accepted = {}",
        "    offered = {}",
      ].join("\n"),
      [
        "State 2: <Offer(v1) specs/example.ts:7>",
        "  * messages + Offer(value=v1, dest=2, source=1)",
        "  * messages + Offer(value=v1, dest=3, source=1)",
        "  * purse - v1",
        "  * offered.v1: absent → true",
      ].join("\n"),
      [
        "State 3: <Offer(v2) specs/example.ts:7>",
        "  * messages + Offer(value=v2, dest=2, source=1)",
        "  * messages + Offer(value=v2, dest=3, source=1)",
        "  * purse - v2",
        "  * offered.v2: absent → true",
      ].join("\n"),
      [
        "State 4: <Accept(3, Offer(value=v2, dest=3, source=1)) specs/example.ts:7>",
        "  * nodes[3].value: null → v2",
        "  * nodes[3].history: <<>> → <<v2>>",
        "  * messages + Ack(dest=1, source=3)",
        "  * messages: Offer(value=v2, dest=3, source=1) pending 1 → 0",
        "  * accepted + v2",
      ].join("\n"),
    ]);
  });
  it("prints every variable on request, with the changed ones marked", () => {
    expect(traceText(committing, { full: true }).split("\n\n")[3]).toBe(
      [
        "State 4: <TMAbort specs/example.ts:7>",
        "    rmState = {rm1: prepared, rm2: working}",
        "  * tmState = aborted",
        "    tmPrepared = {rm1}",
        "  * msgs = {Prepared(rm=rm1), Abort}",
      ].join("\n"),
    );
  });
  it("paints by meaning and keeps to a width", () => {
    const text = traceText(overtaking, { painter: { ...plain, action: (t) => `[${t}]` }, width: 40 });
    expect(text).toContain("State 2: <[Offer(v1)] specs/example.ts:7>");
    expect(text).toContain("  * messages + Offer(value=…2, source=1)\n");
    expect(text).toContain("\n\n(… stands for what was left out; --full shows all of it)\n\nInvariant");
  });
  it("shows the end of a long value, and all of it on request", () => {
    const short = traceText(longChange);
    expect(short).toMatch(/^ {2}\* store\[1\]: <<>> → <<\{field_0: 0, .+….+ last: 7\}>>$/m);
    expect(short).toContain("--full shows all of it");
    const full = traceText(longChange, { full: true });
    expect(full).not.toContain("…");
    for (let i = 0; i < 20; i++) expect(full).toContain(`field_${String(i)}: 0`);
    expect(full).toMatch(/^ {2}\* store = .+last: 7\}>>, 2: <<>>\}$/m);
  });
  it("says when a step changes nothing", () => {
    const [first, second] = committing.steps;
    if (first === undefined || second === undefined) throw new Error("no steps");
    expect(traceText({ ...committing, steps: [first, second, second] })).toContain(
      "State 3: <RMPrepare(rm1) specs/example.ts:7>\n    (nothing changes)",
    );
  });
  it("concludes with what is shown, and claims minimality only where it is known", () => {
    expect(conclusion(overtaking)).toBe(
      "Invariant OneAccepted is violated in the last state. The behaviour has 6 states; a shorter one may exist.",
    );
    expect(conclusion({ ...overtaking, minimal: true })).toMatch(/No behaviour with fewer than 6 states shows this\.$/);
    expect(conclusion({ ...overtaking, violated: { kind: "deadlock", property: "deadlock" } })).toMatch(/^Deadlock: no action is enabled/);
    expect(conclusion({ ...overtaking, violated: { kind: "action-property", property: "P" } })).toMatch(/^The last step violates P\./);
    expect(conclusion({ ...overtaking, violated: { kind: "witness", property: "W" } })).toMatch(/^W is reached\./);
    expect(conclusion(committing)).toBe("5 states; whether they violate a property was not asked.");
  });
});

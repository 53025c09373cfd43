import { describe, expect, it } from "vitest";
import { instantiate } from "../../specs/language/index.ts";
import { changeText } from "../changes.ts";
import { mailboxSpec } from "./fixtures/example-specs.ts";
import { explain } from "./explain.ts";
import { initialStates, step } from "./step.ts";

describe("explain", () => {
  const instance = instantiate(mailboxSpec, { design: { accept: "first" } });
  const initial = initialStates(instance)[0] ?? {};
  const offered = step(instance, initial, "Offer", { v: "v1" }).state;
  const offer = { type: "Offer", value: "v1", dest: 2, source: 1 };
  it("says what an enabled action changes, field by field", () => {
    const explanation = explain(instance, offered, "Accept", { r: 2, m: offer });
    expect(explanation.kind === "enabled" ? explanation.changes.map(changeText) : explanation).toEqual([
      "nodes[2].value: null → v1",
      "nodes[2].history: <<>> → <<v1>>",
      "messages + Ack(dest=1, source=2)",
      "messages: Offer(value=v1, dest=2, source=1) pending 1 → 0",
      "accepted + v1",
    ]);
  });
  it("quotes the conjunct that is false", () => {
    const empty = step(instance, initial, "Offer", { v: "v1" }).state;
    expect(explain(instance, empty, "Offer", { v: "v1" })).toEqual({
      kind: "disabled",
      reason: "conjunct",
      index: 0,
      text: "now.purse.has(v)",
      message: "conjunct 1 of its guard is false: now.purse.has(v)",
    });
  });
  it("says which argument is not in its domain", () => {
    expect(explain(instance, initial, "Accept", { r: 2, m: offer })).toEqual({
      kind: "disabled",
      reason: "argument",
      message: "m = Offer(value=v1, dest=2, source=1) is not in its domain, {}",
    });
  });
  it("refuses an unknown action", () => {
    expect(() => explain(instance, initial, "Accpt", {})).toThrow(/has no action Accpt; it has Offer, Accept, ReceiveAck/);
  });
});

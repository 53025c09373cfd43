import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instantiate } from "../../specs/language/index.ts";
import type { Trace } from "../trace.ts";
import { counterSpec, mailboxSpec } from "./fixtures/example-specs.ts";
import { replay } from "./replay.ts";
import { simulate } from "./simulate.ts";

const mailbox = instantiate(mailboxSpec);
const found = (seed: number): Trace => {
  const { violation } = simulate(mailbox, { seed, maxSteps: 30, maxSamples: 50 });
  if (violation === undefined) throw new Error("no violation found");
  return violation;
};
const withStep = (trace: Trace, at: number, change: object): Trace => ({
  ...trace,
  steps: trace.steps.map((s, i) => (i === at ? { ...s, ...change } : s)),
});
const messageOf = (trace: Trace): string => {
  const result = replay(mailbox, trace);
  return result.ok ? "accepted" : result.message;
};

describe("replay", () => {
  const trace = found(1);
  const last = trace.steps.length - 1;
  it("accepts what the spec can do and rejects every trace with a step left out", () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(), (seed, n) => {
        const good = found(seed);
        expect(replay(mailbox, good)).toEqual({ ok: true });
        const at = n % good.steps.length;
        expect(replay(mailbox, { ...good, steps: good.steps.filter((_, i) => i !== at) }).ok).toBe(false);
      }),
      { numRuns: 15 },
    );
  });
  it("names the first field that differs", () => {
    const state = { ...trace.steps[last]?.state, offered: {} };
    expect(messageOf(withStep(trace, last, { state }))).toMatch(
      new RegExp(
        `^state ${String(last + 1)}: after .*, the spec's state and the trace's differ \\(spec → trace\\): offered\\.v\\d: true → absent$`,
      ),
    );
    expect(messageOf(withStep(trace, 0, { state: { ...trace.steps[0]?.state, offered: { v1: false } } }))).toMatch(
      /state 1: not an initial state of mailbox: .*offered\.v1: absent → false/,
    );
  });
  it("names what does not fit the types", () => {
    expect(messageOf(withStep(trace, 1, { state: { ...trace.steps[1]?.state, offered: 3 } }))).toMatch(
      /not a state of the spec: TypeOK: offered is 3/,
    );
  });
  it("names the false conjunct, the unknown action and the wrong argument", () => {
    const twice: Trace = { ...trace, steps: [trace.steps[0], trace.steps[1], trace.steps[1]].filter((s) => s !== undefined) };
    expect(messageOf(twice)).toMatch(/^state 3: Offer\(v\d\) is not enabled: conjunct 1 of its guard is false: now\.purse\.has\(v\)$/);
    expect(messageOf(withStep(trace, 1, { action: "Offr" }))).toBe("state 2: mailbox has no action Offr");
    expect(messageOf(withStep(trace, 1, { arguments: { v: "v7" } }))).toMatch(/v = v7 is not in its domain, \{v1, v2\}/);
    expect(messageOf(withStep(trace, 1, { action: undefined }))).toMatch(/only the first state has no action/);
    expect(messageOf(withStep(trace, 0, { action: "Offer" }))).toMatch(/a trace starts with an initial state, not with Offer/);
    expect(messageOf({ ...trace, steps: [] })).toBe("state 1: the trace has no states");
  });
  it("wants the violation in the last state and not before", () => {
    const short: Trace = { ...trace, violated: { kind: "invariant", property: "OneAccepted" }, steps: trace.steps.slice(0, 2) };
    expect(messageOf(short)).toBe("state 2: OneAccepted holds throughout, although the trace says that it is violated");
    expect(messageOf({ ...trace, violated: { kind: "invariant", property: "Nope" } })).toMatch(/mailbox has no invariant Nope/);
    expect(messageOf({ ...trace, violated: { kind: "deadlock", property: "deadlock" } })).toMatch(/the last state is no deadlock: /);
    expect(messageOf({ ...trace, violated: { kind: "witness", property: "AllAcknowledged" } })).toMatch(
      /AllAcknowledged is false in every state/,
    );
    expect(messageOf({ ...trace, violated: undefined })).toBe("accepted");
  });
  it("judges deadlocks and early violations", () => {
    const counter = instantiate(counterSpec("deadlock"), { constants: { limit: 4 } });
    const { violation } = simulate(counter, { seed: 2, maxSteps: 20, maxSamples: 1, invariants: [] });
    if (violation === undefined) throw new Error("no deadlock found");
    expect(replay(counter, violation)).toEqual({ ok: true });
    const bounded = instantiate(counterSpec("constraint"), { constants: { limit: 1 } });
    const add = (n: number) => ({ action: "Add", arguments: { by: 1 }, location: "", state: { n, mode: "up" } });
    const late: Trace = {
      ...violation,
      violated: { kind: "invariant", property: "Small" },
      steps: [{ action: undefined, arguments: {}, location: "", state: { n: 0, mode: "up" } }, add(1), add(2), add(3)],
    };
    expect(replay(bounded, late)).toMatchObject({
      ok: false,
      step: 3,
      message: "state 3: Small is decided here already, before the last state",
    });
    expect(replay(bounded, { ...late, steps: late.steps.slice(0, 3) })).toEqual({ ok: true });
  });
});

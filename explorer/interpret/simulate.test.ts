import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { twoPhaseCommit } from "../../specs/classics/two-phase-commit.ts";
import { instantiate } from "../../specs/language/index.ts";
import type { State } from "../../specs/language/instantiate.ts";
import type { Spec } from "../../specs/language/system.ts";
import { stateText } from "./canonical.ts";
import { counterSpec, mailboxSpec } from "./fixtures/example-specs.ts";
import { replay } from "./replay.ts";
import { simulate } from "./simulate.ts";

describe("simulate", () => {
  const mailbox = instantiate(mailboxSpec);
  it("walks the same way for the same seed", () => {
    const options = { maxSteps: 4, maxSamples: 5, invariants: [], allowDeadlock: true };
    const [a, b, c] = [1, 1, 2].map((seed) => simulate(mailbox, { seed, ...options }));
    expect(b).toEqual(a);
    expect({ ...c, seed: 1 }).not.toEqual(a);
    expect(a?.samples).toBe(5);
    expect(Object.values(a?.actions ?? {}).reduce((x, y) => x + y)).toBe(a?.steps);
  });
  it("finds violations whose traces replay", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { violation } = simulate(mailbox, { seed, maxSteps: 30, maxSamples: 50 });
        if (violation === undefined) throw new Error("no violation found");
        expect(violation.minimal).toBe(false);
        expect(replay(mailbox, violation)).toEqual({ ok: true });
      }),
      { numRuns: 20 },
    );
  });
  it("checks only what it is asked to", () => {
    const result = simulate(mailbox, { seed: 3, maxSteps: 30, maxSamples: 20, invariants: ["NeverChanges"] });
    expect(result.violation?.violated).toEqual({ kind: "action-property", property: "NeverChanges" });
    expect(() => simulate(mailbox, { seed: 3, maxSteps: 1, maxSamples: 1, invariants: ["Nope"] })).toThrow(
      /has no property Nope; it has OneAccepted/,
    );
  });
  it("reports a deadlock unless it is allowed", () => {
    const counter = instantiate(counterSpec("deadlock"), { constants: { limit: 6 } });
    const found = simulate(counter, { seed: 5, maxSteps: 50, maxSamples: 1, invariants: [] });
    expect(found.violation?.violated).toEqual({ kind: "deadlock", property: "deadlock" });
    expect(found.deadlocks).toBe(1);
    expect(simulate(counter, { seed: 5, maxSteps: 50, maxSamples: 3, invariants: [], allowDeadlock: true }).deadlocks).toBe(3);
  });
  it("does not walk on after a step beyond an action constraint, and ends where the spec says so", () => {
    const counter = counterSpec("deadlock");
    const walk = (spec: Spec) =>
      simulate(instantiate(spec, { constants: { limit: 5 } }), { seed: 1, maxSamples: 500, maxSteps: 100, invariants: [] });
    const small = { SmallSteps: ({ now, next }: { now: State; next: State }): boolean => Number(next["n"]) - Number(now["n"]) < 2 };
    const bounded = walk({ ...counter, actionConstraints: small });
    expect(bounded).toMatchObject({ violation: { violated: { kind: "deadlock" } } });
    // Only a walk of single steps gets to where nothing is enabled.
    expect(bounded.violation?.steps.map(({ state }) => state["n"])).toEqual([0, 1, 2, 3, 4, 5]);
    const ended = walk({ ...counter, terminated: ({ now }: { now: State }) => Number(now["n"]) >= 5 });
    expect([ended.violation, ended.samples]).toEqual([undefined, 500]);
  });
  it("does not walk on where a constraint is false, and can be interrupted", () => {
    const counter = instantiate(counterSpec("constraint"), { constants: { limit: 5 } });
    expect(simulate(counter, { seed: 1, maxSteps: 50, maxSamples: 4, invariants: [] }).longest).toBeLessThanOrEqual(8);
    expect(simulate(counter, { seed: 1, maxSteps: 50, maxSamples: 4, interrupted: () => "stop" })).toMatchObject({
      samples: 0,
      interrupted: "stop",
    });
  });
  it("notices witnesses, and walks where nothing is violated", () => {
    const result = simulate(instantiate(twoPhaseCommit), { seed: 7, maxSteps: 30, maxSamples: 200 });
    expect(result.witnesses).toEqual({ SomeRMCommits: true });
    expect(result.violation).toBeUndefined();
    expect(result.steps).toBe(6000);
  });
  it("gives canonical states", () => {
    const { violation } = simulate(mailbox, { seed: 9, maxSteps: 30, maxSamples: 50 });
    for (const s of violation?.steps ?? []) expect(stateText(mailbox, s.state)).toBeTypeOf("string");
  });
});

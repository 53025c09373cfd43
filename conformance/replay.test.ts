import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromItf, readItf } from "../explorer/report/index.ts";
import type { Trace } from "../explorer/trace.ts";
import { models } from "../models/index.ts";
import { Counted, NetworkValue } from "../specs/language/collections.ts";
import { LockstepError } from "../specs/language/errors.ts";
import { instantiate } from "../specs/language/index.ts";
import type { SpecInstance } from "../specs/language/instantiate.ts";
import { viewstampedReplication } from "../specs/viewstamped-replication/spec.ts";
import { firstDifference, unobservedFields } from "./comparison.ts";
import { HarnessError } from "./driver.ts";
import type { Observation, StepResult } from "./driver.ts";
import { replayOn } from "./replay.ts";
import { replayText, verdictJson } from "./replay-text.ts";
import { SpecDriver, fixedDesign } from "./spec-driver.ts";

const load = (name: string): { trace: Trace; instance: SpecInstance; driver: (fixed: boolean) => SpecDriver } => {
  const itf = readItf(readFileSync(`counterexamples/${name}.itf.json`, "utf8"));
  const spec = models.find((m) => m.name === itf.meta.model)?.spec ?? viewstampedReplication;
  const instance = instantiate(spec, itf.meta);
  return {
    trace: fromItf(itf, instance),
    instance,
    driver: (fixed) => (fixed ? new SpecDriver(spec, fixedDesign(spec)) : new SpecDriver(spec)),
  };
};
const article = ["eager-1", "eager-2", "eager-3", "lazy-1", "lazy-2", "lazy-3"];
const lazy2 = load("lazy-2");

describe("replay on the spec as an engine", () => {
  it.each([...article, "batch-store/duplicate-persist", "snapshot-restore/empty-root"])(
    "%s is reproduced by its own design, and refused by the fixed one",
    async (name) => {
      const { trace, instance, driver } = load(name);
      const own = await replayOn(instance, trace, driver(false));
      expect(own.outcome).toMatchObject({ verdict: "reproduced", step: trace.steps.length, invariant: trace.violated?.property });
      const fixed = await replayOn(instance, trace, driver(true));
      expect(fixed.outcome.verdict).toMatch(/^refused(Guard|Effect)$/);
      expect(fixed.outcome.step).toBeLessThanOrEqual(trace.steps.length);
      expect(fixed.steps).toHaveLength(fixed.outcome.step);
    },
  );
  it("names the first field that a wrong effect changes, and stops there", async () => {
    const report = await replayOn(lazy2.instance, lazy2.trace, lazy2.driver(true));
    expect(report.outcome).toEqual({
      verdict: "refusedEffect",
      step: 18,
      action: "SendGetState",
      path: "replicas[3].status",
      expected: "Normal",
      observed: "StateTransfer",
    });
    const text = replayText(report, "fixed spec");
    expect(text).toContain("replicas[3].log: <<v1>> → <<>>");
    expect(text).toContain("State 18: <SendGetState(");
    expect(text).not.toContain("State 19");
    expect(text).toMatch(
      /Unobserved: nothing.*\nDifferent effect at state 18, SendGetState: replicas\[3\]\.status is StateTransfer in the engine/,
    );
  });
  it("names the guard that refuses", async () => {
    const eager = load("eager-1");
    class Stubborn extends SpecDriver {
      override step(action: string, args: Readonly<Record<string, unknown>>): StepResult {
        return action === "ExecuteOp" ? { kind: "refused", guard: "not committed" } : super.step(action, args);
      }
    }
    const refused = await replayOn(eager.instance, eager.trace, new Stubborn(viewstampedReplication));
    if (refused.outcome.verdict !== "refusedGuard") throw new Error("expected a refusal");
    expect(verdictJson(refused.outcome)).toEqual({
      verdict: "refusedGuard",
      step: eager.trace.steps.findIndex((s) => s.action === "ExecuteOp") + 1,
      action: "ExecuteOp",
      guard: "not committed",
    });
    expect(replayText(refused, "engine")).toContain("(refused)");
  });
  it("refuses a trace that is no behaviour of its own spec", async () => {
    const steps = lazy2.trace.steps.filter((_, i) => i !== 3);
    const replayed = replayOn(lazy2.instance, { ...lazy2.trace, steps }, lazy2.driver(false));
    await expect(replayed).rejects.toThrow(LockstepError);
  });
  it("gives no verdict when the driver fails", async () => {
    class Broken extends SpecDriver {
      override observe(): Observation {
        throw new HarnessError("the engine hangs", ["last words"]);
      }
    }
    const { outcome } = await replayOn(lazy2.instance, lazy2.trace, new Broken(viewstampedReplication));
    expect(outcome).toEqual({ verdict: "harnessError", step: 1, action: undefined, message: "the engine hangs", tail: ["last words"] });
    class Throwing extends SpecDriver {
      override step(): StepResult {
        throw new TypeError("no such property");
      }
    }
    const thrown = await replayOn(lazy2.instance, lazy2.trace, new Throwing(viewstampedReplication));
    expect(thrown.outcome).toMatchObject({ verdict: "harnessError", step: 2, message: "the driver failed: no such property" });
  });
});

/** Every field of a state, changed one at a time. */
const perturbed = (value: unknown, path: readonly string[] = []): { path: readonly string[]; value: unknown }[] => {
  if (typeof value === "boolean") return [{ path, value: !value }];
  if (typeof value === "number") return [{ path, value: value + 1 }];
  if (typeof value === "string") return [{ path, value: `${value}'` }];
  if (Array.isArray(value)) return [{ path, value: [...(value as unknown[]), "v9"] }];
  if (value instanceof NetworkValue) {
    const entries = (value as NetworkValue<unknown>).entries();
    return [{ path, value: new NetworkValue([...entries, [{ type: "SVC", dest: 1 }, 1]], value.by) }].concat(
      entries.map(([m]) => ({ path, value: (value as NetworkValue<unknown>).update(m, 7) })),
    );
  }
  if (value instanceof Counted || typeof value !== "object" || value === null) throw new Error("not in this spec");
  return Object.entries(value).flatMap(([k, v]) =>
    perturbed(v, [...path, k]).map((p) => ({ path: p.path, value: { ...value, [k]: p.value } })),
  );
};

describe("the comparison", () => {
  const state = lazy2.trace.steps.at(-1)?.state ?? {};
  const all = perturbed(state);
  const observed = (value: unknown, unobserved: readonly string[] = []): Observation => ({
    state: value as Observation["state"],
    unobserved,
  });

  it("sees every mapped field", () => {
    expect(all.length).toBeGreaterThan(60);
    for (const { path, value } of all) {
      const difference = firstDifference(state, observed(value));
      expect(difference?.path, path.join(".")).toMatch(new RegExp(`^${path[0] ?? ""}\\b`));
    }
    expect(firstDifference(state, observed(state))).toBeUndefined();
  });
  it("leaves out exactly what is unobserved, and counts it", () => {
    const unobserved = ["replicas.*.lastNormalView", "auxSvc"];
    const missed = all
      .filter(({ value }) => firstDifference(state, observed(value, unobserved)) === undefined)
      .map((p) => p.path.join("."));
    expect(missed).toEqual(["replicas.1.lastNormalView", "replicas.2.lastNormalView", "replicas.3.lastNormalView", "auxSvc"]);
    expect(unobservedFields(state, unobserved)).toBe(4);
    expect(unobservedFields(state, ["replicas.2"])).toBe(11);
  });
  it("gives no verdict on an abstraction that is not total", () => {
    const rest = Object.fromEntries(Object.entries(state).filter(([name]) => name !== "auxSvc"));
    expect(() => firstDifference(state, observed(rest))).toThrow("lacks the variable auxSvc");
    expect(firstDifference(state, observed(rest, ["auxSvc"]))).toBeUndefined();
    expect(() => firstDifference(state, observed({ ...state, extra: 1 }))).toThrow("has the variable extra");
    expect(() => firstDifference(state, observed(state, ["nothing.*"]))).toThrow("names no variable");
  });
});

describe("mutants of the harness", () => {
  it("a comparator that always says equal is caught by the invariant, which is asked of the engine", async () => {
    /** Does every step, and none of them changes it. */
    class Idle extends SpecDriver {
      override step(): StepResult {
        return { kind: "ok" };
      }
    }
    const compare = (): undefined => undefined;
    const { outcome } = await replayOn(lazy2.instance, lazy2.trace, new Idle(viewstampedReplication), { compare });
    expect(outcome).toMatchObject({ verdict: "harnessError", step: 25 });
    const honest = await replayOn(lazy2.instance, lazy2.trace, new Idle(viewstampedReplication));
    expect(honest.outcome).toMatchObject({ verdict: "refusedEffect", step: 2 });
  });
  it("an abstraction that repeats one state is caught at the first step", async () => {
    class Stuck extends SpecDriver {
      private first: Observation | undefined;
      override observe(): Observation {
        return (this.first ??= super.observe());
      }
    }
    const { outcome } = await replayOn(lazy2.instance, lazy2.trace, new Stuck(viewstampedReplication));
    expect(outcome).toMatchObject({ verdict: "refusedEffect", step: 2, action: "ReceiveClientRequest" });
  });
});

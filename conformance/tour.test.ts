import { describe, expect, it } from "vitest";
import { stateText } from "../explorer/interpret/index.ts";
import { valueSpecs } from "../explorer/search/fixtures/value-specs.ts";
import { search } from "../explorer/search/index.ts";
import { findModel } from "../models/index.ts";
import { instantiate } from "../specs/language/index.ts";
import type { Constants } from "../specs/language/schema.ts";
import type { Design, SpecInstance, State } from "../specs/language/instantiate.ts";
import { HarnessError } from "./driver.ts";
import type { Observation, StepResult } from "./driver.ts";
import { graphOf } from "./graph.ts";
import { Itinerary } from "./itinerary.ts";
import { SpecDriver } from "./spec-driver.ts";
import { tourOn } from "./tour.ts";
import { tourText } from "./tour-text.ts";

const small = (name: string, constants: Constants = {}, design: Design = {}): SpecInstance => {
  const model = findModel(name);
  return instantiate(model.spec, { constants: { ...model.constants, ...constants }, design: { ...model.design, ...design } });
};
const commit = findModel("two-phase-commit").spec;
const bounds = { maxStates: Infinity, maxEdges: Infinity };

it("the graph of a tour has no steps beyond an action constraint, as the search has none", async () => {
  const stairs = valueSpecs.find(({ name }) => name === "stairs");
  if (stairs === undefined) throw new Error("there is no such spec");
  const instance = instantiate(stairs.spec);
  const { distinct } = await search(instance, { symmetry: false, reductions: false, continueAfterViolation: true });
  const graph = graphOf(instance);
  expect(graph.nodes).toHaveLength(distinct);
  const at = ({ at }: State, n: string): number => (at as Readonly<Record<string, number>>)[n] ?? NaN; // as the spec declares it
  const isBeyond = (n: string, from: State, to: State): boolean => at(to, n) - at(from, n) === 2 && at(from, n) % 2 === 1;
  const beyond = ({ nodes, edges }: typeof graph): number =>
    edges.filter((e) => ["n1", "n2"].some((n) => isBeyond(n, nodes[e.from]?.state ?? {}, nodes[e.to]?.state ?? {}))).length;
  expect(beyond(graph)).toBe(0);
  expect(beyond(graphOf(instantiate({ ...stairs.spec, actionConstraints: {} })))).toBeGreaterThan(0);
});

describe("an itinerary", () => {
  it.each(["two-phase-commit", "bakery", "die-hard", "batch-store/proof"])("takes every edge of %s, each from where it is", (name) => {
    const graph = graphOf(small(name));
    const itinerary = new Itinerary(graph);
    const covered = new Set<number>();
    let at: number | undefined;
    for (let move = itinerary.next(); move !== undefined; move = itinerary.next()) {
      if (move.kind === "start") expect(move.at.depth).toBe(0);
      else expect(move.edge.from).toBe(at);
      at = move.kind === "start" ? move.at.index : move.edge.to;
      if (move.kind === "edge") covered.add(move.edge.index);
    }
    expect(covered.size).toBe(graph.edges.length);
    expect(itinerary.edgesCovered).toBe(graph.edges.length);
  });
  it("takes every pair of edges around named actions in a row", () => {
    const graph = graphOf(small("batch-store/notify"));
    const wanted = new Set<string>();
    for (const first of graph.edges)
      for (const second of graph.nodes[first.to]?.out ?? [])
        if ([first, second].some((e) => e.action.includes("Crash"))) wanted.add(`${String(first.index)} ${String(second.index)}`);
    expect(wanted.size).toBeGreaterThan(50);
    const crashes = [...new Set(graph.edges.map((e) => e.action))].filter((a) => a.includes("Crash"));
    const itinerary = new Itinerary(graph, crashes);
    expect(itinerary.pairsTotal).toBe(wanted.size);
    let last = -1;
    for (let move = itinerary.next(); move !== undefined; move = itinerary.next()) {
      if (move.kind === "edge") wanted.delete(`${String(last)} ${String(move.edge.index)}`);
      last = move.kind === "edge" ? move.edge.index : -1;
    }
    expect([...wanted]).toEqual([]);
    expect(itinerary.pairsCovered).toBe(itinerary.pairsTotal);

    // Above the limit they are not all sought, and the count says so.
    const few = new Itinerary(graph, crashes, 10);
    while (few.next() !== undefined);
    expect(few.pairsTotal).toBe(itinerary.pairsTotal);
    expect(few.pairsCovered).toBe(10);
  });
});

describe("a tour", () => {
  const instance = small("two-phase-commit");
  const graph = graphOf(instance);

  it("covers every edge and state, and probes every state", async () => {
    const report = await tourOn(instance, new SpecDriver(commit), { model: "two-phase-commit" });
    expect(report.outcome).toEqual({ verdict: "passed" });
    expect(report.coverage.states).toEqual({ covered: 288, total: 288 });
    expect(report.coverage.edges).toEqual({ covered: graph.edges.length, total: graph.edges.length });
    expect(report.coverage.probes).toBeGreaterThan(288);
    expect(Object.values(report.coverage.classes).reduce((a, b) => a + b)).toBe(graph.edges.length);
    const text = tourText(report, bounds);
    expect(text).toContain("States 288 of 288; steps of the spec 1,145 of 1,145");
    expect(text).toContain("Passed: every step of the model.");
  });
  it("finds each single edge that the engine gets wrong", async () => {
    for (const target of graph.edges.filter((e) => e.index % 97 === 0)) {
      const from = stateText(instance, graph.nodes[target.from]?.state ?? {});
      /** Refuses one action in one state. */
      class Stubborn extends SpecDriver {
        override step(action: string, args: Readonly<Record<string, unknown>>): StepResult {
          const here = stateText(instance, this.observe().state);
          const same = here === from && action === target.action && JSON.stringify(args) === JSON.stringify(target.arguments);
          return same ? { kind: "refused", guard: "stubborn" } : super.step(action, args);
        }
      }
      const report = await tourOn(instance, new Stubborn(commit), { model: "two-phase-commit", probes: false });
      expect(report.outcome).toMatchObject({ verdict: "refusedGuard", action: target.action, guard: "stubborn" });
      expect(report.path.at(-1)?.action).toBe(target.action);
    }
  });
  it("finds a guard that the engine lacks, by its probes alone", async () => {
    class Lax extends SpecDriver {
      override step(action: string, args: Readonly<Record<string, unknown>>): StepResult {
        const result = super.step(action, args);
        return action === "TMCommit" ? { kind: "ok" } : result;
      }
    }
    const model = { model: "two-phase-commit" };
    const report = await tourOn(instance, new Lax(commit), model);
    expect(report.outcome).toMatchObject({ verdict: "accepted", action: "TMCommit" });
    expect(tourText(report, bounds)).toContain("The engine does TMCommit, which the spec forbids there");
    expect((await tourOn(instance, new Lax(commit), { ...model, probes: false })).outcome).toEqual({ verdict: "passed" });
  });
  it("finds a refusal that leaves its mark", async () => {
    class Marked extends SpecDriver {
      private refusals = 0;
      override step(action: string, args: Readonly<Record<string, unknown>>): StepResult {
        const result = super.step(action, args);
        if (result.kind === "refused") this.refusals++;
        return result;
      }
      override observe(): Observation {
        const { state } = super.observe();
        return { state: this.refusals === 0 ? state : { ...state, tmState: "committed" }, unobserved: [] };
      }
    }
    const { outcome } = await tourOn(instance, new Marked(commit), { model: "two-phase-commit" });
    expect(outcome).toMatchObject({ verdict: "refusedEffect", action: "a refused step", path: "tmState" });
  });
  it("of a defective design diverges, where the fixed one passes", async () => {
    const model = "batch-store/duplicate-persist";
    const { spec } = findModel(model);
    const fixed = small(model);
    expect((await tourOn(fixed, new SpecDriver(spec), { model })).outcome).toEqual({ verdict: "passed" });
    const defective = new SpecDriver(spec, small(model, {}, { duplicatePersist: "signNow" }).design);
    const { outcome, path } = await tourOn(fixed, defective, { model });
    expect(outcome.verdict).toMatch(/refused|accepted/);
    expect(path.length).toBeGreaterThan(0);
  });
  it("is a sample when the model is too large, and says so", async () => {
    const options = { model: "two-phase-commit", maxStates: 100, maxSteps: 300 };
    const report = await tourOn(instance, new SpecDriver(commit), options);
    expect(report.outcome).toEqual({ verdict: "passed" });
    expect(report.coverage).toMatchObject({ kind: "sample", states: { total: undefined }, edges: { total: undefined } });
    expect(report.coverage.steps).toBeGreaterThanOrEqual(300);
    expect(Object.values(report.coverage.actions).every((n) => n > 0)).toBe(true);
    expect(tourText(report, { maxStates: 100, maxEdges: 10 })).toMatch(/A sample: .* more than 100 states[^]*this is no full tour/);
    expect(await tourOn(instance, new SpecDriver(commit), options)).toEqual(report);
  });
  it("gives no verdict when the driver fails", async () => {
    class Dying extends SpecDriver {
      private steps = 0;
      override step(action: string, args: Readonly<Record<string, unknown>>): StepResult {
        if (this.steps++ > 20) throw new HarnessError("gone", ["last words"]);
        return super.step(action, args);
      }
    }
    const { outcome } = await tourOn(instance, new Dying(commit), { model: "two-phase-commit" });
    expect(outcome).toMatchObject({ verdict: "harnessError", message: "gone", tail: ["last words"] });
    await expect(tourOn(instance, new Dying(commit), { model: "x", pairsAround: ["Nothing"] })).rejects.toThrow("no action Nothing");
  });
});

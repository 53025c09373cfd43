/** From a finished search to its result: counts, verdict, and the traces of what was found. */
import type { PropertyKind, Step } from "../../trace.ts";
import type { SpecInstance } from "../../../specs/language/instantiate.ts";
import type { BadStep, Control } from "../threads/control.ts";
import { TALLY_ACTIONS, tallied } from "../threads/control-memory.ts";
import type { Audit, Bound, SearchOptions, SearchResult, Violation } from "../contract.ts";
import type { Leader } from "../threads/leader.ts";
import { faultOf } from "./fault.ts";
import { TraceFinder } from "./trace-finder.ts";

/** A shortest trace is only claimed where every shorter behaviour was seen. */
const violationOf = (leader: Leader, kind: PropertyKind, property: string, steps: readonly Step[]): Violation => ({
  kind,
  property,
  length: steps.length,
  trace: {
    model: leader.options.model ?? leader.instance.name,
    constants: leader.instance.constants,
    design: leader.instance.design,
    violated: { kind, property },
    minimal: true,
    steps,
  },
});

/** Does the step from `before` to `after`, vectors of leaf ids, break the action property? */
const breaks = (leader: Leader, property: string, before: Uint32Array, after: Uint32Array): boolean => {
  const { core } = leader.thread;
  core.observer.ids.set(before);
  core.observer.ids.set(after, core.leaves.length);
  return leader.instance.actionProperties.find((p) => p.name === property)?.test(core.pairScope) === false;
};

/** The trace of a step that ends outside the constraints or breaks an action property. */
const badStepViolation = (leader: Leader, finder: TraceFinder, step: BadStep): Violation => {
  const { thread, plan } = leader;
  const property = (step.kind === "invariant" ? plan.invariants : plan.actionProperties)[step.predicate] ?? "";
  const width = thread.partCount;
  const wanted = new Uint32Array(thread.tree.width);
  wanted.set(step.successor);
  thread.expander.represent(wanted);
  const isWanted = (ids: Uint32Array, before: Uint32Array): boolean => {
    const vector = thread.partsOf(ids);
    thread.expander.represent(vector);
    if (vector.subarray(0, width).join() !== wanted.subarray(0, width).join()) return false;
    // Steps to states that only differ by a permutation need not all break the property.
    return step.kind === "invariant" || breaks(leader, property, before, ids);
  };
  return violationOf(leader, step.kind, property, finder.steps(step.from < 0 ? [] : finder.path(step.from), isWanted));
};

/** Throws SpecFault when the spec is at fault in fewer states than anything is violated in. */
const findViolations = (leader: Leader): Violation[] => {
  const { control, plan, thread } = leader;
  const found: Violation[] = [];
  const finder = new TraceFinder(thread, leader.levels);
  const deadlock = leader.options.allowDeadlock === true ? undefined : control.deadlock;
  if (deadlock !== undefined) found.push(violationOf(leader, "deadlock", "deadlock", finder.steps(finder.path(deadlock))));
  plan.invariants.forEach((name, i) => {
    const id = control.violation(i);
    if (id !== undefined) found.push(violationOf(leader, "invariant", name, finder.steps(finder.path(id))));
  });
  for (const step of control.badSteps(thread.partCount)) found.push(badStepViolation(leader, finder, step));
  found.sort((a, b) => a.length - b.length);
  const fault = faultOf(leader, finder, found[0]?.length);
  if (fault !== undefined) throw fault;
  // An invariant may be broken within the constraints and by a step out of them: the shorter trace comes first.
  const first = found.filter((v, i) => found.findIndex((w) => w.property === v.property && w.kind === v.kind) === i);
  return leader.options.continueAfterViolation === true ? first : first.slice(0, 1);
};

/** What the threads have counted. */
const countsOf = ({ actions }: SpecInstance, control: Control) => {
  const perAction = actions.map(
    ({ name }, a) =>
      [name, { generated: control.tallied(TALLY_ACTIONS + 2 * a), distinct: control.tallied(TALLY_ACTIONS + 2 * a + 1) }] as const,
  );
  return {
    generated: control.tallied(tallied.generated),
    distinct: control.tallied(tallied.distinct),
    actions: Object.fromEntries(perAction),
    neverFired: perAction.filter(([, c]) => c.generated === 0).map(([name]) => name),
    workers: control.shape.threads,
  };
};

const switchesOf = (instance: SpecInstance, options: SearchOptions) => ({
  symmetry: (options.symmetry ?? true) && instance.symmetricSets.length > 0,
  reductions: (options.reductions ?? true) && instance.reductions.length > 0,
});

const speedOf = (generated: number, elapsedMs: number) => ({
  seconds: elapsedMs / 1000,
  statesPerSecond: elapsedMs > 0 ? Math.round((generated * 1000) / elapsedMs) : 0,
});

const perState = (n: number, distinct: number): number => (distinct > 0 ? Math.round((n / distinct) * 10) / 10 : 0);

/** The result of a search that was ended from outside, or before it began: what its threads have counted, and no more. */
export const unfinished = (
  instance: SpecInstance,
  options: SearchOptions,
  control: Control,
  bound: Bound | undefined,
  elapsedMs: number,
): SearchResult => {
  const counts = countsOf(instance, control);
  return {
    verdict: "inconclusive",
    ...counts,
    depth: control.progress.depth,
    levels: [],
    violation: undefined,
    violations: [],
    witnesses: Object.fromEntries(
      instance.witnesses.map(({ name }, i) => [name, control.witnessed((options.invariants ?? instance.invariants).length + i)]),
    ),
    bound,
    ...speedOf(counts.generated, elapsedMs),
    bytesPerState: perState(control.tallied(tallied.bytes) + control.tallied(tallied.heapBytes), counts.distinct),
    ...switchesOf(instance, options),
    audit: auditOf(instance, options, control, undefined),
    outDegree: { min: 0, max: 0, mean: 0 },
  };
};

export const outcome = (leader: Leader): SearchResult => {
  const { instance, plan, control, bound, options } = leader;
  const counts = countsOf(instance, control);
  const { generated, distinct } = counts;
  const violations = findViolations(leader);
  const witnesses = instance.witnesses.map(({ name }, i) => [name, control.witnessed(plan.invariants.length + i)] as const);
  const levels = leader.levelCounts.filter((n) => n > 0);
  return {
    verdict: violations.length > 0 ? "violated" : bound !== undefined ? "inconclusive" : "holds",
    ...counts,
    depth: levels.length,
    levels,
    violation: violations[0],
    violations,
    witnesses: Object.fromEntries(witnesses),
    bound,
    ...speedOf(generated, leader.elapsedMs),
    bytesPerState: perState(leader.bytes, distinct),
    ...switchesOf(instance, options),
    audit: auditOf(instance, options, control, leader.thread.permutations),
    outDegree: degreesOf(leader),
  };
};

const auditOf = (
  instance: SpecInstance,
  options: SearchOptions,
  control: Control,
  share: readonly [looked: number, of: number] | undefined,
): Audit => {
  const of = (i: number): number => control.tallied(i);
  const usesReductions = switchesOf(instance, options).reductions;
  return {
    purity: { runs: of(tallied.runs), checked: of(tallied.runsTwice) },
    symmetry: share && { permutations: share[1], checked: share[0] },
    reductions: usesReductions ? { cases: of(tallied.reduced), checked: of(tallied.reducedChecked) } : undefined,
  };
};

/** Of the states that were expanded: those of the last level may not have been. */
const degreesOf = (leader: Leader): SearchResult["outDegree"] => {
  const { control, instance, generated } = leader;
  const busy = Array.from({ length: control.shape.threads }, (_, t) => control.tally(t)).filter((t) => (t[tallied.expanded] ?? 0) > 0);
  const expanded = leader.control.tallied(tallied.expanded);
  if (expanded === 0) return { min: 0, max: 0, mean: 0 };
  return {
    min: Math.min(...busy.map((t) => t[tallied.minDegree] ?? 0)),
    max: Math.max(...busy.map((t) => t[tallied.maxDegree] ?? 0)),
    mean: Math.round(((generated - instance.init.length) / expanded) * 100) / 100,
  };
};

/** From a finished search to its result: counts, verdict, and the traces of what was found. */
import type { PropertyKind, Step } from "../../trace.ts";
import type { BadStep } from "../threads/control.ts";
import { TALLY_ACTIONS, tallied } from "../threads/control.ts";
import type { Audit, SearchResult, Violation } from "./result.ts";
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
  const width = thread.layout.clusters.length;
  const wanted = new Uint32Array(thread.layout.width);
  wanted.set(step.successor);
  thread.expander.represent(wanted);
  const isWanted = (ids: Uint32Array, before: Uint32Array): boolean => {
    const vector = thread.clustersOf(ids);
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
  for (const step of control.badSteps(thread.layout.clusters.length)) found.push(badStepViolation(leader, finder, step));
  found.sort((a, b) => a.length - b.length);
  const fault = faultOf(leader, finder, found[0]?.length);
  if (fault !== undefined) throw fault;
  // An invariant may be broken within the constraints and by a step out of them: the shorter trace comes first.
  const first = found.filter((v, i) => found.findIndex((w) => w.property === v.property && w.kind === v.kind) === i);
  return leader.options.continueAfterViolation === true ? first : first.slice(0, 1);
};

export const outcome = (leader: Leader): SearchResult => {
  const { instance, plan, control, bound, generated, distinct } = leader;
  const seconds = leader.elapsedMs / 1000;
  const actions = instance.actions.map(
    ({ name }, a) =>
      [name, { generated: leader.tallied(TALLY_ACTIONS + 2 * a), distinct: leader.tallied(TALLY_ACTIONS + 2 * a + 1) }] as const,
  );
  const violations = findViolations(leader);
  const witnesses = instance.witnesses.map(({ name }, i) => [name, control.witnessed(plan.invariants.length + i)] as const);
  return {
    verdict: violations.length > 0 ? "violated" : bound !== undefined ? "inconclusive" : "holds",
    generated,
    distinct,
    depth: leader.levelCounts.filter((n) => n > 0).length,
    levels: leader.levelCounts.filter((n) => n > 0),
    actions: Object.fromEntries(actions),
    neverFired: actions.filter(([, c]) => c.generated === 0).map(([name]) => name),
    violation: violations[0],
    violations,
    witnesses: Object.fromEntries(witnesses),
    bound,
    seconds,
    statesPerSecond: seconds > 0 ? Math.round(generated / seconds) : 0,
    bytesPerState: distinct > 0 ? Math.round((leader.bytes / distinct) * 10) / 10 : 0,
    workers: leader.workers,
    symmetry: plan.symmetry && instance.symmetricSets.length > 0,
    reductions: plan.reductions && instance.reductions.length > 0,
    audit: auditOf(leader),
    outDegree: degreesOf(leader),
  };
};

const auditOf = (leader: Leader): Audit => {
  const of = (i: number): number => leader.tallied(i);
  const share = leader.thread.permutations;
  const usesReductions = leader.plan.reductions && leader.instance.reductions.length > 0;
  return {
    purity: { runs: of(tallied.runs), checked: of(tallied.runsTwice) },
    symmetry: share && { permutations: share[1], checked: share[0] },
    reductions: usesReductions ? { cases: of(tallied.reduced), checked: of(tallied.reducedChecked) } : undefined,
  };
};

/** Of the states that were expanded: those of the last level may not have been. */
const degreesOf = (leader: Leader): SearchResult["outDegree"] => {
  const { control, instance, generated } = leader;
  const busy = Array.from({ length: control.threads }, (_, t) => control.tally(t)).filter((t) => (t[tallied.expanded] ?? 0) > 0);
  const expanded = leader.tallied(tallied.expanded);
  if (expanded === 0) return { min: 0, max: 0, mean: 0 };
  return {
    min: Math.min(...busy.map((t) => t[tallied.minDegree] ?? 0)),
    max: Math.max(...busy.map((t) => t[tallied.maxDegree] ?? 0)),
    mean: Math.round(((generated - instance.init.length) / expanded) * 100) / 100,
  };
};

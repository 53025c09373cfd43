/** One thread of a search: the parts of `Core` put together for breadth-first expansion over shared tables. */
import { StateTree } from "../kernel/state-tree.ts";
import { LeafPermutations, permutationsOf, Symmetry } from "../quotient/symmetry.ts";
import type { SpecInstance } from "../../../specs/language/instantiate.ts";
import { Core } from "../relation/core.ts";
import type { Memory, Room } from "../relation/core.ts";
import { Expander } from "./expander.ts";
import type { Findings } from "./findings.ts";
import { Layout } from "../tracked/layout.ts";
import { MAX_PREDICATES, PredicateSet } from "../remember/predicates.ts";
import { RunSample } from "../remember/run-sample.ts";
import { Reductions } from "../quotient/reductions.ts";
import { SuccessorLists } from "../relation/successor-lists.ts";
import { SymmetryCheck } from "../audit/symmetry-check.ts";
import { joinUnits, unitsByProcess, warmUp } from "../relation/warm-up.ts";
import type { Reads } from "../relation/warm-up.ts";
import type { Tuning } from "./tuning.ts";

/** What every thread of one search must agree on. Can be sent to another thread. */
export interface ThreadPlan {
  readonly memory: Memory;
  readonly symmetry: boolean;
  readonly reductions: boolean;
  readonly allowDeadlock: boolean;
  /** The budget. */
  readonly memoryBytes: number;
  /** Names, in the order of the bits of a verdict. */
  readonly invariants: readonly string[];
  readonly actionProperties: readonly string[];
  /** False: run user code for every state, as a baseline for measurements. */
  readonly memoise: boolean;
  readonly tuning: Tuning;
  /** What the leader's warm-up saw; it decides the layout of states, in which all ids are understood. Undefined for the leader. */
  readonly reads: Reads | undefined;
}

export class SearchThread {
  readonly core: Core;
  readonly layout: Layout;
  readonly lists: SuccessorLists;
  readonly tree: StateTree;
  readonly expander: Expander;
  private readonly predicates: readonly PredicateSet[];
  private readonly symmetry: Symmetry | undefined;
  private symmetryCheck: SymmetryCheck | undefined;
  private readonly reductions: Reductions | undefined;
  /** Of the predicates. */
  private readonly samples: RunSample[] = [];
  readonly reads: Reads;

  constructor(
    readonly instance: SpecInstance,
    plan: ThreadPlan,
    findings: Findings,
    room: Room,
    /** Called often while this takes long; throws to end it. */
    poll: () => void = () => undefined,
  ) {
    const core = (this.core = new Core(instance, plan.memory, plan.memoise, room));
    const units = unitsByProcess(core);
    const permutations = plan.symmetry && instance.symmetricSets.length > 0 ? this.useSymmetry() : undefined;
    const reads = (this.reads = plan.reads ?? warmUp(core, units, plan.tuning.warmUpStates, poll));
    const layout = (this.layout = new Layout(core.leaves, this.ownVariables(reads, plan), core.nodes));
    const lists = (this.lists = new SuccessorLists(
      joinUnits(units, reads, layout.clusterOfLeaf),
      layout,
      core.observer,
      core.runner,
      core.changes,
      plan.memoise,
      plan.memoryBytes,
    ));
    const invariants = instance.invariants.filter((p) => plan.invariants.includes(p.name));
    const properties = instance.actionProperties.filter((p) => plan.actionProperties.includes(p.name));
    const checked = this.predicateSets([...invariants, ...instance.witnesses], "invariant", plan, false);
    this.symmetry = permutations && new Symmetry(layout, permutations);
    const describe = (vector: Uint32Array): string => {
      layout.decodeAll(vector, 0, core.observer.ids);
      return core.describeState();
    };
    const constraints = this.predicateSets(instance.constraints, "constraint", plan, false);
    const actionProperties = this.predicateSets(properties, "action property", plan, true);
    const actionConstraints = this.predicateSets(instance.actionConstraints, "action constraint", plan, true);
    const terminated = this.predicateSets(instance.terminated, "predicate", plan, false);
    const predicates = (this.predicates = [checked, constraints, actionProperties, actionConstraints, terminated].flat());
    if (this.symmetryCheck !== undefined) for (const set of predicates) set.onRun = this.symmetryCheck.checkPredicates;
    if (plan.reductions && instance.reductions.length > 0) this.reductions = this.makeReductions(predicates, describe, plan);
    const shape = { parts: layout.clusters.length, left: layout.left, right: layout.right, below: layout.below };
    this.tree = new StateTree(shape, core.inner, core.states, plan.tuning.batch);
    this.expander = new Expander({
      layout,
      states: core.states,
      tree: this.tree,
      blockParents: core.blockParents,
      lists,
      runner: core.runner,
      symmetry: this.symmetry,
      reductions: this.reductions,
      predicates: checked,
      invariantCount: invariants.length,
      constraints,
      actionProperties,
      actionConstraints,
      terminated,
      findings,
      tuning: plan.tuning,
    });
  }

  private makeReductions(predicates: readonly PredicateSet[], describe: (vector: Uint32Array) => string, plan: ThreadPlan): Reductions {
    const { instance, now, observer, draft, changes } = this.core;
    return new Reductions(instance, now, this.layout, observer, draft, changes, this.lists, predicates, describe, plan.allowDeadlock);
  }

  private predicateSets(all: SpecInstance["invariants"], what: string, plan: ThreadPlan, pairs: boolean): PredicateSet[] {
    const { observer, scope, pairScope, describeState } = this.core;
    const options = { pairs, memoise: plan.memoise };
    return Array.from({ length: Math.ceil(all.length / MAX_PREDICATES) }, (_, i) => {
      const some = all.slice(i * MAX_PREDICATES, (i + 1) * MAX_PREDICATES);
      const sample = new RunSample();
      this.samples.push(sample);
      return new PredicateSet(some, what, pairs ? pairScope : scope, this.layout, observer, describeState, sample, options);
    });
  }

  /** The variables of which each process has its part in its own cluster; all that reductions of processes look at lie together. */
  private ownVariables({ privateVariables }: Reads, plan: ThreadPlan): ReadonlySet<string> {
    if (!plan.reductions) return privateVariables;
    const reduced = new Set(
      this.instance.reductions.map(({ parameters: [process] }) => (process?.kind === "static" ? process.set : undefined)),
    );
    const owned = this.core.leaves.filter((leaf) => leaf.keySet !== undefined && reduced.has(leaf.keySet));
    return new Set([...privateVariables, ...owned.map((leaf) => leaf.variable)]);
  }

  /** Sets up the check of symmetric sets, before anything is run. */
  private useSymmetry(): LeafPermutations {
    const { instance, core } = this;
    const permutations = new LeafPermutations(permutationsOf(instance), core.leaves, core.lists);
    const check = (this.symmetryCheck = new SymmetryCheck(instance, permutations, core.observer, core.runner, core.changes));
    check.checkStaticDomains();
    core.runner.onRun = check.check;
    core.runner.onDomain = check.checkDomain;
    return permutations;
  }

  /** How much of what was run was checked. */
  get audit(): {
    readonly purity: { readonly runs: number; readonly checked: number };
    readonly reductions: { readonly cases: number; readonly checked: number };
  } {
    const { purity } = this.core.runner;
    const runs = purity.runs + this.samples.reduce((sum, s) => sum + s.runs, 0);
    const checked = purity.checked + this.samples.reduce((sum, s) => sum + s.taken, 0);
    return { purity: { runs, checked }, reductions: this.reductions?.audit ?? { cases: 0, checked: 0 } };
  }

  /** Permutations that each run of user code is compared under, and how many there are; undefined without symmetry. */
  get permutations(): readonly [looked: number, of: number] | undefined {
    return this.symmetryCheck?.share;
  }

  /** The clusters of a vector of leaf ids. */
  clustersOf(ids: ArrayLike<number>): Uint32Array {
    const vector = new Uint32Array(this.layout.width);
    for (const cluster of this.layout.clusters) vector[cluster.index] = this.layout.encode(cluster, ids);
    return vector;
  }

  /** Bytes of what this thread remembers for itself. */
  get bytes(): number {
    const { observer, runner, changes } = this.core;
    const parts = [this.lists, ...this.predicates, observer, runner, changes, this.symmetry, this.reductions];
    return parts.reduce((sum, part) => sum + (part?.bytes ?? 0), 0);
  }
}

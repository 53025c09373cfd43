/** One thread of a search: the parts of `Core` put together for breadth-first expansion over shared tables. */
import { StateTree } from "../kernel/state-tree.ts";
import { LeafPermutations, permutationsOf, Symmetry } from "../quotient/symmetry.ts";
import type { SpecInstance } from "../../../specs/language/instantiate.ts";
import { Core } from "../relation/core.ts";
import type { Memory, Room } from "../relation/core.ts";
import type { Intake, IntakeParts } from "./intake.ts";
import { ListExpander } from "./list-expander.ts";
import { PackedExpander } from "./packed-expander.ts";
import { chosenPath } from "./path.ts";
import type { Findings } from "./findings.ts";
import { Layout } from "../tracked/layout.ts";
import { PackedLayout } from "../tracked/packed-layout.ts";
import { MAX_PREDICATES, PredicateSet } from "../remember/predicates.ts";
import type { Verdicts } from "../remember/predicates.ts";
import { PackedPredicates } from "../remember/packed-predicates.ts";
import { PackedTests } from "../remember/packed-tests.ts";
import { PackedRelation } from "../relation/packed-relation.ts";
import { SpecError } from "../../../specs/language/errors.ts";
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
  readonly expander: Intake;
  /** Clusters or words of a state. */
  readonly partCount: number;
  private readonly packed: PackedRelation | undefined;
  private readonly encode: (ids: ArrayLike<number>, vector: Uint32Array) => void;
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
    const packed = new PackedLayout(core.leaves, core.lists);
    const groups = joinUnits(units, reads, layout.clusterOfLeaf);
    const lists = (this.lists = new SuccessorLists(
      groups,
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
    const constraints = this.predicateSets(instance.constraints, "constraint", plan, false);
    const actionProperties = this.predicateSets(properties, "action property", plan, true);
    const actionConstraints = this.predicateSets(instance.actionConstraints, "action constraint", plan, true);
    const terminated = this.predicateSets(instance.terminated, "predicate", plan, false);
    const predicates = (this.predicates = [checked, constraints, actionProperties, actionConstraints, terminated].flat());
    if (this.symmetryCheck !== undefined) for (const set of predicates) set.onRun = this.symmetryCheck.checkPredicates;
    this.reductions = this.usedReductions(plan, predicates);
    const isPacked = chosenPath(instance, plan, packed, plan.tuning.path) === "packed";
    const { left, right, below } = isPacked ? packed : layout;
    this.partCount = isPacked ? packed.words : layout.clusters.length;
    this.tree = new StateTree({ parts: this.partCount, left, right, below }, core.inner, core.states, plan.tuning.batch);
    const relation = isPacked ? this.packedRelation(groups, packed, plan) : undefined;
    const view = (sets: readonly PredicateSet[]): readonly Verdicts[] =>
      relation === undefined ? sets : sets.map((set) => relation.predicates(set));
    const parts: IntakeParts = {
      partCount: this.partCount,
      states: core.states,
      tree: this.tree,
      blockParents: core.blockParents,
      runner: core.runner,
      symmetry: this.symmetry,
      reductions: this.reductions,
      predicates: view(checked),
      invariantCount: invariants.length,
      constraints: view(constraints),
      actionProperties: view(actionProperties),
      actionConstraints: view(actionConstraints),
      terminated: view(terminated),
      findings,
      tuning: plan.tuning,
    };
    this.packed = relation?.relation;
    this.encode = isPacked
      ? (ids, vector) => packed.encode(ids, vector)
      : (ids, vector) => {
          for (const cluster of layout.clusters) vector[cluster.index] = layout.encode(cluster, ids);
        };
    this.expander = this.packed === undefined ? new ListExpander(parts, lists) : new PackedExpander(parts, this.packed);
  }

  private usedReductions(plan: ThreadPlan, predicates: readonly PredicateSet[]): Reductions | undefined {
    const { instance, core, layout, lists } = this;
    if (!plan.reductions || instance.reductions.length === 0) return undefined;
    const { observer, draft, changes } = core;
    const describe = (vector: Uint32Array): string => {
      layout.decodeAll(vector, 0, observer.ids);
      return core.describeState();
    };
    return new Reductions(instance, core.now, layout, observer, draft, changes, lists, predicates, describe, plan.allowDeadlock);
  }

  private packedRelation(groups: ReturnType<typeof joinUnits>, layout: PackedLayout, { memoise, memoryBytes }: ThreadPlan) {
    const { observer, runner, changes } = this.core;
    const tests = new PackedTests(layout, observer);
    const relation = new PackedRelation(groups, layout, observer, runner, changes, tests, memoise, memoryBytes);
    const predicates = (set: PredicateSet) => new PackedPredicates(set, relation.graph, tests, layout, observer, memoise);
    return { relation, predicates };
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

  /** The parts of a vector of leaf ids. */
  partsOf(ids: ArrayLike<number>): Uint32Array {
    const vector = new Uint32Array(this.tree.width);
    this.encode(ids, vector);
    return vector;
  }

  /** Calls `visit` with the parts of each successor, which are only valid during the call. Groups at fault are passed over. */
  forEachSuccessor(vector: Uint32Array, visit: (successor: Uint32Array) => void): void {
    const { packed, lists } = this;
    const all =
      packed === undefined
        ? lists.groups.map((group) => () => lists.forEachSuccessor(group, vector, visit))
        : packed.groups.map((group) => () => packed.forEachSuccessor(group, vector, visit));
    for (const visitGroup of all)
      try {
        visitGroup();
      } catch (error) {
        if (!(error instanceof SpecError)) throw error; // another action of the state is at fault: that is another finding
      }
  }

  /** Bytes of what this thread remembers for itself. */
  get bytes(): number {
    const { observer, runner, changes } = this.core;
    const parts = [this.lists, this.packed, ...this.predicates, observer, runner, changes, this.symmetry, this.reductions];
    return parts.reduce((sum, part) => sum + (part?.bytes ?? 0), 0);
  }
}

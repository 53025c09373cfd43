/**
 * An engine beside the spec on a tour: one start, step or probe at a time, each compared, with what was covered so far.
 */
import type { SpecInstance, State } from "../specs/language/instantiate.ts";
import { argumentClass } from "./argument-class.ts";
import { bindingsIn } from "./bindings.ts";
import type { Binding } from "./bindings.ts";
import { firstDifference, unobservedFields } from "./comparison.ts";
import type { Compare, Difference } from "./comparison.ts";
import type { Driver, HarnessFailure } from "./driver.ts";
import { stepOn } from "./replay.ts";
import type { ReplayReport } from "./replay.ts";

export interface TourOptions {
  readonly model: string;
  readonly seed: number;
  /** Above these the tour is a sample. */
  readonly maxStates: number;
  readonly maxEdges: number;
  /** Steps of a sample; the last way may go a little further. */
  readonly maxSteps: number;
  /** Ask the engine in every state to do what the spec forbids there. */
  readonly probes: boolean;
  /** Actions before and after which every pair of steps in a row is taken. */
  readonly pairsAround: readonly string[];
  /** So many of these pairs are sought. */
  readonly maxPairs: number;
  /** Only for tests of this harness: how states are compared. */
  readonly compare?: Compare;
}
export type TourVerdict =
  | { readonly verdict: "passed" }
  /** The engine refuses what the spec allows. `step` is the state that was to be reached, the initial one is 1. */
  | { readonly verdict: "refusedGuard"; readonly step: number; readonly action: string; readonly guard: string }
  | ({ readonly verdict: "refusedEffect"; readonly step: number; readonly action: string | undefined } & Difference)
  /** The engine does what the spec forbids; `guard` is the spec's. */
  | { readonly verdict: "accepted"; readonly step: number; readonly action: string; readonly guard: string };

export interface Coverage {
  readonly kind: "edges" | "sample";
  /** The totals are undefined for a sample. */
  readonly states: { readonly covered: number; readonly total: number | undefined };
  /** Distinct steps (state, action, arguments): taken, and all there are. */
  readonly edges: { readonly covered: number; readonly total: number | undefined };
  readonly pairs: { readonly covered: number; readonly total: number };
  /** Action -> distinct steps taken. Actions that never were have 0. */
  readonly actions: Readonly<Record<string, number>>;
  /** Action and class of its arguments -> distinct steps taken. */
  readonly classes: Readonly<Record<string, number>>;
  readonly probes: number;
  readonly steps: number;
  readonly starts: number;
}

export interface TourReport {
  readonly outcome: TourVerdict | HarnessFailure;
  /** The behaviour that led to the outcome, when it is not "passed". */
  readonly path: readonly Binding[];
  readonly coverage: Coverage;
  readonly unobserved: ReplayReport["unobserved"];
}

/** The engine beside the spec, with what was covered. */
export class Tourist {
  path: Binding[] = [];
  verdict: TourVerdict | undefined;
  unobserved: ReplayReport["unobserved"] = { paths: [], fields: 0 };
  probes = 0;
  steps = 0;
  starts = 0;
  readonly actions: Record<string, number>;
  readonly classes = new Map<string, number>();
  /** States in which the engine was, each counted once. */
  private readonly statesSeen = new Set<State>();
  private readonly compare: Compare;
  private state: State = {};

  constructor(
    private readonly instance: SpecInstance,
    private readonly driver: Driver,
    private readonly options: TourOptions,
  ) {
    this.actions = Object.fromEntries(instance.actions.map((a) => [a.name, 0]));
    this.compare = options.compare ?? firstDifference;
  }

  /** Of a graph, whose states are one object each. */
  get statesCovered(): number {
    return this.statesSeen.size;
  }
  private get reached(): number {
    return this.path.length + 1;
  }

  async start(initial: State): Promise<boolean> {
    this.path = [];
    this.starts++;
    const { constants, design } = this.instance;
    await this.driver.init({ model: this.options.model, constants, design, seed: this.options.seed, initial });
    return this.arrivedIn(initial);
  }

  /** False when the engine did otherwise; the verdict says how. */
  async take(binding: Binding, to: State, isNew: boolean): Promise<boolean> {
    const { action } = binding;
    this.steps++;
    const guard = await stepOn(this.driver, action, binding.arguments);
    this.path.push(binding);
    if (guard !== undefined) {
      this.verdict = { verdict: "refusedGuard", step: this.reached, action, guard };
      return false;
    }
    if (isNew) {
      this.actions[action] = (this.actions[action] ?? 0) + 1;
      const name = argumentClass(this.instance, action, binding.arguments);
      this.classes.set(name, (this.classes.get(name) ?? 0) + 1);
    }
    return this.arrivedIn(to);
  }

  private async arrivedIn(state: State): Promise<boolean> {
    this.state = state;
    this.statesSeen.add(state);
    return this.isIn(state, this.path.at(-1)?.action);
  }
  private async isIn(state: State, action: string | undefined): Promise<boolean> {
    const observation = await this.driver.observe();
    if (this.steps <= 1) this.unobserved = { paths: observation.unobserved, fields: unobservedFields(state, observation.unobserved) };
    const difference = this.compare(state, observation);
    if (difference === undefined) return true;
    this.verdict = { verdict: "refusedEffect", step: this.reached, action, ...difference };
    return false;
  }

  /** Everything that the spec forbids here: the engine must refuse it, and stay as it is. */
  async probe(): Promise<boolean> {
    const { disabled } = bindingsIn(this.instance, this.state);
    for (const binding of disabled) {
      this.probes++;
      if ((await stepOn(this.driver, binding.action, binding.arguments)) !== undefined) continue;
      this.path.push({ action: binding.action, arguments: binding.arguments });
      this.verdict = { verdict: "accepted", step: this.reached, action: binding.action, guard: binding.guard };
      return false;
    }
    return disabled.length === 0 || this.isIn(this.state, "a refused step");
  }
}

/**
 * A tour of a model that is too large for every edge: walks that prefer what was taken least, and for every action that
 * they have not met, a shortest way to a state that allows it, which a search finds.
 */
import { initialStates, stateText, holds } from "../explorer/interpret/index.ts";
import { search } from "../explorer/search/index.ts";
import type { Trace } from "../explorer/trace.ts";
import { callText } from "../explorer/value-text.ts";
import type { BoundAction, CallScope, SpecInstance, State } from "../specs/language/instantiate.ts";
import { argumentClass } from "./argument-class.ts";
import { bindingsIn } from "./bindings.ts";
import type { Binding, EnabledBinding } from "./bindings.ts";
import type { TourOptions, Tourist } from "./tourist.ts";

const searchBounds = { maxStates: 500_000, timeoutMs: 60_000 };
/** The share of the steps that is left for walks behind states that only a search finds. */
const AFTER_SEARCH = 0.25;

/** A walk ends after so many steps in a row that were all taken before. */
const MAX_OLD_STEPS = 20;

/** Small and fast (mulberry32): which of equally rare steps a walk takes. */
export const randomFrom = (seed: number): (() => number) => {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

const isPossible = (action: BoundAction, scope: CallScope, at = 0): boolean => {
  const parameter = action.parameters[at];
  if (parameter === undefined) return action.conjuncts.every((conjunct) => conjunct(scope) === true);
  const domain = parameter.kind === "static" ? parameter.members : [...parameter.of(scope)];
  return domain.some((value) => isPossible(action, { ...scope, [parameter.name]: value }, at + 1));
};

/** For each of the actions, a shortest behaviour to a state where it is enabled, if the bounds of the search allow one. */
export const waysTo = async (instance: SpecInstance, actions: readonly string[]): Promise<readonly Trace[]> => {
  const invariants = instance.actions
    .filter((a) => actions.includes(a.name))
    .map((a) => ({ name: a.name, test: (scope: CallScope) => !isPossible(a, scope) }));
  const asked: SpecInstance = { ...instance, invariants, actionProperties: [], witnesses: [], reductions: [] };
  const options = { symmetry: false, reductions: false, allowDeadlock: true, continueAfterViolation: true, ...searchBounds };
  const { violations } = await search(asked, options);
  return violations.map((v) => v.trace);
};

export class SampledTour {
  private readonly seen = new Set<string>();
  private readonly edges = new Set<string>();
  private readonly counts = new Map<string, number>();
  private readonly random: () => number;

  constructor(
    private readonly tourist: Tourist,
    private readonly instance: SpecInstance,
    private readonly options: TourOptions,
  ) {
    this.random = randomFrom(options.seed);
  }

  /** Distinct ones in which the engine was. */
  get states(): number {
    return this.seen.size;
  }

  /** Ends with the budget of steps, or with the tourist's verdict. */
  async run(): Promise<void> {
    const { maxSteps } = this.options;
    if (!(await this.walks(maxSteps * (1 - AFTER_SEARCH)))) return;
    const untaken = Object.entries(this.tourist.actions).flatMap(([name, taken]) => (taken === 0 ? [name] : []));
    const ways = untaken.length === 0 ? [] : await waysTo(this.instance, untaken);
    for (const way of ways) if (!(await this.along(way))) return;
    for (let i = 0; ways.length > 0 && this.tourist.steps < maxSteps; i++) {
      const way = ways[i % ways.length];
      if (way === undefined || !(await this.along(way))) return;
    }
    await this.walks(maxSteps);
  }

  private classOf(b: Binding): string {
    return argumentClass(this.instance, b.action, b.arguments);
  }
  private choose(enabled: readonly EnabledBinding[]): EnabledBinding | undefined {
    const weights = enabled.map((b) => 1 / (1 + (this.counts.get(this.classOf(b)) ?? 0)));
    let left = this.random() * weights.reduce((sum, w) => sum + w, 0);
    return enabled.find((_, i) => (left -= weights[i] ?? 0) <= 0) ?? enabled.at(-1);
  }

  private async walks(untilSteps: number): Promise<boolean> {
    const starts = initialStates(this.instance);
    for (let walk = 0; this.tourist.steps < untilSteps; walk++) {
      const [state, stepsBefore] = [starts[walk % starts.length], this.tourist.steps];
      if (state === undefined || !(await this.tourist.start(state)) || !(await this.walkFrom(state))) return false;
      if (this.tourist.steps === stepsBefore && walk >= starts.length) return true;
    }
    return true;
  }
  private async along({ steps, violated }: Trace): Promise<boolean> {
    const first = steps[0];
    if (first === undefined || !(await this.tourist.start(first.state))) return false;
    let before = first.state;
    for (const { action, arguments: args, state } of steps.slice(1)) {
      if (action === undefined || !(await this.take({ action, arguments: args }, before, state))) return false;
      before = state;
    }
    // What the way is for: the trace's "violated" names the action that is possible in its last state.
    const wanted = bindingsIn(this.instance, before).enabled.find((b) => b.action === violated?.property);
    if (wanted === undefined) return this.walkFrom(before);
    const after = wanted.successor();
    return (await this.take(wanted, before, after)) && this.walkFrom(after);
  }
  private async take(binding: Binding, before: State, after: State): Promise<boolean> {
    const name = this.classOf(binding);
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    const edge = `${stateText(this.instance, before)} ${callText(binding.action, binding.arguments)}`;
    if (!(await this.tourist.take(binding, after, !this.edges.has(edge)))) return false;
    this.edges.add(edge);
    return true;
  }
  /** To a state without successors, to the end of the budget, or until nothing new comes. */
  private async walkFrom(start: State): Promise<boolean> {
    let old = 0;
    for (let state = start; old < MAX_OLD_STEPS;) {
      const text = stateText(this.instance, state);
      const here = state;
      if (!this.seen.has(text)) {
        this.seen.add(text);
        if (this.options.probes && !(await this.tourist.probe())) return false;
      }
      if (this.tourist.steps >= this.options.maxSteps || this.instance.constraints.some((c) => !holds(this.instance, c, here))) return true;
      const chosen = this.choose(bindingsIn(this.instance, here).enabled);
      if (chosen === undefined) return true;
      state = chosen.successor();
      const before = this.edges.size;
      if (!(await this.take(chosen, here, state))) return false;
      old = this.edges.size === before ? old + 1 : 0;
    }
    return true;
  }
}

/** Seeded random walks: a quick look for violations where exhausting the states would take too long. */
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { LockstepError } from "../../specs/language/errors.ts";
import type { Named, Predicate, SpecInstance, State } from "../../specs/language/instantiate.ts";
import type { PropertyKind, Step, Trace } from "../trace.ts";
import { sameState } from "./canonical.ts";
import { actionNamed, enabled, holds, initialStates, step } from "./step.ts";
import type { Binding } from "./step.ts";

export interface SimulateOptions {
  /** A 32-bit integer; the same seed walks the same way. */
  readonly seed: number;
  /** Steps of one walk, without the initial state. */
  readonly maxSteps: number;
  readonly maxSamples: number;
  /** Names of the invariants and action properties to check; default all. Throws LockstepError "usage" for unknown ones. */
  readonly invariants?: readonly string[];
  readonly allowDeadlock?: boolean;
  /** The name that traces carry; defaults to the spec's. */
  readonly model?: string;
  /** Polled between steps: a returned text ends the simulation with this reason. */
  readonly interrupted?: () => string | undefined;
}
export interface SimulateResult {
  readonly seed: number;
  readonly samples: number;
  /** Steps of all walks together. */
  readonly steps: number;
  /** States of the longest walk. */
  readonly longest: number;
  readonly deadlocks: number;
  /** How often each action was taken. */
  readonly actions: Readonly<Record<string, number>>;
  readonly witnesses: Readonly<Record<string, boolean>>;
  /** The first violation, as found: not minimal. */
  readonly violation: Trace | undefined;
  readonly interrupted: string | undefined;
}

interface Walk {
  readonly steps: Step[];
  readonly violated: Trace["violated"];
  readonly deadlocked: boolean;
}

class Simulation {
  readonly actions: Record<string, number>;
  readonly witnesses: Record<string, boolean>;
  private readonly random: RandomGenerator;
  private readonly invariants: readonly Named<Predicate>[];
  private readonly actionProperties: readonly Named<Predicate>[];

  constructor(
    private readonly instance: SpecInstance,
    private readonly options: SimulateOptions,
  ) {
    const names = [...instance.invariants, ...instance.actionProperties].map((p) => p.name);
    const unknown = options.invariants?.find((name) => !names.includes(name));
    if (unknown !== undefined) throw new LockstepError("usage", `${instance.name} has no property ${unknown}; it has ${names.join(", ")}`);
    const wanted = (p: Named<Predicate>): boolean => options.invariants?.includes(p.name) ?? true;
    this.random = xoroshiro128plus(options.seed);
    this.actions = Object.fromEntries(instance.actions.map((a) => [a.name, 0]));
    this.witnesses = Object.fromEntries(instance.witnesses.map((w) => [w.name, false]));
    this.invariants = instance.invariants.filter(wanted);
    this.actionProperties = instance.actionProperties.filter(wanted);
  }

  private pick<T>(from: readonly T[]): T | undefined {
    return from.length === 0 ? undefined : from[uniformInt(this.random, 0, from.length - 1)];
  }

  private violatedIn(state: State, before: State | undefined): Trace["violated"] {
    for (const w of this.instance.witnesses) this.witnesses[w.name] ||= holds(this.instance, w, state);
    const found = (kind: PropertyKind, p: Named<Predicate> | undefined): Trace["violated"] => p && { kind, property: p.name };
    const invariant = this.invariants.find((p) => !holds(this.instance, p, state));
    if (invariant !== undefined || before === undefined || sameState(this.instance, before, state)) return found("invariant", invariant);
    return found(
      "action-property",
      this.actionProperties.find((p) => !holds(this.instance, p, before, state)),
    );
  }

  /** As in the search: a state beyond a constraint, or that a step beyond one leads to, is judged, and has no successors. */
  private unbounded(state: State, before?: State): boolean {
    const { constraints, actionConstraints } = this.instance;
    if (constraints.some((c) => !holds(this.instance, c, state))) return true;
    return before !== undefined && actionConstraints.some((c) => !holds(this.instance, c, before, state));
  }

  walk(): Walk | undefined {
    let state = this.pick(initialStates(this.instance));
    if (state === undefined) return undefined;
    const steps: Step[] = [{ action: undefined, arguments: {}, location: "", state }];
    let violated = this.violatedIn(state, undefined);
    let isWithin = !this.unbounded(state);
    while (violated === undefined && steps.length <= this.options.maxSteps && isWithin) {
      if (this.options.interrupted?.() !== undefined) break;
      const before: State = state;
      const choice: Binding | undefined = this.pick(enabled(this.instance, before));
      if (choice === undefined) {
        const mayEnd = this.options.allowDeadlock === true || this.instance.terminated.some((t) => holds(this.instance, t, before));
        if (!mayEnd) violated = { kind: "deadlock", property: "deadlock" };
        return { steps, violated, deadlocked: true };
      }
      state = step(this.instance, before, choice.action, choice.arguments).state;
      this.actions[choice.action] = (this.actions[choice.action] ?? 0) + 1;
      steps.push({ ...choice, location: actionNamed(this.instance, choice.action).location, state });
      violated = this.violatedIn(state, before);
      isWithin = !this.unbounded(state, before);
    }
    return { steps, violated, deadlocked: false };
  }
}

/**
 * Walks until a violation, or `maxSamples` walks. An enabled choice of parameters is taken with equal probability.
 * Throws SpecError when the spec misbehaves, LockstepError "usage" for an unknown property.
 */
export const simulate = (instance: SpecInstance, options: SimulateOptions): SimulateResult => {
  const simulation = new Simulation(instance, options);
  let [samples, steps, longest, deadlocks] = [0, 0, 0, 0];
  let violation: Trace | undefined;
  let interrupted = options.interrupted?.();
  while (samples < options.maxSamples && violation === undefined && interrupted === undefined) {
    const walk = simulation.walk();
    if (walk === undefined) break;
    samples++;
    steps += walk.steps.length - 1;
    longest = Math.max(longest, walk.steps.length);
    if (walk.deadlocked) deadlocks++;
    const { constants, design } = instance;
    if (walk.violated !== undefined)
      violation = { model: options.model ?? instance.name, constants, design, violated: walk.violated, minimal: false, steps: walk.steps };
    interrupted = options.interrupted?.();
  }
  const { actions, witnesses } = simulation;
  return { seed: options.seed, samples, steps, longest, deadlocks, actions, witnesses, violation, interrupted };
};

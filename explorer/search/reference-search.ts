/**
 * The naive breadth-first search: whole states, canonical texts in a set, no tables, no memo, no reductions. It is the
 * oracle that the real search is compared with on every model small enough, so that it stays short enough to be read.
 */
import { permute } from "../../specs/language/codec.ts";
import type { Permutation } from "../../specs/language/codec.ts";
import type { Named, Predicate, SpecInstance, State } from "../../specs/language/instantiate.ts";
import { canonicalState, stateText } from "../interpret/canonical.ts";
import { holds, initialStates, successors } from "../interpret/step.ts";
import type { PropertyKind } from "../trace.ts";

export interface ReferenceOptions {
  /** Names of the invariants and action properties to check; default all. */
  readonly invariants?: readonly string[];
  /** States of this level are found but not expanded. */
  readonly maxDepth?: number;
  /** The search ends when it has found this many distinct states. */
  readonly maxStates?: number;
  readonly allowDeadlock?: boolean;
  readonly continueAfterViolation?: boolean;
  readonly symmetry?: boolean;
  /** Evaluates everything twice; throws SpecError where the results differ. */
  readonly checkPure?: boolean;
}
export interface ReferenceViolation {
  readonly kind: PropertyKind;
  readonly property: string;
  /** Number of states in the shortest trace. */
  readonly length: number;
}
export interface ReferenceResult {
  /** Initial states and every enabled choice of parameters, as TLC counts. */
  readonly generated: number;
  readonly distinct: number;
  /** Levels, the initial state is 1. */
  readonly depth: number;
  readonly levels: readonly number[];
  /** Successors that each action generated. */
  readonly actions: Readonly<Record<string, number>>;
  readonly violation: ReferenceViolation | undefined;
  /** The first violation of each property. */
  readonly violations: readonly ReferenceViolation[];
  /** False when a bound or a violation ended the search. */
  readonly exhausted: boolean;
}

const arrangements = <T>(members: readonly T[]): readonly (readonly T[])[] =>
  members.length === 0 ? [[]] : members.flatMap((m, i) => arrangements(members.toSpliced(i, 1)).map((rest) => [m, ...rest]));

/** Every combination of permutations of the symmetric sets, the identity first. */
export const permutations = (instance: SpecInstance): readonly Permutation[] =>
  instance.symmetricSets.reduce<readonly Permutation[]>(
    (all, { name, members }) =>
      all.flatMap((p) => arrangements(members).map((image) => ({ ...p, [name]: new Map(members.map((m, i) => [m, image[i]])) }))),
    [{}],
  );

export const permuteState = (instance: SpecInstance, state: State, p: Permutation): State =>
  canonicalState(instance, Object.fromEntries(instance.variables.map((v) => [v.name, permute(v.schema, state[v.name], p)])));

class ReferenceSearch {
  generated = 0;
  exhausted = true;
  readonly levels: number[] = [];
  readonly actions: Record<string, number>;
  readonly violations: ReferenceViolation[] = [];
  private readonly seen = new Set<string>();
  private readonly invariants: readonly Named<Predicate>[];
  private readonly actionProperties: readonly Named<Predicate>[];
  private readonly permutations: readonly Permutation[];

  constructor(
    private readonly instance: SpecInstance,
    private readonly options: ReferenceOptions,
  ) {
    const wanted = (p: Named<Predicate>): boolean => options.invariants?.includes(p.name) ?? true;
    this.actions = Object.fromEntries(instance.actions.map((a) => [a.name, 0]));
    this.invariants = instance.invariants.filter(wanted);
    this.actionProperties = instance.actionProperties.filter(wanted);
    this.permutations = options.symmetry === true ? permutations(instance) : [];
  }

  get distinct(): number {
    return this.seen.size;
  }
  private decided(): boolean {
    return this.violations.length > 0 && this.options.continueAfterViolation !== true;
  }
  private stopped(): boolean {
    return this.decided() || this.seen.size >= (this.options.maxStates ?? Infinity);
  }
  private key(state: State): string {
    return this.permutations.reduce(
      (least, p) => {
        const text = stateText(this.instance, permuteState(this.instance, state, p));
        return text < least ? text : least;
      },
      stateText(this.instance, state),
    );
  }
  private violated(kind: PropertyKind, property: string, length: number): void {
    if (!this.decided() && !this.violations.some((v) => v.property === property)) this.violations.push({ kind, property, length });
  }
  /** Counts and checks a state of a level; true when it is new and may be expanded. */
  private found(state: State, level: number, isWithin = true): boolean {
    this.generated++;
    if (!isWithin) {
      for (const p of this.invariants) if (!holds(this.instance, p, state)) this.violated("invariant", p.name, level);
      return false;
    }
    const key = this.key(state);
    if (this.seen.has(key)) return false;
    for (const p of this.invariants) if (!holds(this.instance, p, state)) this.violated("invariant", p.name, level);
    if (!this.instance.constraints.every((c) => holds(this.instance, c, state))) return false;
    this.seen.add(key);
    this.levels[level - 1] = (this.levels[level - 1] ?? 0) + 1;
    return true;
  }
  private checkStep(from: State, to: State, level: number): void {
    if (this.actionProperties.length === 0 || stateText(this.instance, from) === stateText(this.instance, to)) return; // [P]_vars allows stuttering
    for (const p of this.actionProperties) if (!holds(this.instance, p, from, to)) this.violated("action-property", p.name, level);
  }
  private expand(state: State, level: number, into: State[]): void {
    const steps = successors(this.instance, state, this.options);
    if (steps.length === 0 && this.options.allowDeadlock !== true && !this.instance.terminated.some((t) => holds(this.instance, t, state)))
      this.violated("deadlock", "deadlock", level);
    for (const s of steps) {
      this.actions[s.action] = (this.actions[s.action] ?? 0) + 1;
      const isWithin = this.instance.actionConstraints.every((c) => holds(this.instance, c, state, s.state));
      if (this.found(s.state, level + 1, isWithin)) into.push(s.state);
      this.checkStep(state, s.state, level + 1);
      if (this.stopped()) return;
    }
  }
  run(): this {
    let frontier = initialStates(this.instance).filter((s) => this.found(s, 1));
    for (let level = 1; frontier.length > 0 && !this.stopped(); level++) {
      if (level >= (this.options.maxDepth ?? Infinity)) break;
      const next: State[] = [];
      for (const state of frontier) {
        if (this.stopped()) break;
        this.expand(state, level, next);
      }
      frontier = next;
    }
    this.exhausted = frontier.length === 0 && !this.stopped();
    return this;
  }
}

/** Searches every state reachable by `successors`. Throws SpecError when the spec misbehaves. */
export const referenceSearch = (instance: SpecInstance, options: ReferenceOptions = {}): ReferenceResult => {
  const { generated, distinct, levels, actions, violations, exhausted } = new ReferenceSearch(instance, options).run();
  return { generated, distinct, depth: levels.length, levels, actions, violation: violations[0], violations, exhausted };
};

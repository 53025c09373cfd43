/** The oracle's own breadth-first search. It shares nothing with the search that it judges: not a value, not a text. */
import type { Property, SpecSyntax } from "../syntax/spec.ts";
import type { State } from "./evaluate.ts";
import { holds, initialStates, reduced, stateText, steps } from "./relation.ts";
import { representatives } from "./symmetry.ts";
import { illTyped } from "./type-ok.ts";

export interface JudgeOptions {
  readonly symmetry?: boolean;
  readonly reductions?: boolean;
  /** No level is expanded once this many distinct states are known, or four times as many were generated: see `depthBound`. */
  readonly enoughStates?: number;
  /** Nor this level, if there are so many. */
  readonly enoughLevels?: number;
}
/** A value that is not of its type, and an effect that throws: the spec itself is at fault. */
export type FaultKind = "type" | "throws";
export interface Finding {
  readonly kind: "invariant" | "action-property" | "deadlock" | FaultKind;
  readonly property: string;
  /** States of the shortest behaviour that shows it. */
  readonly length: number;
}
export interface Judgement {
  /** Initial states and every enabled choice of parameters. */
  readonly generated: number;
  readonly distinct: number;
  readonly levels: readonly number[];
  /** Successors that each action generated. */
  readonly actions: Readonly<Record<string, number>>;
  /** The first finding of each property, in all states. */
  readonly findings: readonly Finding[];
  /** Found in one level, after which nothing is expanded. */
  readonly faults: readonly Finding[];
  /** The least and the greatest number of steps from a state that was expanded; 0 if none was. */
  readonly degrees: { readonly min: number; readonly max: number };
  readonly witnesses: Readonly<Record<string, boolean>>;
  /** The level that was not expanded because there were enough states or levels; undefined when every state was. */
  readonly depthBound: number | undefined;
}

class Judge {
  generated = 0;
  readonly levels: number[] = [];
  readonly findings: Finding[] = [];
  readonly faults: Finding[] = [];
  readonly degrees = { min: Infinity, max: 0 };
  readonly actions: Record<string, number>;
  readonly witnesses: Record<string, boolean>;
  depthBound: number | undefined;
  private readonly seen = new Set<string>();
  private readonly form: (state: State) => State;

  constructor(
    private readonly spec: SpecSyntax,
    private readonly options: JudgeOptions,
  ) {
    this.actions = Object.fromEntries(spec.actions.map((a) => [a.name, 0]));
    this.witnesses = Object.fromEntries(spec.witnesses.map((w) => [w.name, false]));
    const representative = options.symmetry === true ? representatives(spec) : (s: State) => s;
    this.form = options.reductions === true ? (s) => representative(reduced(spec, s)) : representative;
  }

  get distinct(): number {
    return this.seen.size;
  }

  private find(kind: Finding["kind"], property: string, length: number): void {
    const all = kind === "type" || kind === "throws" ? this.faults : this.findings;
    if (!all.some((f) => f.property === property && f.kind === kind)) all.push({ kind, property, length });
  }

  private fails(property: Property, now: State, next?: State): boolean {
    return !holds(this.spec, property, now, next);
  }

  /** Takes stock of a state of a level; the state to expand, if it is new and within the constraints. */
  private found(state: State, level: number): State | undefined {
    this.generated++;
    const wrong = illTyped(this.spec, state);
    if (wrong !== undefined) {
      this.find("type", wrong, level);
      return undefined;
    }
    const form = this.form(state);
    const text = stateText(this.spec, form);
    if (this.seen.has(text)) return undefined;
    for (const p of this.spec.invariants) if (this.fails(p, form)) this.find("invariant", p.name, level);
    if (this.spec.constraints.some((c) => this.fails(c, form))) return undefined;
    for (const w of this.spec.witnesses) this.witnesses[w.name] ||= holds(this.spec, w, form);
    this.seen.add(text);
    this.levels[level - 1] = (this.levels[level - 1] ?? 0) + 1;
    return form;
  }

  private expand(state: State, level: number): State[] {
    const all = steps(this.spec, state);
    if (all.length === 0) this.find("deadlock", "deadlock", level);
    this.degrees.min = Math.min(this.degrees.min, all.length);
    this.degrees.max = Math.max(this.degrees.max, all.length);
    const before = stateText(this.spec, state);
    return all.flatMap(({ action, state: after }) => {
      if (after === undefined) {
        this.find("throws", action, level);
        return [];
      }
      this.actions[action] = (this.actions[action] ?? 0) + 1;
      const isStutter = stateText(this.spec, after) === before;
      if (!isStutter && illTyped(this.spec, after) === undefined)
        for (const p of this.spec.actionProperties) if (this.fails(p, state, after)) this.find("action-property", p.name, level + 1);
      const found = this.found(after, level + 1);
      return found === undefined ? [] : [found];
    });
  }

  private hasEnough(level: number): boolean {
    const { enoughStates = Infinity, enoughLevels = Infinity } = this.options;
    return this.distinct >= enoughStates || this.generated >= 4 * enoughStates || level >= enoughLevels;
  }

  run(): Judgement {
    let frontier = initialStates(this.spec).flatMap((s) => this.found(s, 1) ?? []);
    for (let level = 1; frontier.length > 0 && this.faults.length === 0; level++) {
      if (this.hasEnough(level)) {
        this.depthBound = level;
        break;
      }
      frontier = frontier.flatMap((s) => this.expand(s, level));
    }
    const { generated, distinct, levels, actions, findings, faults, witnesses, depthBound } = this;
    const degrees = Number.isFinite(this.degrees.min) ? this.degrees : { min: 0, max: 0 };
    return { generated, distinct, levels, actions, findings, faults, degrees, witnesses, depthBound };
  }
}

/** Deadlocks are always found; whoever allows them passes over that finding. */
export const judge = (spec: SpecSyntax, options: JudgeOptions = {}): Judgement => new Judge(spec, options).run();
